import type {
  CounterDefinition,
  GaugeDefinition,
  HistogramDefinition,
  MetricDefinition,
} from './metric-definition.ts';

/** The value of each label that a metric has; left out where it has none. */
type LabelsOf<L extends string> = [L] extends [never] ? [] : [labels: Readonly<Record<L, string>>];
type Increment<L extends string> = [L] extends [never]
  ? [labels?: undefined, by?: number]
  : [labels: Readonly<Record<L, string>>, by?: number];

export interface Counter<L extends string = never> {
  inc(...increment: Increment<L>): void;
}
export interface Gauge<L extends string = never> {
  set(value: number, ...labels: LabelsOf<L>): void;
  inc(...increment: Increment<L>): void;
  /** Forgets every sample: for what is counted anew at each scrape. */
  clear(): void;
}
export interface Histogram<L extends string = never> {
  observe(value: number, ...labels: LabelsOf<L>): void;
}

/** A registry of metrics in Prometheus' text exposition format. Asking twice for a name gives the same metric. */
export interface Metrics {
  counter<L extends string>(definition: CounterDefinition<L>): Counter<L>;
  gauge<L extends string>(definition: GaugeDefinition<L>): Gauge<L>;
  histogram<L extends string>(definition: HistogramDefinition<L>): Histogram<L>;
  /** Called at each scrape to bring gauges up to date. */
  onScrape(collect: () => void): void;
  expose(): string;
}

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  lines(name: string): Iterable<string>;
}

/** The content type of what {@link Metrics.expose} returns. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** An empty registry. A wrong name of a metric or label, or a name used for two types, throws: it is a slip in the program. */
export const createMetrics = (): Metrics => {
  const families = new Map<string, Family>();
  const collectors: (() => void)[] = [];

  const family = <F extends Family>({ name, type, labels }: MetricDefinition, make: () => F): F => {
    const known = families.get(name);
    if (known) {
      if (known.type !== type) throw new Error(`metric ${name} is a ${known.type}, not a ${type}`);
      return known as F;
    }
    if (!metricName.test(name)) throw new Error(`"${name}" is no name of a metric`);
    for (const label of labels)
      if (!labelName.test(label) || label === 'le') throw new Error(`"${label}" is no name of a label`);
    const made = make();
    families.set(name, made);
    return made;
  };

  return {
    counter: (definition) => family(definition, () => new CounterFamily(definition)),
    gauge: (definition) => family(definition, () => new GaugeFamily(definition)),
    histogram: (definition) => family(definition, () => new HistogramFamily(definition)),
    onScrape: (collect) => void collectors.push(collect),
    expose: () => {
      for (const collect of collectors) collect();
      let text = '';
      for (const name of [...families.keys()].sort()) {
        const family = families.get(name)!;
        const lines = [...family.lines(name)];
        if (lines.length === 0) continue;
        text += `# HELP ${name} ${escapeHelp(family.help)}\n# TYPE ${name} ${family.type}\n`;
        for (const line of lines) text += `${line}\n`;
      }
      return text;
    },
  };
};

class ValueFamily {
  readonly help: string;
  protected readonly values = new Map<string, number>();
  private readonly names: readonly string[];

  constructor({ help, labels }: MetricDefinition) {
    this.help = help;
    this.names = labels.toSorted();
  }

  *lines(name: string): Iterable<string> {
    for (const [labels, value] of this.values) yield `${name}${braced(labels)} ${formatNumber(value)}`;
  }

  protected keyOf(labels: Labels | undefined): string {
    return labelText(this.names, labels);
  }

  protected add(labels: Labels | undefined, by: number): void {
    const key = this.keyOf(labels);
    this.values.set(key, (this.values.get(key) ?? 0) + by);
  }
}

class CounterFamily extends ValueFamily implements Family, Counter<string> {
  readonly type = 'counter';

  inc(labels?: Labels, by = 1): void {
    if (!(by >= 0)) throw new Error(`a counter cannot go down: ${by}`);
    this.add(labels, by);
  }
}

class GaugeFamily extends ValueFamily implements Family, Gauge<string> {
  readonly type = 'gauge';

  set(value: number, labels?: Labels): void {
    this.values.set(this.keyOf(labels), value);
  }

  inc(labels?: Labels, by = 1): void {
    this.add(labels, by);
  }

  clear(): void {
    this.values.clear();
  }
}

/** Per label set: how many fell into each bucket (the last one is +Inf), and their sum. */
interface Distribution {
  counts: Float64Array;
  sum: number;
}

class HistogramFamily implements Family, Histogram<string> {
  readonly type = 'histogram';
  readonly help: string;
  private readonly names: readonly string[];
  private readonly bounds: number[];
  private readonly distributions = new Map<string, Distribution>();

  constructor({ name, help, labels, buckets }: HistogramDefinition) {
    this.help = help;
    this.names = labels.toSorted();
    this.bounds = sortedBounds(name, buckets);
  }

  observe(value: number, labels?: Labels): void {
    const key = labelText(this.names, labels);
    let distribution = this.distributions.get(key);
    if (!distribution) {
      distribution = { counts: new Float64Array(this.bounds.length + 1), sum: 0 };
      this.distributions.set(key, distribution);
    }
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    distribution.counts[bucket < 0 ? this.bounds.length : bucket]! += 1;
    distribution.sum += value;
  }

  *lines(name: string): Iterable<string> {
    for (const [labels, { counts, sum }] of this.distributions) {
      const prefix = labels ? `${labels},` : '';
      let total = 0;
      for (const [i, count] of counts.entries()) {
        total += count;
        const bound = i < this.bounds.length ? formatNumber(this.bounds[i]!) : '+Inf';
        yield `${name}_bucket{${prefix}le="${bound}"} ${total}`;
      }
      yield `${name}_sum${braced(labels)} ${formatNumber(sum)}`;
      yield `${name}_count${braced(labels)} ${total}`;
    }
  }
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const sortedBounds = (name: string, buckets: readonly number[]): number[] => {
  const bounds = buckets.filter((bound) => bound !== Infinity);
  if (bounds.some((bound, i) => Number.isNaN(bound) || (i > 0 && bound <= bounds[i - 1]!)))
    throw new Error(`the buckets of ${name} do not rise`);
  return bounds;
};

/** The labels as they stand between braces, in the order of their names: the key of a series. */
const labelText = (names: readonly string[], labels: Labels | undefined): string => {
  let text = '';
  for (const name of names) text += `${text && ','}${name}="${escapeValue(labels?.[name] ?? '')}"`;
  return text;
};

const braced = (labels: string): string => labels && `{${labels}}`;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const escapeValue = (text: string): string =>
  /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;

const formatNumber = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
