import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { env } from 'node:process';
import { unfenced } from '../client/connect.ts';
import { fenceWrites } from '../client/request/fence.ts';
import { runAsLeader } from '../controller/leader/leader-election.ts';
import { holderEnded } from '../controller/leader/lease-holder.ts';
import { leaderEvents } from '../controller/leader/leader-events.ts';
import type { ControllerCommand, FlagSpecs, Flags, HealthCheck, Process } from './command.ts';
import type { controllerFlags, leaderElectionFlags } from './flags/common-flags.ts';
import { type ConfigFile, readConfigFile } from './flags/config-file.ts';
import { connectTo } from './connect.ts';
import { delegatedAuthorizer } from './serving/delegated-auth.ts';
import { watchFiles } from './watched-files.ts';
import type { Lifetime } from './lifetime.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { fallbackNamespace, serviceAccountNamespace } from './namespace.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import type { Route } from './serving/routes.ts';
import { mountedCertificate, serve } from './serving/serving.ts';
import { type TlsProfile, tlsProfile } from './serving/tls.ts';

interface Start {
  command: ControllerCommand;
  flags: Flags<FlagSpecs>;
  /** Names of the flags on the command line. */
  given: Set<string>;
  version: string;
  log: Logger;
  lifetime: Lifetime;
  metrics: Metrics;
}

type CommonFlags = Flags<typeof controllerFlags & typeof leaderElectionFlags>;

/** What a process that failed before its controllers started exits with, as upstream's fatal log does (registration.md 1). */
const fatalCode = 255;

/** Runs a controller command from its flags to its end; how it ended is in the lifetime. */
export const runController = async (start: Start): Promise<void> => {
  const { lifetime } = start;
  try {
    const prepared = await prepare(start);
    try {
      await lead(start, prepared);
    } finally {
      await prepared.close();
    }
  } catch (error) {
    lifetime.end(fatalCode, 'the process could not start', error);
  }
};

interface Prepared {
  process: Process;
  config: ConfigFile;
  /** The lease's namespace; empty when none is known. */
  leaseNamespace: string;
  close(): Promise<void>;
}

/** Everything up to leadership: it runs on each replica, and answers probes from the start. */
const prepare = async ({
  command,
  flags,
  given,
  version,
  log,
  lifetime,
  metrics,
}: Start): Promise<Prepared> => {
  const common = flags as CommonFlags;
  const { signal } = lifetime;
  const config = common.config ? await readConfigFile(common.config) : {};
  const tls = tlsOf(command, common, config);
  const { client, connection } = connectTo(common.kubeconfig, {
    userAgent: command.component,
    logger: log,
    metrics,
    concurrency: given.has('kube-api-burst') ? Math.max(common['kube-api-burst'], 1) : undefined,
  });

  const inPod = serviceAccountNamespace();
  const known = common.namespace || inPod;
  if (!known) log.warn('unable to identify the namespace of the process', { namespace: fallbackNamespace });
  const namespace = known ?? fallbackNamespace;

  registerProcessMetrics(metrics, namespace, version);
  const ping: HealthCheck = { name: 'ping', check: () => {} };
  const shutdown: HealthCheck = { name: 'shutdown', check: () => signal.throwIfAborted() };
  const probes = { healthz: [ping], livez: [ping], readyz: [ping, shutdown] };
  const routes: Route[] = [];
  const ended = new AbortController();
  const serving = await serve({
    log,
    listen: common.listen || config.bindAddress || '0.0.0.0:8443',
    tls,
    certificate: certificateOf(config) ?? mountedCertificate(),
    probes,
    metrics,
    authorize: delegatedAuthorizer(client, log),
    routes,
    signal: ended.signal,
  });
  log.info('serving', { port: serving.port, afterMs: Math.round(performance.now()) });

  const watched = [...(common.config ? [common.config] : []), ...common['terminate-on-files']];
  const onChange = (path: string) => lifetime.end(0, `file ${path} changed`);
  watchFiles(watched, { log, signal, onChange });

  const process: Process = {
    log,
    metrics,
    signal,
    namespace,
    serviceAccountNamespace: inPod,
    client,
    connection,
    addHealthCheck: (check) => void probes.healthz.push(check),
    addReadyCheck: (check) => void probes.readyz.push(check),
    exit: (code, reason) => lifetime.end(code, reason),
  };
  const close = async () => {
    ended.abort();
    await serving.close();
    await client.close();
  };
  try {
    await command.prepare?.({ ...process, addRoute: (route) => void routes.push(route) }, flags);
  } catch (error) {
    await close();
    throw error;
  }
  return { process, config, leaseNamespace: config.leaderElection?.namespace ?? known ?? '', close };
};

