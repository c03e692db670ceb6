/** What a metric is, before any process counts it: docs/metrics.md is made of these. */
export interface MetricDefinition<L extends string = string> {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  /** What it says, in a sentence, with its unit. */
  readonly help: string;
  readonly labels: readonly L[];
}
export interface CounterDefinition<L extends string = string> extends MetricDefinition<L> {
  readonly type: 'counter';
}
export interface GaugeDefinition<L extends string = string> extends MetricDefinition<L> {
  readonly type: 'gauge';
}
export interface HistogramDefinition<L extends string = string> extends MetricDefinition<L> {
  readonly type: 'histogram';
  /** Upper bounds, rising; the one of +Inf is added. */
  readonly buckets: readonly number[];
}

/** A group of metrics that a process has or has not as a whole. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

export const counter = <const L extends string = never>(
  name: string,
  help: string,
  labels: readonly L[] = [],
): CounterDefinition<L> => ({ type: 'counter', name, help, labels });

export const gauge = <const L extends string = never>(
  name: string,
  help: string,
  labels: readonly L[] = [],
): GaugeDefinition<L> => ({ type: 'gauge', name, help, labels });

export const histogram = <const L extends string = never>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly L[] = [],
): HistogramDefinition<L> => ({ type: 'histogram', name, help, labels, buckets });

/** `count` bounds, each `factor` times the one before. */
export const exponentialBuckets = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((start * factor ** i).toPrecision(12)));
