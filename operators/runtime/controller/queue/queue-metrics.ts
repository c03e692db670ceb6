import { counter, exponentialBuckets, gauge, histogram } from '../../process/metric-definition.ts';
import type { Metrics } from '../../process/metrics.ts';
import type { QueueObserver, WorkQueue } from './queue.ts';

const buckets = exponentialBuckets(1e-8, 10, 12);

const labels = ['name', 'controller'] as const;

/** client-go's, with its `name` and the `controller` that controller-runtime adds, which are the same. */
export const workqueueMetrics = {
  depth: gauge('workqueue_depth', 'Current depth of workqueue', labels),
  adds: counter('workqueue_adds_total', 'Total number of adds handled by workqueue', labels),
  retries: counter('workqueue_retries_total', 'Total number of retries handled by workqueue', labels),
  waited: histogram(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested',
    buckets,
    labels,
  ),
  worked: histogram(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes.',
    buckets,
    labels,
  ),
  unfinished: gauge(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work has been done that is in progress and has not been observed by work_duration.',
    labels,
  ),
  longest: gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    labels,
  ),
};

/** Reports a queue under client-go's metric names; `observe` must be called once with the queue itself. */
export const queueMetrics = (
  metrics: Metrics,
  controller: string,
): QueueObserver & { observe(queue: Pick<WorkQueue, 'startTimes'>): void } => {
  const labels = { name: controller, controller };
  const depth = metrics.gauge(workqueueMetrics.depth);
  const adds = metrics.counter(workqueueMetrics.adds);
  const retries = metrics.counter(workqueueMetrics.retries);
  const waited = metrics.histogram(workqueueMetrics.waited);
  const worked = metrics.histogram(workqueueMetrics.worked);
  const unfinished = metrics.gauge(workqueueMetrics.unfinished);
  const longest = metrics.gauge(workqueueMetrics.longest);
  depth.set(0, labels);
  adds.inc(labels, 0);
  retries.inc(labels, 0);

  return {
    added: (size) => {
      adds.inc(labels);
      depth.set(size, labels);
    },
    taken: (size, waitedMs) => {
      depth.set(size, labels);
      waited.observe(waitedMs / 1000, labels);
    },
    done: (workedMs) => worked.observe(workedMs / 1000, labels),
    retried: () => retries.inc(labels),
    observe: (queue) =>
      metrics.onScrape(() => {
        const now = performance.now();
        let total = 0;
        let most = 0;
        for (const since of queue.startTimes) {
          const seconds = (now - since) / 1000;
          total += seconds;
          most = Math.max(most, seconds);
        }
        unfinished.set(total, labels);
        longest.set(most, labels);
      }),
  };
};
