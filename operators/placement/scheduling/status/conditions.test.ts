import { describe, expect, test } from '@jest/globals';
import type { PlacementSpec } from '../../../api/generated/cluster.ts';
import { clusters, now, placement } from '../fixture.ts';
import { shard } from '../decisions/shards.ts';
import { type Problem, misconfigured } from '../problem.ts';
import { type Outcome, type Supply, placementConditions } from './conditions.ts';
import { placementStatus } from './status.ts';

const enough: Supply = { hasBindings: true, eligibleSets: ['a', 'b'], availableClusters: 3 };
const outcome = (rest: Partial<Outcome> = {}): Outcome => ({
  supply: enough,
  selected: 3,
  unscheduled: 0,
  ...rest,
});
const conditions = (given: Outcome, spec: PlacementSpec = {}) =>
  Object.fromEntries(
    placementConditions(placement(spec), given).map(({ type, status, reason, message }) => [
      type,
      [status, reason, message],
    ]),
  );
const error: Problem = { code: 'Error', plugin: 'Predicate', message: 'no environment' };
const wrong = misconfigured('If the key is empty, operator must be Exists.', 'TaintToleration');
const warning: Problem = { code: 'Warning', plugin: 'AddOn/a/b', message: 'expired' };

describe('PlacementSatisfied', () => {
  const rows: [row: string, given: Partial<Outcome>, status: string, reason: string, message: string][] = [
    [
      'placement.md 76: no bindings',
      { supply: { hasBindings: false, eligibleSets: [], availableClusters: 0 }, selected: 0, problem: error },
      'False',
      'NoManagedClusterSetBindings',
      'No valid ManagedClusterSetBindings found in placement namespace',
    ],
    [
      'placement.md 76: no sets',
      { supply: { hasBindings: true, eligibleSets: [], availableClusters: 0 }, selected: 0, problem: error },
      'False',
      'NoIntersection',
      'None of ManagedClusterSets [z,y] is bound to placement namespace',
    ],
    [
      'placement.md 76: no clusters',
      { supply: { ...enough, availableClusters: 0 }, selected: 0, problem: wrong },
      'False',
      'AllManagedClusterSetsEmpty',
      'All ManagedClusterSets [a,b] have no member ManagedCluster',
    ],
    [
      'placement.md 76, 82: an error',
      { selected: 0, problem: error },
      'False',
      'NotAllDecisionsScheduled',
      'no environment',
    ],
    [
      'placement.md 76: none selected',
      { selected: 0, unscheduled: 2 },
      'False',
      'NoManagedClusterMatched',
      'No ManagedCluster matches any of the cluster predicate',
    ],
    [
      'placement.md 76: none selected, misconfigured',
      { selected: 0, problem: wrong },
      'False',
      'NoManagedClusterMatched',
      'No ManagedCluster matches any of the cluster predicate',
    ],
    ['placement.md 76: all', {}, 'True', 'AllDecisionsScheduled', 'All cluster decisions scheduled'],
    [
      'placement.md 76: all, with a warning',
      { problem: warning },
      'True',
      'AllDecisionsScheduled',
      'All cluster decisions scheduled',
    ],
    [
      'placement.md 76: too few',
      { unscheduled: 4 },
      'False',
      'NotAllDecisionsScheduled',
      '4 cluster decisions unscheduled',
    ],
    [
      'P17: groups are misconfigured',
      { problem: wrong },
      'False',
      'Misconfigured',
      'Placement is misconfigured',
    ],
    [
      'P3: misconfigured, decisions are kept',
      { selected: 0, problem: wrong, kept: 5 },
      'False',
      'Misconfigured',
      'Placement is misconfigured; the last 5 cluster decisions are kept',
    ],
    [
      'P3: an error, decisions are kept',
      { selected: 0, problem: error, kept: 1 },
      'False',
      'NotAllDecisionsScheduled',
      'no environment; the last 1 cluster decisions are kept',
    ],
    [
      'P3: no bindings, decisions are kept',
      { supply: { hasBindings: false, eligibleSets: [], availableClusters: 0 }, selected: 0, kept: 2 },
      'False',
      'NoManagedClusterSetBindings',
      'No valid ManagedClusterSetBindings found in placement namespace; the last 2 cluster decisions are kept',
    ],
    [
      'P3: there is nothing to keep',
      { supply: { hasBindings: false, eligibleSets: [], availableClusters: 0 }, selected: 0, kept: 0 },
      'False',
      'NoManagedClusterSetBindings',
      'No valid ManagedClusterSetBindings found in placement namespace',
    ],
  ];
  test.each(rows)('%s', (_, given, status, reason, message) => {
    const { PlacementSatisfied: found } = conditions(outcome(given), { clusterSets: ['z', 'y'] });
    expect(found).toEqual([status, reason, message]);
  });
});

