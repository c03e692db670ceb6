import type { MetricDefinition } from '../../operators/runtime/process/metric-definition.ts';

/** The metrics that a query selects, each once: what stands before braces. */
export const metricNames = (expr: string): string[] => [
  ...new Set([...expr.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map(([, name = '']) => name)),
];

/** The names of the series that a metric is stored as. */
export const samplesOf = ({ name, type }: MetricDefinition): string[] =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
