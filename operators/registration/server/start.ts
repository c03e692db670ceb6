import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInformers } from '../../runtime/cache/informers.ts';
import { startGrpcServer } from '../../runtime/grpc/server.ts';
import type { FlagSpecs, Flags, Process } from '../../runtime/process/command.ts';
import { tellServingCertificate } from '../../runtime/process/process-metrics.ts';
import { watchFiles } from '../../runtime/process/watched-files.ts';
import { type ServerConfig, readServerConfig } from './config.ts';
import { grpcCounts } from './metrics.ts';
import { cloudEventService } from './service.ts';
import { createSources } from './sources.ts';
import { createSubscriptions } from './subscriptions.ts';

/** Flags of `server grpc` (registration.md 6). */
export const grpcServerFlags = {
  'server-config': {
    type: 'string',
    default: '',
    help: 'Configuration file of the server; the defaults serve where there is none.',
  },
  'broker-heartbeat-disabled': {
    type: 'bool',
    default: false,
    help: 'Send no heartbeats to subscribers.',
  },
  'broker-heartbeat-interval': {
    type: 'duration',
    default: 10_000,
    help: 'How often subscribers that hear nothing else get a heartbeat.',
  },
} as const satisfies FlagSpecs;

export type GrpcServerFlags = Flags<typeof grpcServerFlags>;

/** Five minutes: so long may somebody listen on whom the hub has denied since. */
const recheckMs = 300_000;

const secretsOf = ({ certFile, keyFile, clientCaFile }: ServerConfig) => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
  clientCa: clientCaFile ? readFileSync(clientCaFile) : undefined,
});

/**
 * Serves the hub's objects as CloudEvents over gRPC until the process stops (registration.md 6). Rejects when the
 * configuration, the certificates or the port cannot be used.
 */
export const startGrpc = async (process: Process, flags: GrpcServerFlags): Promise<void> => {
  const { client: hub, log, metrics, signal } = process;
  setMaxListeners(0, signal);
  // Common to all commands of a process, and so not among the flags above.
  const common = flags as GrpcServerFlags & { 'tls-min-version': string; 'tls-cipher-suites': string[] };
  const config = await readServerConfig(
    flags['server-config'],
    { minVersion: common['tls-min-version'], cipherSuites: common['tls-cipher-suites'].join() },
    () =>
      log.warn('there is no configuration of the gRPC server; the defaults serve', {
        path: flags['server-config'],
      }),
  );
  const counts = grpcCounts(metrics);
  const informers = createInformers(hub, { logger: log, metrics });
  const subscriptions = createSubscriptions({
    heartbeatMs: flags['broker-heartbeat-disabled'] ? undefined : flags['broker-heartbeat-interval'],
    onChange: counts.subscribed,
    onSent: counts.sent,
  });
  const sources = createSources(informers, subscriptions);
  informers.start(signal);
  const secrets = secretsOf(config);
  tellServingCertificate(metrics, secrets.cert);
  const server = await startGrpcServer({
    log,
    port: config.port,
    secrets,
    tls: config.tls,
    methods: cloudEventService({ hub, sources, subscriptions, counts, recheckMs }),
    limits: {
      maxReceiveBytes: config.maxReceiveBytes,
      maxConcurrentStreams: config.maxConcurrentStreams,
      handshakeMs: config.connectionTimeoutMs,
      maxConnectionAgeMs: config.maxConnectionAgeMs,
      pingIntervalMs: config.pingIntervalMs,
      pingTimeoutMs: config.pingTimeoutMs,
    },
    metrics: counts.transport,
    signal,
  });
  log.info('serving gRPC', { port: server.port });

  const files = [config.certFile, config.keyFile, ...(config.clientCaFile ? [config.clientCaFile] : [])];
  const onChange = () => {
    try {
      const next = secretsOf(config);
      server.exchange(next);
      tellServingCertificate(metrics, next.cert);
      log.info('the certificate of the gRPC server was exchanged', { path: config.certFile });
    } catch (error) {
      // Certificate and key may come one after the other: the next change brings the whole pair.
      log.warn('the new certificate of the gRPC server cannot be used yet', { path: config.certFile, error });
    }
  };
  watchFiles(files, { log, signal, onChange, pollMs: config.certWatchIntervalMs, missing: 'watch' });
  await server.done;
};
