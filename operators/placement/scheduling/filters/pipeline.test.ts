import { expect, test } from '@jest/globals';
import type { ManagedCluster, PlacementSpec } from '../../../api/generated/cluster.ts';
import { filterClusters } from './pipeline.ts';

const cluster = (name: string, ...keys: string[]): ManagedCluster => ({
  metadata: { name },
  spec: { taints: keys.map((key) => ({ key, value: key.replace('key', 'value'), effect: 'NoSelect' })) },
});
const filter = (spec: PlacementSpec, clusters: ManagedCluster[]) => {
  const found = filterClusters(spec, clusters, { scoresOf: () => undefined, decided: new Set(), now: 0 });
  const names = (list: readonly ManagedCluster[]) => list.map(({ metadata }) => metadata.name);
  return {
    passed: names(found.clusters),
    problem: found.problem,
    stages: found.stages.map(({ name, clusters: each }) => ({ name, clusters: names(each) })),
  };
};
const byCel = (...celExpressions: string[]) => [
  { requiredClusterSelector: { celSelector: { celExpressions } } },
];

test('placement.md 1: a cluster passes both filters', () => {
  expect(filter({}, [cluster('cluster1')])).toEqual({
    passed: ['cluster1'],
    stages: [
      { name: 'Predicate', clusters: ['cluster1'] },
      { name: 'Predicate,TaintToleration', clusters: ['cluster1'] },
    ],
  });
});

test('placement.md 3: a toleration that makes no sense ends it after the first filter', () => {
  expect(filter({ tolerations: [{ operator: 'Equal', value: 'value1' }] }, [cluster('cluster1')])).toEqual({
    passed: [],
    problem: {
      code: 'Misconfigured',
      plugin: 'TaintToleration',
      message: 'If the key is empty, operator must be Exists.',
    },
    stages: [{ name: 'Predicate', clusters: ['cluster1'] }],
  });
});

test('placement.md, section 6: a predicate that makes no sense ends it before the second', () => {
  const { passed, problem, stages } = filter(
    { predicates: byCel('foo'), tolerations: [{ operator: 'Equal' }] },
    [cluster('cluster1')],
  );
  expect([passed, stages]).toEqual([[], []]);
  expect(problem).toMatchObject({ code: 'Misconfigured', plugin: 'Predicate' });
});

test('placement.md 6: taints are tolerated one cluster at a time', () => {
  const clusters = [cluster('cluster1', 'key1'), cluster('cluster2', 'key2'), cluster('cluster3')];
  const tolerations = [{ key: 'key1', operator: 'Equal', value: 'value1' }];
  expect(filter({ numberOfClusters: 3, tolerations }, clusters)).toEqual({
    passed: ['cluster1', 'cluster3'],
    stages: [
      { name: 'Predicate', clusters: ['cluster1', 'cluster2', 'cluster3'] },
      { name: 'Predicate,TaintToleration', clusters: ['cluster1', 'cluster3'] },
    ],
  });
});

test('placement.md, section 6: the second filter sees what the first let pass, whose Warning stays', () => {
  const clusters = [cluster('cluster1'), cluster('cluster2', 'key1'), cluster('cluster3')];
  const predicates = byCel('managedCluster.metadata.name == "cluster3" ? 1 < 2 : dyn(1)');
  const { passed, problem, stages } = filter({ predicates }, clusters);
  expect([passed, stages.map(({ clusters: each }) => each)]).toEqual([
    ['cluster3'],
    [['cluster3'], ['cluster3']],
  ]);
  expect(problem).toMatchObject({ code: 'Warning', plugin: 'Predicate' });
});
