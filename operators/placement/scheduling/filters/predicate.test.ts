import { describe, expect, test } from '@jest/globals';
import type {
  AddOnPlacementScore,
  ManagedCluster,
  PlacementPredicate,
  RequiredClusterSelector,
} from '../../../api/generated/cluster.ts';
import { allOf } from './filtered.ts';
import { predicateSteps } from './predicate.ts';

const cluster = (
  name: string,
  labels: Record<string, string> = {},
  claims: Record<string, string> = {},
): ManagedCluster => ({
  metadata: { name, labels },
  status: {
    clusterClaims: Object.entries(claims).map(([claim, value]) => ({ name: claim, value })),
    version: { kubernetes: 'v1.31.0' },
  },
});
const required = (requiredClusterSelector: RequiredClusterSelector): PlacementPredicate => ({
  requiredClusterSelector,
});
const labels = (matchLabels: Record<string, string>): RequiredClusterSelector => ({
  labelSelector: { matchLabels },
});
const claims = (key: string, operator: string, ...values: string[]): RequiredClusterSelector => ({
  claimSelector: { matchExpressions: [{ key, operator, values }] },
});
const cel = (...celExpressions: string[]): RequiredClusterSelector => ({ celSelector: { celExpressions } });

const scores: AddOnPlacementScore[] = [
  { metadata: { name: 'test', namespace: 'cluster1' }, status: { scores: [{ name: 'cpu', value: 90 }] } },
  { metadata: { name: 'test', namespace: 'cluster2' }, status: { scores: [{ name: 'cpu', value: 10 }] } },
];
const clusters = [
  cluster('cluster1', { cloud: 'Amazon', env: 'prod' }, { cloud: 'Amazon', gpu: '{"H100": [{"small": 2}]}' }),
  cluster('cluster2', { cloud: 'Google' }, { cloud: 'Google', gpu: '{"A100": []}' }),
  cluster('cluster3', { cloud: 'Google', env: 'prod' }),
];
const filter = (predicates: PlacementPredicate[], from: ManagedCluster[] = clusters) => {
  const scoresOf = (namespace: string, name: string) =>
    scores.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const { clusters: passed, problem } = allOf(predicateSteps(predicates, from, scoresOf, () => {}));
  return { passed: passed.map(({ metadata }) => metadata.name), problem };
};

const isAmazon = 'managedCluster.metadata.labels["cloud"] == "Amazon"';
const isProduction =
  '"env" in managedCluster.metadata.labels && managedCluster.metadata.labels.env == "prod"';
const all = ['cluster1', 'cluster2', 'cluster3'];

test.each<[string, PlacementPredicate[], string[]]>([
  ['placement.md, section 6.1: no predicates', [], all],
  ['placement.md, section 6.1: a predicate without selectors', [{}], all],
  [
    'placement.md, section 6.1: empty selectors',
    [required({ labelSelector: {}, claimSelector: {}, celSelector: {} })],
    all,
  ],
  ['placement.md 22: a label', [required(labels({ cloud: 'Amazon' }))], ['cluster1']],
  ['placement.md 23: a claim', [required(claims('cloud', 'In', 'Amazon'))], ['cluster1']],
  [
    'placement.md 23: a claim that is not there',
    [required(claims('cloud', 'NotIn', 'Amazon'))],
    ['cluster2', 'cluster3'],
  ],
  [
    'placement.md 24: label and claim',
    [required({ ...labels({ cloud: 'Google' }), ...claims('cloud', 'Exists') })],
    ['cluster2'],
  ],
  [
    'placement.md 25: two predicates',
    [required(labels({ cloud: 'Amazon' })), required(claims('cloud', 'DoesNotExist'))],
    ['cluster1', 'cluster3'],
  ],
  ['placement.md 26: CEL on labels', [required(cel(isAmazon))], ['cluster1']],
  [
    'placement.md 26: CEL on claims',
    [
      required(
        cel('managedCluster.status.clusterClaims.exists(c, c.name == "cloud" && c.value == "Google")'),
      ),
    ],
    ['cluster2'],
  ],
  ['placement.md 28: several expressions', [required(cel(isProduction, isAmazon))], ['cluster1']],
  [
    'placement.md 28: several expressions, one of them false',
    [required(cel(isProduction, isAmazon, 'false'))],
    [],
  ],
  [
    'placement.md 29: CEL and a label',
    [required({ ...cel(isProduction), ...labels({ cloud: 'Google' }) })],
    ['cluster3'],
  ],
  [
    'placement.md 29: CEL and a claim',
    [required({ ...cel(isProduction), ...claims('cloud', 'Exists') })],
    ['cluster1'],
  ],
  ['placement.md 31: an empty list of expressions', [required(cel())], all],
  [
    'placement.md 37: JSON of a claim',
    [
      required(
        cel(
          'managedCluster.status.clusterClaims.exists(c, c.name == "gpu" && c.value.parseJSON().?H100.orValue([]).exists(g, g.small >= 2))',
        ),
      ),
    ],
    ['cluster1'],
  ],
  [
    'placement.md 38: a version whose v is cut',
    [
      required(
        cel('semver(managedCluster.status.version.kubernetes.substring(1)).isGreaterThan(semver("1.30.0"))'),
      ),
    ],
    all,
  ],
])('%s', (_, predicates, passed) => {
  expect(filter(predicates)).toEqual({ passed });
});

