import { createHash } from 'node:crypto';
import { appliedManifestWorks, manifestWorks } from '../../api/generated/work.ts';
import { createInformers } from '../../runtime/cache/informers.ts';
import type { Client } from '../../runtime/client/client.ts';
import { connect } from '../../runtime/client/connect.ts';
import { loadConnection } from '../../runtime/client/kubeconfig/load.ts';
import { runControllers } from '../../runtime/controller/run.ts';
import type { Flags, Process } from '../../runtime/process/command.ts';
import { UsageError } from '../../runtime/process/command.ts';
import { appliedWorkFinalizer } from './applied-work-finalizer.ts';
import type { AgentContext, AgentSettings } from './context.ts';
import { evictionController } from './eviction.ts';
import { AccessCache } from './executor/cache.ts';
import { type CheckAccess, checkAccess } from './executor/executor.ts';
import { watchPermissions } from './executor/permissions.ts';
import type { workAgentFlags } from './flags.ts';
import { HubHistory } from './hub-history.ts';
import { PresentWorks } from './inventory/present-works.ts';
import { Removals } from './inventory/removals.ts';
import { workMetrics } from './metrics.ts';
import { SettledWrites } from './strategy/settled.ts';
import { ObjectWatcher, type Sign } from './watch/object-watcher.ts';
import { workController } from './work-controller.ts';

export { workAgentFlags } from './flags.ts';

export type WorkAgentFlags = Flags<typeof workAgentFlags>;

/** What the work agent needs of its process. `client` speaks to the managed cluster unless a flag names another. */
export type WorkAgentDeps = Pick<Process, 'log' | 'metrics' | 'signal' | 'client'>;

/** Most milliseconds between attempts at what failed: nothing tells that an API server is back or takes a write again. */
const maxBackoffMs = 60_000;

/** The API servers derive the manager of a field from it. */
const userAgent = 'work-agent';

/** Refuses what the agent cannot do before anything starts (work.md 9). */
export const validateWorkAgentFlags = (flags: WorkAgentFlags): void => {
  const workers = flags['workload-agent-workers'];
  if (workers < 1) throw new UsageError(`workload-agent-workers must be >= 1, got ${workers}`);
  const driver = flags['workload-source-driver'];
  if (driver === 'kafka') throw new UsageError('unsupported config type kafka');
  if (driver !== 'kube' && driver !== 'grpc')
    throw new UsageError(
      `--workload-source-driver=${driver} is not supported by this version of the work agent; use kube or grpc`,
    );
};

/** Without the name of its cluster an agent would apply the works of every cluster. */
export const requireClusterName = (flags: WorkAgentFlags): void => {
  if (!flags['spoke-cluster-name'])
    throw new UsageError('--spoke-cluster-name is required: the name of the managed cluster on the hub');
};

/** Lower-case hex SHA-256 of the hub's URL: what tells the AppliedManifestWorks of one hub from those of another. */
export const hubHashOf = (server: string): string => createHash('sha256').update(server).digest('hex');

const settingsOf = (flags: WorkAgentFlags, hubHash: string): AgentSettings => ({
  clusterName: flags['spoke-cluster-name'],
  hubHash,
  agentId: flags['agent-id'] || hubHash,
  workers: flags['workload-agent-workers'],
  statusSyncMs: flags['status-sync-interval'],
  remembersAccess: flags['feature-gates'].ExecutorValidatingCaches ?? false,
  evictionGraceMs: flags['appliedmanifestwork-eviction-grace-period'],
  feedback: {
    rawJson: flags['feature-gates'].RawFeedbackJsonString ?? false,
    maxRawLength: flags['max-json-raw-length'],
  },
});

