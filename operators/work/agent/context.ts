import type { AppliedManifestWork, ManifestWork } from '../../api/generated/work.ts';
import { loggingAnnotationPrefix } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { objectName } from '../../runtime/client/legal-name.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import type { CheckAccess } from './executor/executor.ts';
import type { FeedbackLimits } from './feedback/feedback.ts';
import type { HubHistory } from './hub-history.ts';
import type { PresentWorks } from './inventory/present-works.ts';
import type { Removals } from './inventory/removals.ts';
import type { WorkMetrics } from './metrics.ts';
import type { SettledWrites } from './strategy/settled.ts';
import type { ObjectWatcher } from './watch/object-watcher.ts';

/** Who the agent is, and what it was told. Times in milliseconds. */
export interface AgentSettings {
  /** The cluster's namespace on the hub. */
  clusterName: string;
  /** Lower-case hex SHA-256 of the hub's URL. */
  hubHash: string;
  /** Tells the agent's AppliedManifestWorks from those of others. */
  agentId: string;
  /** Works that are dealt with at a time, and as many that are removed. */
  workers: number;
  statusSyncMs: number;
  evictionGraceMs: number;
  /** Gate ExecutorValidatingCaches. */
  remembersAccess: boolean;
  feedback: FeedbackLimits;
}

/** What the controllers of one agent share. */
export interface AgentContext {
  settings: AgentSettings;
  hub: Client;
  spoke: Client;
  works: Informer<ManifestWork>;
  appliedWorks: Informer<AppliedManifestWork>;
  presentWorks: PresentWorks;
  history: HubHistory;
  removals: Removals;
  watcher: ObjectWatcher;
  settled: SettledWrites;
  checkAccess: CheckAccess;
  log: Logger;
  metrics: WorkMetrics;
  now: () => Date;
}

/** The AppliedManifestWork of a work of this hub; one for each, however long their names (work.md 3.3). */
export const appliedWorkName = ({ hubHash }: Pick<AgentSettings, 'hubHash'>, work: string): string =>
  objectName(`${hubHash}-${work}`);

/** Whether an AppliedManifestWork is of the hub that the agent has now. */
export const isOfHub = ({ hubHash }: Pick<AgentSettings, 'hubHash'>, name: string): boolean =>
  name.startsWith(`${hubHash}-`);

/** A log that names the work, and adds what its annotations ask to be added (work.md 2.5). */
export const logOf = ({ log }: Pick<AgentContext, 'log'>, { metadata }: ManifestWork): Logger => {
  const asked = Object.entries(metadata.annotations ?? {})
    .filter(([key]) => key.startsWith(loggingAnnotationPrefix))
    .map(([key, value]) => [key.slice(loggingAnnotationPrefix.length), value]);
  return log.with({ ...Object.fromEntries(asked), manifestWorkName: metadata.name });
};