test('placement.md, section 6.1: of a claim that comes twice the last counts', () => {
  const twice: ManagedCluster = {
    metadata: { name: 'twice' },
    status: {
      clusterClaims: [
        { name: 'cloud', value: 'Amazon' },
        { name: 'cloud', value: 'Google' },
        { name: '__proto__', value: 'x' },
        {},
      ],
    },
  };
  expect(filter([required(claims('cloud', 'In', 'Amazon'))], [twice]).passed).toEqual([]);
  expect(filter([required(claims('cloud', 'In', 'Google'))], [twice]).passed).toEqual(['twice']);
});

describe('expressions that cannot be evaluated on a cluster do not select it, which is told (P13)', () => {
  test.each<[string, PlacementPredicate[], string[], string]>([
    [
      'placement.md 27: scores, which one cluster does not have',
      [required(cel('managedCluster.scores("test").all(s, s.value > 80)'))],
      ['cluster1'],
      '1 cluster, which is not selected; on cluster3: failed to get score: AddOnPlacementScore "test" not found',
    ],
    [
      'placement.md 32: an absent key',
      [required(cel('managedCluster.metadata.labels["env"] == "prod"'))],
      ['cluster1', 'cluster3'],
      '1 cluster, which is not selected; on cluster2: no such key: env',
    ],
    [
      'placement.md 33: a cost beyond the limit',
      [
        required(
          cel(
            '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f, true))))))',
          ),
        ),
      ],
      [],
      '3 clusters, which are not selected; on cluster1: operation cancelled: actual cost limit exceeded',
    ],
    [
      'placement.md 35: no truth value',
      [required(cel('managedCluster.metadata.name'))],
      [],
      '3 clusters, which are not selected; on cluster1: the value is of type string, not bool',
    ],
    [
      'placement.md 38: a version whose v is not cut',
      [required(cel('semver(managedCluster.status.version.kubernetes).isGreaterThan(semver("1.30.0"))'))],
      [],
      '3 clusters, which are not selected; on cluster1: "v1.31.0" is no semantic version',
    ],
    [
      'placement.md 25: another predicate selects the one, and does not the other',
      [required(cel('managedCluster.metadata.annotations.x == ""')), required(labels({ cloud: 'Google' }))],
      ['cluster2', 'cluster3'],
      '1 cluster, which is not selected; on cluster1: no such key: annotations',
    ],
  ])('%s', (_, predicates, passed, message) => {
    // The order of the clusters makes no difference to what is told.
    for (const from of [clusters, clusters.toReversed()]) {
      const found = filter(predicates, from);
      expect(found.passed.toSorted()).toEqual(passed);
      expect(found.problem).toMatchObject({ code: 'Warning', plugin: 'Predicate' });
      expect(found.problem?.message).toContain(`CEL expressions could not be evaluated on ${message}`);
    }
  });

  test('in a text of bounded length', () => {
    const { problem } = filter([required(cel(`managedCluster.metadata.${'a'.repeat(5000)}`))]);
    expect(problem?.message.length).toBeLessThan(400);
    expect(problem?.message).toMatch(/no such key: a+…$/);
  });

  test('unless other selectors leave the cluster out anyway, or select it', () => {
    const failing = cel('managedCluster.metadata.annotations.x == ""');
    expect(filter([required({ ...failing, ...labels({ cloud: 'x' }) })])).toEqual({
      passed: [],
    });
    expect(filter([required(failing), {}])).toEqual({ passed: all });
  });
});