/** The way to the hub that the flags name; the modules of gRPC are loaded only where that is it (work.md 9). */
const connectHub = async (
  { log, metrics }: WorkAgentDeps,
  flags: WorkAgentFlags,
): Promise<{ hub: Client; address: string }> => {
  const config = flags['workload-source-config'];
  if (flags['workload-source-driver'] !== 'grpc') {
    const connection = loadConnection(config);
    return { hub: connect(connection, { userAgent, logger: log, metrics }), address: connection.server };
  }
  const { connectToBundles } = await import('./bundles.ts');
  const cluster = flags['spoke-cluster-name'];
  const clientId = flags['cloudevents-client-id'] || `${cluster}-work-agent`;
  const hub = await connectToBundles(config, cluster, clientId, log);
  return { hub, address: hub.server };
};

/**
 * Runs the work agent until the signal aborts: applies the ManifestWorks of one cluster's namespace on the hub to that
 * cluster (work.md 1.7).
 * @throws KubeconfigError when a kubeconfig cannot be used, UsageError when a flag cannot
 */
export const startWorkAgent = async (deps: WorkAgentDeps, flags: WorkAgentFlags): Promise<void> => {
  validateWorkAgentFlags(flags);
  requireClusterName(flags);
  const { log, metrics } = deps;
  const { hub, address } = await connectHub(deps, flags);
  const spokeConfig = flags['spoke-kubeconfig'];
  const spoke = spokeConfig
    ? connect(loadConnection(spokeConfig), { userAgent, logger: log, metrics })
    : deps.client;
  try {
    await runAgent({ hub, spoke, settings: settingsOf(flags, hubHashOf(address)) }, deps);
  } finally {
    await Promise.all([hub.close(), spoke === deps.client ? undefined : spoke.close()]);
  }
};

interface Ends {
  hub: Client;
  spoke: Client;
  settings: AgentSettings;
}

const runAgent = async (
  { hub, spoke, settings }: Ends,
  { log, metrics, signal }: WorkAgentDeps,
): Promise<void> => {
  const hubInformers = createInformers(hub, { logger: log, metrics });
  const spokeInformers = createInformers(spoke, { logger: log, metrics });
  const works = hubInformers.informer(manifestWorks, { namespace: settings.clusterName });
  const appliedWorks = spokeInformers.informer(appliedManifestWorks);

  const listeners = new Set<(work: string, key: string, sign: Sign) => void>();
  const watcher = new ObjectWatcher({
    client: spoke,
    log,
    signal,
    onSign: (work, key, sign) => {
      for (const listener of listeners) listener(work, key, sign);
    },
  });
  const permissions = new Set<() => void>();
  const context: AgentContext = {
    settings,
    hub,
    spoke,
    works,
    appliedWorks,
    presentWorks: new PresentWorks(hub, works, settings.clusterName, signal),
    history: new HubHistory(hub, works, settings.clusterName),
    removals: new Removals(),
    watcher,
    settled: new SettledWrites(),
    checkAccess: settings.remembersAccess
      ? rememberedAccess({ spoke, log, signal, tell: () => permissions.forEach((listener) => listener()) })
      : checkAccess(spoke),
    log,
    metrics: workMetrics(metrics, { watcher, works, appliedWorks }),
    now: () => new Date(),
  };
  hubInformers.start(signal);
  spokeInformers.start(signal);
  const controllers = [
    workController(context, {
      objects: subscription(listeners),
      permissions: subscription(permissions),
    }),
    appliedWorkFinalizer(context),
    evictionController(context),
  ];
  await runControllers(controllers, { logger: log, metrics, maxBackoffMs }, signal);
};

const subscription =
  <T>(listeners: Set<T>) =>
  (listener: T): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

interface AccessOptions extends Pick<WorkAgentDeps, 'log' | 'signal'> {
  spoke: Client;
  /** Called when permissions have changed. */
  tell: () => void;
}

/** Gate ExecutorValidatingCaches: what executors may do is asked once, until permissions change. */
const rememberedAccess = ({ spoke, log, signal, tell }: AccessOptions): CheckAccess => {
  const cache = new AccessCache(checkAccess(spoke));
  watchPermissions({
    client: spoke,
    log,
    signal,
    onChange: () => {
      cache.invalidate();
      tell();
    },
    onReady: () => cache.trust(),
  });
  return cache.check;
};
