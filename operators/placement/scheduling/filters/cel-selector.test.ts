import { describe, expect, test } from '@jest/globals';
import type { AddOnPlacementScore, ManagedCluster } from '../../../api/generated/cluster.ts';
import { ClusterValue } from './cel-environment.ts';
import { type CelMatch, type CelSelector, CelSelectorError, celSelectorSteps } from './cel-selector.ts';
import { allOf } from './filtered.ts';

const celSelector = (expressions: readonly string[]): CelSelector => allOf(celSelectorSteps(expressions));

const gpus = '{"H100":[{"small":10},{"large":2}],"A100":[{"small":50}],"zone":null,"ratio":0.5}';
const cluster: ManagedCluster = {
  apiVersion: 'cluster.open-cluster-management.io/v1',
  kind: 'ManagedCluster',
  metadata: { name: 'cluster1', labels: { env: 'prod', version: '1.30.0' } },
  spec: { leaseDurationSeconds: 60 },
  status: {
    clusterClaims: [
      { name: 'kubeversion.open-cluster-management.io', value: 'v1.31.0' },
      { name: 'gpus', value: gpus },
    ],
    version: { kubernetes: 'v1.31.0' },
    capacity: { cpu: '8' },
  },
};
const score = (namespace: string, value: number): AddOnPlacementScore => ({
  metadata: { name: 'demo', namespace },
  status: {
    validUntil: '2020-01-01T00:00:00Z',
    scores: [
      { name: 'cpu', value },
      { name: 'memory', value: -4 },
    ],
  },
});
const scores = [score('cluster1', 90), score('cluster2', 10)];
const value = new ClusterValue(cluster, (namespace, name) =>
  scores.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
);

const evaluate = (expressions: string[], budget?: number): CelMatch =>
  celSelector(expressions)(value, budget);
const matches = (expression: string): boolean | string => {
  const found = evaluate([expression]);
  return found.failure ?? found.matches;
};
const claim = 'managedCluster.status.clusterClaims.filter(c, c.name == "gpus")[0].value';

describe('placement.md, section 6.1.1: what expressions have', () => {
  test.each([
    ['a label', `managedCluster.metadata.labels["version"].matches('^1\\\\.(29|30)\\\\.\\\\d+$')`],
    [
      'a claim',
      'managedCluster.status.clusterClaims.exists(c, c.name == "kubeversion.open-cluster-management.io" && c.value == "v1.31.0")',
    ],
    [
      'the version of Kubernetes',
      'semver(managedCluster.status.version.kubernetes.substring(1)).isGreaterThan(semver("1.30.0"))',
    ],
    ['scores', 'managedCluster.scores("demo").filter(s, s.name == "cpu").all(e, e.value > 80)'],
    ['scores, all of them', 'managedCluster.scores("demo").map(s, s.name) == ["cpu", "memory"]'],
    ['scores are integers', 'type(managedCluster.scores("demo")[1].value) == int'],
    ['JSON in a claim', `${claim}.parseJSON().H100.exists(e, has(e.large) && e.large == 2)`],
    ['JSON: numbers are doubles', `type(${claim}.parseJSON().A100[0].small) == double`],
    ['JSON: fractions and null', `${claim}.parseJSON().ratio == 0.5 && ${claim}.parseJSON().zone == null`],
    ['JSON: texts and truths', '"[\\"a\\", true]".parseJSON() == ["a", true]'],
    ['JSON: keys of any kind', `'{"__proto__": 1}'.parseJSON().size() == 1`],
    ['quantities', 'quantity(managedCluster.status.capacity.cpu).isGreaterThan(quantity("4000m"))'],
    ['optional fields', 'managedCluster.metadata.?annotations.orValue({}) == {}'],
    ['lists, strings, addresses', '[1, 2].sum() == 3 && "A".lowerAscii() == "a" && ip("::1").isLoopback()'],
    ['formats and URLs', 'isURL("https://a.b") && !format.dns1123Label().validate("a").hasValue()'],
    ['no kind', '!has(managedCluster.kind) && !has(managedCluster.apiVersion)'],
    [
      'what the types of Go always have',
      '!managedCluster.spec.hubAcceptsClient && has(managedCluster.status)',
    ],
  ])('%s', (_, expression) => {
    expect(matches(expression)).toBe(true);
  });

  test('what the types of Go always have is there without spec and status', () => {
    const bare = new ClusterValue({ metadata: { name: 'bare' } }, () => undefined);
    const expression = '!managedCluster.spec.hubAcceptsClient && managedCluster.status.version == {}';
    expect(celSelector([expression])(bare)).toMatchObject({ matches: true });
  });

  test.each([
    ['no such score', 'managedCluster.scores("x").size() == 0', 'AddOnPlacementScore "x" not found'],
    [
      'scores of another cluster',
      '{"metadata": {"name": "cluster2"}}.scores("demo").size() == 2',
      'scores() is a function of managedCluster alone',
    ],
    ['scores of what is no cluster', 'dyn(1).scores("demo").size() == 2', 'of managedCluster alone'],
    ['a name that is no text', 'managedCluster.scores(dyn(1)).size() == 2', 'no such overload'],
    ['no JSON', '"{".parseJSON() == 1', 'failed to parse json'],
    ['a number that is none', '"1e999".parseJSON() == 1', 'failed to parse json: a number is too large'],
    ['an absent key', 'managedCluster.metadata.labels["x"] == ""', 'no such key: x'],
    ['an absent field', 'managedCluster.metadata.annotations.x == ""', 'no such key: annotations'],
    ['no truth value', 'managedCluster.metadata.name', 'the value is of type string, not bool'],
    [
      'placement.md 38: the v of a version is not cut',
      'semver(managedCluster.status.version.kubernetes).isGreaterThan(semver("1.30.0"))',
      '"v1.31.0" is no semantic version',
    ],
  ])('an error: %s', (_, expression, failure) => {
    expect(matches(expression)).toContain(failure);
    expect(evaluate([expression]).matches).toBe(false);
  });

  test.each([
    ['foo.bar', "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')"],
    ['1 +', 'compilation failed: ERROR: <input>:1:4: '],
    ['"a".scores("demo") + 1 == 2', 'compilation failed: '],
    ['scores(managedCluster, "demo") == []', 'compilation failed: '],
    ['1.parseJSON() == 1', 'compilation failed: '],
    ['object.a == 1', 'compilation failed: '],
    ['"a".find("(") == ""', 'instantiation failed: '],
  ])('placement.md, section 6.1: one that cannot be used: %s', (expression, message) => {
    expect(() => celSelector(['true', expression])).toThrow(CelSelectorError);
    expect(() => celSelector(['true', expression])).toThrow(message);
  });
});

