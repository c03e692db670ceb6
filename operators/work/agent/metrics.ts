import type { Metrics } from '../../runtime/process/metrics.ts';
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

const resultOf = ({ error, isWritten }: ManifestResult): string => {
  if (!error) return isWritten ? 'applied' : 'read';
  if (error instanceof NotAllowedError) return 'executor_refused';
  if (error instanceof FieldConflictError) return 'field_conflict';
  return error instanceof UnknownKindError ? 'unknown_kind' : 'failed';
};

export const workMetrics = (metrics: Metrics, watcher: ObjectWatcher): WorkMetrics => {
  const manifests = metrics.counter('work_manifests_total', 'Manifests handled in passes, by result.');
  const repairs = metrics.counter('work_repairs_total', 'Passes that undid a change on the managed cluster.');
  const duration = metrics.histogram(
    'work_apply_duration_seconds',
    'Time of a pass over the manifests of a ManifestWork.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  const tracked = metrics.gauge('work_tracked_objects', 'Objects on the managed cluster that works manage.');
  const watches = metrics.gauge('work_object_watches', 'Watches open on these objects.');
  metrics.onScrape(() => {
    tracked.set(watcher.size);
    watches.set(watcher.watches);
  });
  return {
    passed(results, durationMs) {
      duration.observe(durationMs / 1000);
      for (const result of results) manifests.inc({ result: resultOf(result) });
    },
    repaired: () => repairs.inc(),
  };
};
