import type { AppliedManifestWork, ManifestWork } from '../../api/generated/work.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { statusOf } from '../../runtime/controller/conditions.ts';
import { counter, gauge, histogram } from '../../runtime/process/metric-definition.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';
import { heldOf } from './held.ts';
import { NotAllowedError } from './executor/executor.ts';
import { UnknownKindError } from './manifest/manifest.ts';
import { FieldConflictError } from './strategy/declare.ts';
import type { ObjectWatcher } from './watch/object-watcher.ts';

/** What a pass has come to for one manifest. */
export interface ManifestResult {
  /** Whether the pass meant to write the object. */
  isWritten: boolean;
  error?: Error;
}

/** What the agent counts beside what every controller does (work.md 13, 17). */
export interface WorkMetrics {
  /** A pass over the manifests of a work has ended after so many milliseconds. */
  passed(results: readonly ManifestResult[], durationMs: number): void;
  /** A pass had to undo what somebody else did. */
  repaired(): void;
}

const results = ['applied', 'read', 'executor_refused', 'field_conflict', 'unknown_kind', 'failed'] as const;

const resultOf = ({ error, isWritten }: ManifestResult): (typeof results)[number] => {
  if (!error) return isWritten ? 'applied' : 'read';
  if (error instanceof NotAllowedError) return 'executor_refused';
  if (error instanceof FieldConflictError) return 'field_conflict';
  return error instanceof UnknownKindError ? 'unknown_kind' : 'failed';
};

export const workAgentMetrics = {
  works: gauge(
    'work_manifestworks',
    'ManifestWorks of this cluster by their conditions Applied and Available: True, False or Unknown.',
    ['applied', 'available'],
  ),
  appliedWorks: gauge(
    'work_appliedmanifestworks',
    'Records of applied works on the managed cluster: evicting `true` when the hub has the work no more, `held` when it lost it by being set back.',
    ['evicting'],
  ),
  manifests: counter(
    'work_manifests_total',
    'Manifests handled in passes: applied, read, executor_refused, field_conflict, unknown_kind or failed.',
    ['result'],
  ),
  repairs: counter('work_repairs_total', 'Passes that undid a change on the managed cluster.'),
  duration: histogram(
    'work_apply_duration_seconds',
    'Time of a pass over the manifests of a ManifestWork in seconds.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ),
  tracked: gauge('work_tracked_objects', 'Objects on the managed cluster that works manage.'),
  watches: gauge('work_object_watches', 'Watches open on these objects.'),
};

const evictingOf = (applied: AppliedManifestWork): string =>
  heldOf(applied) === 'held' ? 'held' : String(applied.status?.evictionStartTime !== undefined);

/** What is counted at each scrape only. */
export interface WorkStores {
  watcher: Pick<ObjectWatcher, 'size' | 'watches'>;
  works: Pick<Informer<ManifestWork>, 'list'>;
  appliedWorks: Pick<Informer<AppliedManifestWork>, 'list'>;
}

export const workMetrics = (metrics: Metrics, { watcher, works, appliedWorks }: WorkStores): WorkMetrics => {
  const manifests = metrics.counter(workAgentMetrics.manifests);
  const repairs = metrics.counter(workAgentMetrics.repairs);
  const duration = metrics.histogram(workAgentMetrics.duration);
  const tracked = metrics.gauge(workAgentMetrics.tracked);
  const watches = metrics.gauge(workAgentMetrics.watches);
  const count = metrics.gauge(workAgentMetrics.works);
  const records = metrics.gauge(workAgentMetrics.appliedWorks);
  // From the start, so that the first failure is a rise that can be seen.
  for (const result of results) manifests.inc({ result }, 0);
  repairs.inc(undefined, 0);
  metrics.onScrape(() => {
    tracked.set(watcher.size);
    watches.set(watcher.watches);
    count.clear();
    count.set(0, { applied: 'True', available: 'True' });
    for (const { status } of works.list())
      count.inc({
        applied: statusOf(status?.conditions, 'Applied'),
        available: statusOf(status?.conditions, 'Available'),
      });
    for (const evicting of ['true', 'false', 'held']) records.set(0, { evicting });
    for (const applied of appliedWorks.list()) records.inc({ evicting: evictingOf(applied) });
  });
  return {
    passed(results, durationMs) {
      duration.observe(durationMs / 1000);
      for (const result of results) manifests.inc({ result: resultOf(result) });
    },
    repaired: () => repairs.inc(),
  };
};
