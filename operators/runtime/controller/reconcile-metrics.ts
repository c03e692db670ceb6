import { counter, gauge, histogram } from '../process/metric-definition.ts';
import type { Metrics } from '../process/metrics.ts';

export type ReconcileResult = 'success' | 'requeue_after' | 'error';

export interface ReconcileMetrics {
  began(): void;
  ended(result: ReconcileResult, seconds: number): void;
}

const buckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25,
  1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

export const reconcileMetricDefinitions = {
  total: counter('controller_runtime_reconcile_total', 'Total number of reconciliations per controller', [
    'controller',
    'result',
  ]),
  errors: counter(
    'controller_runtime_reconcile_errors_total',
    'Total number of reconciliation errors per controller',
    ['controller'],
  ),
  time: histogram(
    'controller_runtime_reconcile_time_seconds',
    'Length of time per reconciliation per controller',
    buckets,
    ['controller'],
  ),
  active: gauge('controller_runtime_active_workers', 'Number of currently used workers per controller', [
    'controller',
  ]),
  most: gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Maximum number of concurrent reconciles per controller',
    ['controller'],
  ),
};

/** Counts the reconciles of one controller under controller-runtime's metric names. */
export const reconcileMetrics = (
  metrics: Metrics,
  controller: string,
  concurrency: number,
): ReconcileMetrics => {
  const labels = { controller };
  const total = metrics.counter(reconcileMetricDefinitions.total);
  const errors = metrics.counter(reconcileMetricDefinitions.errors);
  const time = metrics.histogram(reconcileMetricDefinitions.time);
  const active = metrics.gauge(reconcileMetricDefinitions.active);
  metrics.gauge(reconcileMetricDefinitions.most).set(concurrency, labels);
  active.set(0, labels);
  errors.inc(labels, 0);
  for (const result of ['success', 'requeue_after', 'error']) total.inc({ controller, result }, 0);

  return {
    began: () => active.inc(labels),
    ended: (result, seconds) => {
      active.inc(labels, -1);
      total.inc({ controller, result });
      if (result === 'error') errors.inc(labels);
      time.observe(seconds, labels);
    },
  };
};