/** Runs the command, as soon as this process leads where leadership is asked for. */
const lead = async ({ command, flags, log, lifetime }: Start, prepared: Prepared): Promise<void> => {
  const common = flags as CommonFlags;
  const { process, config, leaseNamespace } = prepared;
  const elects =
    command.leaderElection !== false && !common['disable-leader-election'] && !config.leaderElection?.disable;

  const run = async (signal: AbortSignal) => {
    signal.addEventListener('abort', () => {
      if (!lifetime.signal.aborted) lifetime.end(0, 'leadership lost');
    });
    let returned = false;
    const work = command.run({ ...process, signal }, flags).then(() => void (returned = true));
    try {
      await lifetime.drained(work);
    } catch (error) {
      const late = lifetime.signal.aborted;
      // What was under way when the process was told to end is no failure.
      if (late && (error as Error).name === 'AbortError') return;
      const code = late || elects ? 1 : fatalCode;
      return lifetime.end(code, late ? 'the drain period is over' : 'the controllers failed', error);
    }
    if (returned && !signal.aborted) lifetime.end(1, 'the controllers returned prematurely');
  };

  if (!elects) return run(lifetime.signal);
  if (!leaseNamespace) throw new Error('namespace may not be empty');
  const { metrics } = process;
  // Else a write of the lease would ask for the lease, and its end could not be told.
  const client = unfenced(process.client);
  const podName = env['POD_NAME'];
  await runAsLeader(
    {
      client,
      log,
      metrics,
      namespace: leaseNamespace,
      name: config.leaderElection?.name ?? `${command.component}-lock`,
      identity: `${podName ?? hostname()}_${randomUUID()}`,
      hasEnded:
        podName && leaseNamespace === process.serviceAccountNamespace
          ? holderEnded(common.kubeconfig ? undefined : client, leaseNamespace, podName, log)
          : undefined,
      leaseDurationMs: common['leader-election-lease-duration'],
      renewDeadlineMs: common['leader-election-renew-deadline'],
      retryPeriodMs: common['leader-election-retry-period'],
      announce: leaderEvents(client, command.component, log),
    },
    (signal, mayWrite) => {
      fenceWrites(mayWrite);
      return run(signal);
    },
    lifetime.signal,
  );
};

/**
 * What the port of a process offers. Operands and agents obey their TLS flags unless there is a configuration file; the
 * operators' do nothing (operator.md 1.5). Throws an Error where it names what is unknown.
 */
export const tlsOf = (
  { appliesTlsFlags }: Pick<ControllerCommand, 'appliesTlsFlags'>,
  flags: Pick<CommonFlags, 'config' | 'tls-min-version' | 'tls-cipher-suites'>,
  config: Pick<ConfigFile, 'minTlsVersion' | 'cipherSuites'>,
): TlsProfile => {
  if (flags.config) return tlsProfile(config.minTlsVersion ?? '', config.cipherSuites ?? []);
  if (!appliesTlsFlags) return tlsProfile('', []);
  try {
    return tlsProfile(flags['tls-min-version'], flags['tls-cipher-suites']);
  } catch (error) {
    throw new Error(`invalid TLS flags: ${(error as Error).message}`, { cause: error });
  }
};

const certificateOf = ({ certFile, keyFile }: ConfigFile) =>
  certFile && keyFile ? { certFile, keyFile } : undefined;
