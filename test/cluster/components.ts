import { join } from 'node:path';

/** Arguments of a component by flag name. */
export type Flags = Record<string, string>;

export const toArguments = (flags: Flags): string[] =>
  Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);

const issuer = 'https://kubernetes.default.svc.cluster.local';

/** Address ranges that every cluster uses; they are private to it. */
export const serviceRange = '10.96.0.0/16';
export const podRange = '10.244.0.0/24';

/** An etcd that loses its data when the machine stops, which is why it is fast. */
export const etcdFlags = (dataFolder: string, port: number): Flags => ({
  'data-dir': dataFolder,
  'listen-client-urls': `http://127.0.0.1:${port}`,
  'advertise-client-urls': `http://127.0.0.1:${port}`,
  'listen-peer-urls': 'http://127.0.0.1:0',
  'unsafe-no-fsync': 'true',
  'log-level': 'warn',
});

export interface ApiServerPlace {
  /** Where the files of `Pki` are. */
  pkiFolder: string;
  etcdPort: number;
  port: number;
  bindAddress: string;
  /** Whether Pods will run; the Service `kubernetes` then leads to --advertise-address, which the caller adds. */
  hasNodes: boolean;
  /** The policy and the log; without them nothing is audited. */
  audit?: { policyPath: string; logPath: string };
}

/** Flags of a kube-apiserver with RBAC, bootstrap tokens and aggregation, which ends without waiting for watches. */
export const apiServerFlags = (place: ApiServerPlace): Flags => {
  const pki = (file: string): string => join(place.pkiFolder, file);
  return {
    'etcd-servers': `http://127.0.0.1:${place.etcdPort}`,
    'bind-address': place.bindAddress,
    'secure-port': String(place.port),
    ...(place.hasNodes ? {} : { 'advertise-address': '127.0.0.1', 'endpoint-reconciler-type': 'none' }),
    'tls-cert-file': pki('apiserver.crt'),
    'tls-private-key-file': pki('apiserver.key'),
    'client-ca-file': pki('ca.crt'),
    'kubelet-client-certificate': pki('apiserver-kubelet-client.crt'),
    'kubelet-client-key': pki('apiserver-kubelet-client.key'),
    'kubelet-preferred-address-types': 'InternalIP,Hostname',
    'requestheader-client-ca-file': pki('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': pki('front-proxy-client.crt'),
    'proxy-client-key-file': pki('front-proxy-client.key'),
    'service-account-issuer': issuer,
    'service-account-key-file': pki('sa.pub'),
    'service-account-signing-key-file': pki('sa.key'),
    'service-cluster-ip-range': serviceRange,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'enable-bootstrap-token-auth': 'true',
    'allow-privileged': 'true',
    profiling: 'false',
    'shutdown-delay-duration': '0s',
    ...(place.audit === undefined
      ? {}
      : { 'audit-policy-file': place.audit.policyPath, 'audit-log-path': place.audit.logPath }),
  };
};

/** Flags of a kube-controller-manager that signs certificate requests and issues service-account tokens. */
export const controllerManagerFlags = (pkiFolder: string, kubeconfigPath: string): Flags => {
  const pki = (file: string): string => join(pkiFolder, file);
  return {
    kubeconfig: kubeconfigPath,
    'authentication-kubeconfig': kubeconfigPath,
    'authorization-kubeconfig': kubeconfigPath,
    controllers: '*,bootstrapsigner,tokencleaner',
    'cluster-signing-cert-file': pki('ca.crt'),
    'cluster-signing-key-file': pki('ca.key'),
    'root-ca-file': pki('ca.crt'),
    'service-account-private-key-file': pki('sa.key'),
    'use-service-account-credentials': 'true',
    'allocate-node-cidrs': 'true',
    'cluster-cidr': podRange,
    'node-cidr-mask-size': '24',
    'service-cluster-ip-range': serviceRange,
    // The default of 20 requests a second would delay the start by seconds.
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
    'leader-elect': 'false',
    'secure-port': '0',
    profiling: 'false',
  };
};