describe('PlacementMisconfigured', () => {
  test.each<[row: string, problem: Problem | undefined, wanted: string[]]>([
    [
      'placement.md 77: success',
      undefined,
      ['False', 'Succeedconfigured', 'Placement configurations check pass'],
    ],
    [
      'placement.md 77: an error',
      error,
      ['False', 'Succeedconfigured', 'Placement configurations check pass'],
    ],
    ['10.2: a warning', warning, ['False', 'Succeedconfigured', 'Placement configurations check pass']],
    [
      'placement.md 77: misconfigured',
      wrong,
      ['True', 'Misconfigured', 'TaintToleration:If the key is empty, operator must be Exists.'],
    ],
    [
      'placement.md 77: misconfigured as a whole',
      misconfigured('incorrect prioritizer policy mode: Foo'),
      ['True', 'Misconfigured', ':incorrect prioritizer policy mode: Foo'],
    ],
  ])('%s', (_, problem, wanted) => {
    expect(conditions(outcome({ problem }))['PlacementMisconfigured']).toEqual(wanted);
  });

  test('P18: both conditions say of which generation they are', () => {
    const generations = placementConditions(placement(), outcome()).map((each) => each.observedGeneration);
    expect(generations).toEqual([7, 7]);
  });
});

describe('status', () => {
  const groupsOf = (number: number) => shard(placement(), [{ name: '', clusters: clusters(number) }]).groups;
  const at = (seconds: number) => new Date(now + 1000 * seconds);

  test('placement.md 78: three of three', () => {
    const status = placementStatus(placement(), outcome(), groupsOf(3), at(0));
    expect(status).toMatchObject({
      numberOfSelectedClusters: 3,
      decisionGroups: [
        { decisionGroupIndex: 0, decisionGroupName: '', decisions: ['place-decision-1'], clusterCount: 3 },
      ],
      conditions: [
        { type: 'PlacementSatisfied', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
        { type: 'PlacementMisconfigured', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    });
  });

  test('10.3: no cluster is one empty group', () => {
    const { numberOfSelectedClusters, decisionGroups } = placementStatus(
      placement(),
      outcome({ selected: 0 }),
      groupsOf(0),
      at(0),
    );
    expect(numberOfSelectedClusters).toBe(0);
    expect(decisionGroups).toEqual([
      { decisionGroupIndex: 0, decisionGroupName: '', decisions: ['place-decision-1'], clusterCount: 0 },
    ]);
  });

  test('placement.md 79: the same outcome is the same status, whenever', () => {
    const first = placementStatus(placement(), outcome(), groupsOf(3), at(0));
    const settled = { ...placement(), status: { ...first, lastScoreUpdateTime: '2026-01-01T00:00:00Z' } };
    expect(placementStatus(settled, outcome(), groupsOf(3), at(60))).toEqual(settled.status);
  });

  test('10.2: the time of a condition moves with its status only', () => {
    const first = placementStatus(placement(), outcome({ unscheduled: 1 }), groupsOf(3), at(0));
    const seen = { ...placement(), status: first };
    const times = (given: Outcome) =>
      placementStatus(seen, given, groupsOf(3), at(60)).conditions?.map((each) => each.lastTransitionTime);
    expect(times(outcome({ unscheduled: 2 }))).toEqual(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z']);
    expect(times(outcome())).toEqual(['2026-01-01T00:01:00Z', '2026-01-01T00:00:00Z']);
  });
});