describe('predicates that make no sense', () => {
  test.each<[string, RequiredClusterSelector, string]>([
    [
      'placement.md 36: an operator on labels',
      { labelSelector: { matchExpressions: [{ key: 'cloud', operator: 'Foo' }] } },
      '"Foo" is not a valid label selector operator',
    ],
    [
      'placement.md 36: an operator on claims',
      claims('cloud', 'Foo'),
      '"Foo" is not a valid label selector operator',
    ],
    [
      'placement.md, section 6.1: a value that no label has',
      labels({ cloud: 'a b' }),
      'value "a b" of "cloud" is not the value of a label',
    ],
    [
      'placement.md 30: CEL',
      cel('true', 'foo'),
      "compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo'",
    ],
    ['placement.md, section 6.1: a pattern', cel('"a".find("(") == ""'), 'instantiation failed: '],
  ])('%s', (_, selector, message) => {
    for (const predicates of [[required(selector)], [{}, required(selector)]]) {
      const { passed, problem } = filter(predicates);
      expect(passed).toEqual([]);
      expect(problem).toMatchObject({ code: 'Misconfigured', plugin: 'Predicate' });
      expect(problem?.message.startsWith(message)).toBe(true);
      expect(filter(predicates, [])).toEqual({ passed: [], problem });
    }
  });

  test('placement.md 34: are reported without clusters as well (P12)', () => {
    const { passed, problem } = filter([required(cel('managedCluster.metadata.name =='))], []);
    expect(passed).toEqual([]);
    expect(problem).toMatchObject({ code: 'Misconfigured', plugin: 'Predicate' });
    expect(problem?.message).toMatch(/^compilation failed: ERROR: <input>:1:\d+: Syntax error/);
  });

  test('placement.md, section 6.1: selectors are looked at before expressions', () => {
    const { problem } = filter([required(cel('foo')), required(claims('cloud', 'Foo'))]);
    expect(problem?.message).toBe('"Foo" is not a valid label selector operator');
  });

  test('a message is of bounded length', () => {
    const { problem } = filter([required(cel(`${'a'.repeat(50_000)} == 1`))]);
    expect(problem?.message).toHaveLength(4096);
    expect(problem?.message.startsWith('compilation failed: ')).toBe(true);
  });
});

describe('others go first every few thousand requirements', () => {
  const many = (number: number): PlacementPredicate[] =>
    Array.from({ length: number }, (_, at) => required(labels({ cloud: `no${at}` })));
  /** How often clusters are looked at between two stops, at most, and how often in all. */
  const looksOf = (predicates: PlacementPredicate[], number: number) => {
    let [looks, most, all] = [0, 0, 0];
    const fleet = Array.from({ length: number }, (_, at) => ({
      get metadata() {
        looks++;
        return { name: `c${at}`, labels: { cloud: 'Amazon' } };
      },
    }));
    const steps = predicateSteps(
      predicates,
      fleet,
      () => undefined,
      () => {},
    );
    for (let isOver = false; !isOver; [all, looks] = [all + looks, 0]) {
      isOver = steps.next().done!;
      most = Math.max(most, looks);
    }
    return { most, all };
  };

  test.each<[string, predicates: PlacementPredicate[], number: number]>([
    ['of one cluster', many(20_000), 1],
    ['of many clusters', many(3), 20_000],
    ['where there are expressions as well', [...many(20_000), required(cel('false'))], 1],
  ])('%s', (_, predicates, number) => {
    const { most, all } = looksOf(predicates, number);
    expect(all).toBeGreaterThanOrEqual(20_000);
    expect(most).toBeLessThanOrEqual(2000);
  });

  test('before any cluster is looked at, as selectors have to be made', () => {
    const steps = predicateSteps(
      many(20_000),
      [],
      () => undefined,
      () => {},
    );
    let stops = 0;
    while (!steps.next().done) stops++;
    expect(stops).toBeGreaterThanOrEqual(10);
  });
});
