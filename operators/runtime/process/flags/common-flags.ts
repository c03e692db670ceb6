import type { FlagSpecs } from '../command.ts';

/** klog's flags, which every command takes; but for `-v` they have no effect (operator.md 1.1). */
export const logFlags = {
  v: { type: 'int', help: 'number for the log level verbosity' },
  vmodule: { type: 'string', help: 'accepted for compatibility, no effect' },
  logtostderr: {
    type: 'bool',
    default: true,
    help: 'accepted for compatibility, logs always go to standard error',
  },
  alsologtostderr: { type: 'bool', help: 'accepted for compatibility, logs always go to standard error' },
  stderrthreshold: { type: 'string', default: '2', help: 'accepted for compatibility, no effect' },
  'log-file': { type: 'string', help: 'accepted for compatibility, no effect' },
  'log-file-max-size': { type: 'int', default: 1800, help: 'accepted for compatibility, no effect' },
  'log-dir': { type: 'string', help: 'accepted for compatibility, no effect' },
  'log-backtrace-at': { type: 'string', help: 'accepted for compatibility, no effect' },
  'add-dir-header': { type: 'bool', help: 'accepted for compatibility, no effect' },
  'one-output': { type: 'bool', help: 'accepted for compatibility, no effect' },
  'skip-headers': { type: 'bool', help: 'accepted for compatibility, no effect' },
  'skip-log-headers': { type: 'bool', help: 'accepted for compatibility, no effect' },
} as const satisfies FlagSpecs;

/** The flags of every controller command (operator.md 1.2). */
export const controllerFlags = {
  config: {
    type: 'string',
    help: 'Location of the master configuration file to run from; the process restarts when it changes.',
  },
  kubeconfig: {
    type: 'string',
    help: 'Location of the kubeconfig of the API server; in-cluster when empty.',
  },
  namespace: {
    type: 'string',
    help: 'Namespace where the controller is running. Auto-detected if run in cluster.',
  },
  listen: { type: 'string', help: 'The ip:port to serve on; 0.0.0.0:8443 when empty.' },
  'terminate-on-files': {
    type: 'strings',
    help: 'A file whose change terminates the process; may be given several times.',
  },
  'kube-api-qps': {
    type: 'int',
    default: 50,
    help: 'Accepted for compatibility, no effect: requests are not throttled on the client.',
  },
  'kube-api-burst': { type: 'int', default: 100, help: 'Most requests to the API server under way at once.' },
  'tls-min-version': {
    type: 'string',
    help: 'Minimum TLS version to serve with: VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13.',
  },
  'tls-cipher-suites': {
    type: 'list',
    help: 'Comma-separated list of cipher suites to serve with, by their IANA names.',
  },
} as const satisfies FlagSpecs;

export const leaderElectionFlags = {
  'disable-leader-election': { type: 'bool', help: 'Disable leader election for the controller.' },
  'leader-election-lease-duration': {
    type: 'duration',
    default: 137_000,
    help: 'How long others wait after the last renewal that they saw before they take over.',
  },
  'leader-election-renew-deadline': {
    type: 'duration',
    default: 107_000,
    help: 'How long the leader tries to renew the lease before it stops leading.',
  },
  'leader-election-retry-period': {
    type: 'duration',
    default: 26_000,
    help: 'How long to wait between tries to acquire or renew the lease.',
  },
} as const satisfies FlagSpecs;
