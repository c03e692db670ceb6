import type { ManifestWorkReplicaSet } from '../../api/generated/work.ts';
import type { Store } from '../../runtime/cache/informer.ts';
import { statusOf } from '../../runtime/controller/conditions.ts';
import { gauge } from '../../runtime/process/metric-definition.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';

/** What the work controller says of rollouts. None has a series for each set or cluster. */
export const replicaSetMetrics = {
  sets: gauge(
    'ocm_manifestworkreplicasets',
    'ManifestWorkReplicaSets by the status of their condition PlacementRolledOut.',
    ['rolled_out'],
  ),
  works: gauge(
    'ocm_manifestworkreplicaset_works',
    'Works of all ManifestWorkReplicaSets by state: total, applied, available, progressing or degraded.',
    ['state'],
  ),
};

const states = ['total', 'applied', 'available', 'progressing', 'degraded'] as const;

/** Counts sets and their works whenever somebody scrapes, from the statuses that the controller keeps. */
export const countReplicaSets = (
  metrics: Metrics,
  sets: Pick<Store<ManifestWorkReplicaSet>, 'list'>,
): void => {
  const count = metrics.gauge(replicaSetMetrics.sets);
  const works = metrics.gauge(replicaSetMetrics.works);
  metrics.onScrape(() => {
    count.clear();
    count.set(0, { rolled_out: 'True' });
    for (const state of states) works.set(0, { state });
    for (const { status } of sets.list()) {
      count.inc({ rolled_out: statusOf(status?.conditions, 'PlacementRolledOut') });
      for (const state of states) works.inc({ state }, status?.summary?.[state] ?? 0);
    }
  });
};
