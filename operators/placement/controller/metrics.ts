import type { Placement } from '../../api/generated/cluster.ts';
import { placementCondition } from '../../api/conditions.ts';
import type { Store } from '../../runtime/cache/informer.ts';
import { statusOf } from '../../runtime/controller/conditions.ts';
import { exponentialBuckets, gauge, histogram } from '../../runtime/process/metric-definition.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';
import type { SchedulingObserver } from '../scheduling/observer.ts';

const buckets = exponentialBuckets(1e-6, 10, 10);

/** What the placement controller says of itself and of placements (placement.md 13). None has a series for each placement. */
export const placementMetrics = {
  scheduling: histogram(
    'scheduling_scheduling_duration_seconds',
    'Seconds from the begin of a pass over a Placement until its decisions are written.',
    buckets,
    ['name'],
  ),
  bind: histogram(
    'scheduling_bind_duration_seconds',
    'Seconds that a pass over a Placement took to write its decisions and its status.',
    buckets,
    ['name'],
  ),
  plugin: histogram(
    'scheduling_plugin_duration_seconds',
    'Seconds that one filter or prioritizer took in a pass over a Placement.',
    buckets,
    ['name', 'plugin_type', 'plugin_name'],
  ),
  cel: histogram(
    'scheduling_cel_runtime_duration_seconds',
    'Seconds that the CEL expressions of one predicate took on one cluster.',
    buckets,
    ['name'],
  ),
  placements: gauge('ocm_placements', 'Placements by the statuses of their conditions.', [
    'satisfied',
    'misconfigured',
  ]),
};

/** The value of the label `name` of all of them. */
const name = 'placement_scheduling';

export interface PassMetrics {
  observer: SchedulingObserver;
  scheduled(ms: number): void;
  bound(ms: number): void;
}

export const passMetrics = (metrics: Metrics): PassMetrics => {
  const scheduling = metrics.histogram(placementMetrics.scheduling);
  const bind = metrics.histogram(placementMetrics.bind);
  const plugins = metrics.histogram(placementMetrics.plugin);
  const cel = metrics.histogram(placementMetrics.cel);
  return {
    observer: {
      plugin: (type, plugin, ms) =>
        plugins.observe(ms / 1000, { name, plugin_type: type, plugin_name: plugin }),
      expressions: (ms) => cel.observe(ms / 1000, { name }),
    },
    scheduled: (ms) => scheduling.observe(ms / 1000, { name }),
    bound: (ms) => bind.observe(ms / 1000, { name }),
  };
};

/** Counts placements by their conditions whenever somebody scrapes. */
export const countPlacements = (metrics: Metrics, placements: Pick<Store<Placement>, 'list'>): void => {
  const count = metrics.gauge(placementMetrics.placements);
  metrics.onScrape(() => {
    count.clear();
    count.set(0, { satisfied: 'True', misconfigured: 'False' });
    for (const { status } of placements.list())
      count.inc({
        satisfied: statusOf(status?.conditions, placementCondition.satisfied.type),
        misconfigured: statusOf(status?.conditions, placementCondition.misconfigured.type),
      });
  });
};
