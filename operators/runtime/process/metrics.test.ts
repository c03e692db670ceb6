import { describe, expect, test } from '@jest/globals';
import { counter, exponentialBuckets, gauge, histogram } from './metric-definition.ts';
import { createMetrics } from './metrics.ts';
import { registerProcessMetrics } from './process-metrics.ts';

describe('text exposition', () => {
  test('counters and gauges, by name, with help and type, labels in the order of their names', () => {
    const metrics = createMetrics();
    const requests = metrics.counter(counter('requests_total', 'How many.', ['method', 'code']));
    requests.inc({ method: 'GET', code: '200' });
    requests.inc({ code: '200', method: 'GET' }, 2);
    requests.inc({ code: '500', method: 'GET' }, 0);
    const depth = metrics.gauge(gauge('depth', 'How deep.'));
    depth.set(3);
    depth.inc(undefined, -1);
    expect(metrics.expose()).toBe(
      [
        '# HELP depth How deep.',
        '# TYPE depth gauge',
        'depth 2',
        '# HELP requests_total How many.',
        '# TYPE requests_total counter',
        'requests_total{code="200",method="GET"} 3',
        'requests_total{code="500",method="GET"} 0',
        '',
      ].join('\n'),
    );
  });

  test('histograms: cumulative buckets with +Inf, sum and count, per label set', () => {
    const metrics = createMetrics();
    const seconds = metrics.histogram(histogram('seconds', 'How long.', [0.1, 1, 10], ['name']));
    for (const value of [0.05, 0.1, 0.5, 20]) seconds.observe(value, { name: 'a' });
    seconds.observe(1, { name: 'b' });
    expect(metrics.expose()).toBe(
      [
        '# HELP seconds How long.',
        '# TYPE seconds histogram',
        'seconds_bucket{name="a",le="0.1"} 2',
        'seconds_bucket{name="a",le="1"} 3',
        'seconds_bucket{name="a",le="10"} 3',
        'seconds_bucket{name="a",le="+Inf"} 4',
        'seconds_sum{name="a"} 20.65',
        'seconds_count{name="a"} 4',
        'seconds_bucket{name="b",le="0.1"} 0',
        'seconds_bucket{name="b",le="1"} 1',
        'seconds_bucket{name="b",le="10"} 1',
        'seconds_bucket{name="b",le="+Inf"} 1',
        'seconds_sum{name="b"} 1',
        'seconds_count{name="b"} 1',
        '',
      ].join('\n'),
    );
  });

  test('escapes: backslash, quote and line feed in values; backslash and line feed in help', () => {
    const metrics = createMetrics();
    metrics.gauge(gauge('g', 'a\\b\n"c"', ['path'])).set(1, { path: 'C:\\x\n"y"' });
    expect(metrics.expose()).toBe('# HELP g a\\\\b\\n"c"\n# TYPE g gauge\ng{path="C:\\\\x\\n\\"y\\""} 1\n');
  });

  test.each([
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
    [1e21, '1e+21'],
    [-0.5, '-0.5'],
  ])('%d is written as %s', (value, text) => {
    const metrics = createMetrics();
    metrics.gauge(gauge('g', 'h')).set(value);
    expect(metrics.expose()).toContain(`\ng ${text}\n`);
  });

  test('a metric without values is not shown', () => {
    const metrics = createMetrics();
    metrics.counter(counter('c', 'h'));
    expect(metrics.expose()).toBe('');
  });

  test('what is cleared is gone', () => {
    const metrics = createMetrics();
    const some = metrics.gauge(gauge('g', 'h', ['a']));
    some.set(1, { a: '1' });
    some.clear();
    some.set(2, { a: '2' });
    expect(metrics.expose()).not.toContain('a="1"');
    expect(metrics.expose()).toContain('g{a="2"} 2');
  });

  test('asking twice gives the same metric; asking for another type throws', () => {
    const metrics = createMetrics();
    expect(metrics.counter(counter('c', 'h'))).toBe(metrics.counter(counter('c', 'other')));
    expect(() => metrics.gauge(gauge('c', 'h'))).toThrow('metric c is a counter, not a gauge');
  });

  test.each([
    ['a name with a dash', () => createMetrics().counter(counter('a-b', 'h'))],
    ['a label with a dash', () => createMetrics().counter(counter('a', 'h', ['x-y']))],
    ['a counter that goes down', () => createMetrics().counter(counter('a', 'h')).inc(undefined, -1)],
    ['a counter of no number', () => createMetrics().counter(counter('a', 'h')).inc(undefined, NaN)],
    ['buckets that do not rise', () => createMetrics().histogram(histogram('a', 'h', [1, 1]))],
    ['the label le', () => createMetrics().histogram(histogram('a', 'h', [1], ['le']))],
  ])('%s is refused', (_name, slip) => {
    expect(slip).toThrow();
  });

  test('onScrape runs before each exposition', () => {
    const metrics = createMetrics();
    const some = metrics.gauge(gauge('g', 'h'));
    let scrapes = 0;
    metrics.onScrape(() => some.set((scrapes += 1)));
    metrics.expose();
    expect(metrics.expose()).toContain('\ng 2\n');
  });
});

test('exponentialBuckets has no rounding noise', () => {
  expect(exponentialBuckets(1e-8, 10, 12)).toEqual([
    1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000,
  ]);
});

test('operator.md 1.5: build_info under the namespace, and the process figures', () => {
  const metrics = createMetrics();
  registerProcessMetrics(metrics, 'open-cluster-management-hub', 'v1.2.3-4');
  const text = metrics.expose();
  expect(text).toMatch(
    /^open_cluster_management_hub_build_info\{buildDate="",compiler="v8",gitCommit="",gitTreeState="",gitVersion="v1\.2\.3-4",goVersion="v\d+\.\d+\.\d+",major="1",minor="2",platform="\w+\/\w+"\} 1$/m,
  );
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d{6,}$/m);
  expect(text).toMatch(/^process_cpu_seconds_total \d+\.\d+$/m);
  expect(text).toMatch(/^process_start_time_seconds 1\d{9}(\.\d+)?$/m);
  expect(text).toMatch(/^process_open_fds [1-9]\d*$/m);
});
