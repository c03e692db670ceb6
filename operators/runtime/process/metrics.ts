export interface Counter {
  inc(labels?: Record<string, string>, by?: number): void;
}
export interface Gauge {
  set(value: number, labels?: Record<string, string>): void;
  inc(labels?: Record<string, string>, by?: number): void;
  remove(labels: Record<string, string>): void;
}
export interface Histogram {
  observe(value: number, labels?: Record<string, string>): void;
}

/** A registry of metrics in Prometheus' text exposition format. Asking twice for a name gives the same metric. */
export interface Metrics {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  histogram(name: string, help: string, buckets: number[]): Histogram;
  /** Called at each scrape to bring gauges up to date. */
  onScrape(collect: () => void): void;
  expose(): string;
}

type Labels = Record<string, string>;

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

  const family = <F extends Family>(name: string, type: Family['type'], make: () => F): F => {
    const known = families.get(name);
    if (known) {
      if (known.type !== type) throw new Error(`metric ${name} is a ${known.type}, not a ${type}`);
      return known as F;
    }
    if (!metricName.test(name)) throw new Error(`"${name}" is no name of a metric`);
    const made = make();
    families.set(name, made);
    return made;
  };

  return {
    counter: (name, help) => family(name, 'counter', () => new CounterFamily(help)),
    gauge: (name, help) => family(name, 'gauge', () => new GaugeFamily(help)),
    histogram: (name, help, buckets) =>
      family(name, 'histogram', () => new HistogramFamily(help, sortedBounds(name, buckets))),
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

/** `count` bounds, each `factor` times the one before. */
export const exponentialBuckets = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((start * factor ** i).toPrecision(12)));

class ValueFamily {
  readonly help: string;
  protected readonly values = new Map<string, number>();

  constructor(help: string) {
    this.help = help;
  }

  *lines(name: string): Iterable<string> {
    for (const [labels, value] of this.values) yield `${name}${braced(labels)} ${formatNumber(value)}`;
  }

  protected add(labels: Labels | undefined, by: number): void {
    const key = labelText(labels);
    this.values.set(key, (this.values.get(key) ?? 0) + by);
  }
}

class CounterFamily extends ValueFamily implements Family, Counter {
  readonly type = 'counter';

  inc(labels?: Labels, by = 1): void {
    if (!(by >= 0)) throw new Error(`a counter cannot go down: ${by}`);
    this.add(labels, by);
  }
}

class GaugeFamily extends ValueFamily implements Family, Gauge {
  readonly type = 'gauge';

  set(value: number, labels?: Labels): void {
    this.values.set(labelText(labels), value);
  }

  inc(labels?: Labels, by = 1): void {
    this.add(labels, by);
  }

  remove(labels: Labels): void {
    this.values.delete(labelText(labels));
  }
}

/** Per label set: how many fell into each bucket (the last one is +Inf), and their sum. */
interface Distribution {
  counts: Float64Array;
  sum: number;
}

class HistogramFamily implements Family, Histogram {
  readonly type = 'histogram';
  readonly help: string;
  private readonly bounds: number[];
  private readonly distributions = new Map<string, Distribution>();

  constructor(help: string, bounds: number[]) {
    this.help = help;
    this.bounds = bounds;
  }

  observe(value: number, labels?: Labels): void {
    if (labels && 'le' in labels) throw new Error('the label le belongs to the buckets');
    const key = labelText(labels);
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

const sortedBounds = (name: string, buckets: number[]): number[] => {
  const bounds = buckets.filter((bound) => bound !== Infinity);
  if (bounds.some((bound, i) => Number.isNaN(bound) || (i > 0 && bound <= bounds[i - 1]!)))
    throw new Error(`the buckets of ${name} do not rise`);
  return bounds;
};

/** The labels as they stand between braces, in the order of their names: the key of a series. */
const labelText = (labels: Labels | undefined): string => {
  if (!labels) return '';
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let text = '';
  for (const name of names) {
    if (!labelName.test(name)) throw new Error(`"${name}" is no name of a label`);
    text += `${text && ','}${name}="${escapeValue(labels[name]!)}"`;
  }
  return text;
};

const braced = (labels: string): string => labels && `{${labels}}`;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const escapeValue = (text: string): string =>
  /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;

const formatNumber = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