describe('placement.md, section 6.1.2: cost', () => {
  const label = 'managedCluster.metadata.labels["env"] == "prod"';
  const version = 'semver(managedCluster.metadata.labels["version"]).isLessThan(semver("1.31.0"))';

  test.each([
    ['none', [], true, 0],
    ['a label', [label], true, 5],
    ['another value', ['managedCluster.metadata.labels["env"] == "dev"'], false, 5],
    ['a label and a version', [label, version], true, 12],
    ['the second is false', [label, version.replace('isLessThan', 'isGreaterThan')], false, 12],
    ['the first is false', ['false', version], false, 0],
    // The receiver, a list of two maps, size and comparison.
    ['scores', ['managedCluster.scores("demo").size() == 2'], true, 1 + (10 + 31 * 2) + 1 + 1],
    ['no scores', ['managedCluster.scores("x").size() == 2'], false, 1 + 10 + 1 + 1],
    // 13 characters, a list and a map.
    ['JSON', [`'[{"a": 1}, 2]'.parseJSON().size() == 2`], true, 2 + (10 + 30) + 1 + 1],
    ['JSON of a number', [`'12'.parseJSON() == 12`], true, 1 + 1],
    ['no JSON', [`'{'.parseJSON() == 12`], false, 1 + 1],
  ])('%s', (_, expressions, met, cost) => {
    expect(evaluate(expressions)).toMatchObject({ matches: met, cost });
  });

  test('placement.md 33: a budget of 15 is used up by the third expression', () => {
    expect(evaluate([label, version], 15)).toEqual({ matches: true, cost: 12 });
    expect(evaluate([label, version, version], 15)).toMatchObject({
      matches: false,
      failure: 'operation cancelled: actual cost limit exceeded',
    });
    expect(evaluate([label, version, version], 19)).toEqual({ matches: true, cost: 19 });
  });

  test('one expression is cancelled at 1,000,000, a predicate at ten times that', () => {
    const endless = '[1,2,3,4,5,6,7,8,9,10]';
    const loops = (depth: number): string =>
      depth === 0 ? 'true' : `${endless}.all(x${depth}, ${loops(depth - 1)})`;
    const { cost, ...rest } = evaluate([loops(7)]);
    expect(rest).toEqual({ matches: false, failure: 'operation cancelled: actual cost limit exceeded' });
    expect(cost).toBeGreaterThan(1_000_000);
    expect(cost).toBeLessThan(1_000_100);
    // All but the last of these fit.
    const { cost: each } = evaluate([loops(5)]);
    const fitting = Math.floor(10_000_000 / each);
    const all = evaluate(Array.from({ length: fitting + 1 }, () => loops(5)));
    expect(all).toMatchObject({ matches: false, failure: rest.failure });
    expect(all.cost).toBeGreaterThan(fitting * each);
    expect(all.cost).toBeLessThan(10_000_100);
  });
});
