import { describe, expect, test } from '@jest/globals';
import type { PlacementDecision } from '../../../api/generated/cluster.ts';
import { label } from '../../../api/names.ts';
import { cluster, clusters, namesOf, placement } from '../fixture.ts';
import { decisionChanges } from './changes.ts';
import { nameProblem, shard } from './shards.ts';

const unnamed = (number: number) => [{ name: '', clusters: clusters(number) }];
const desired = (number: number) => shard(placement(), unnamed(number)).decisions;
const sizes = (decisions: readonly PlacementDecision[]) =>
  decisions.map(({ metadata, status }) => [metadata.name, status!.decisions.length]);
/** As the API server has them. */
const live = (decisions: readonly PlacementDecision[]): PlacementDecision[] =>
  decisions.map(({ metadata, ...rest }, at) => ({
    ...rest,
    metadata: { ...metadata, uid: `uid-${at}`, resourceVersion: String(at + 1) },
  }));

describe('PlacementDecisions', () => {
  test.each<[row: string, number: number, wanted: [name: string, decisions: number][]]>([
    ['placement.md 93: one cluster', 1, [['place-decision-1', 1]]],
    [
      'placement.md 94: 101 clusters',
      101,
      [
        ['place-decision-1', 100],
        ['place-decision-2', 1],
      ],
    ],
    [
      'placement.md 94: 128 clusters',
      128,
      [
        ['place-decision-1', 100],
        ['place-decision-2', 28],
      ],
    ],
    ['placement.md 95: none', 0, [['place-decision-1', 0]]],
    [
      '9.3: 200 clusters',
      200,
      [
        ['place-decision-1', 100],
        ['place-decision-2', 100],
      ],
    ],
  ])('%s', (_, number, wanted) => {
    const { decisions, groups } = shard(placement(), unnamed(number));
    expect(sizes(decisions)).toEqual(wanted);
    expect(groups).toEqual([
      {
        decisionGroupIndex: 0,
        decisionGroupName: '',
        decisions: wanted.map(([name]) => name),
        clusterCount: number,
      },
    ]);
    expect(decisionChanges('place', [], decisions)).toEqual({ create: decisions, update: [], remove: [] });
  });

  test('placement.md 93, 104: labels, owner and decisions', () => {
    expect(desired(1)).toEqual([
      {
        apiVersion: 'cluster.open-cluster-management.io/v1beta1',
        kind: 'PlacementDecision',
        metadata: {
          name: 'place-decision-1',
          namespace: 'tenant',
          labels: {
            'cluster.open-cluster-management.io/placement': 'place',
            'cluster.open-cluster-management.io/decision-group-name': '',
            'cluster.open-cluster-management.io/decision-group-index': '0',
          },
          ownerReferences: [
            {
              apiVersion: 'cluster.open-cluster-management.io/v1beta1',
              kind: 'Placement',
              name: 'place',
              uid: 'uid-1',
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
        status: { decisions: [{ clusterName: 'cluster1', reason: '' }] },
      },
    ]);
  });

  test('placement.md 83: groups are told in their order, and numbers go on through all of them', () => {
    const { decisions, groups } = shard(placement(), [
      { name: 'canary', clusters: clusters(101) },
      { name: '', clusters: [] },
      { name: '', clusters: [cluster('z')] },
    ]);
    expect(
      decisions.map(({ metadata }) => [
        metadata.name,
        metadata.labels![label.decisionGroupName],
        metadata.labels![label.decisionGroupIndex],
      ]),
    ).toEqual([
      ['place-decision-1', 'canary', '0'],
      ['place-decision-2', 'canary', '0'],
      ['place-decision-3', '', '1'],
      ['place-decision-4', '', '2'],
    ]);
    expect(groups.map(({ decisions: names, clusterCount }) => [names, clusterCount])).toEqual([
      [['place-decision-1', 'place-decision-2'], 101],
      [['place-decision-3'], 0],
      [['place-decision-4'], 1],
    ]);
  });

  test('17: scores are shown where they are asked for; one of 0 is none', () => {
    const totals = new Map([
      ['cluster1', 12],
      ['cluster2', 0],
    ]);
    expect(shard(placement(), unnamed(2), totals).decisions[0]!.status!.decisions).toEqual([
      { clusterName: 'cluster1', reason: '', score: 12 },
      { clusterName: 'cluster2', reason: '' },
    ]);
  });

  test('P9: a name that is no value of a label', () => {
    expect(nameProblem('a'.repeat(63))).toBeUndefined();
    expect(nameProblem('a'.repeat(64))).toMatchObject({ code: 'Misconfigured', plugin: '' });
  });
});

describe('changes', () => {
  test('placement.md 96: nothing when all is there', () => {
    const nothing = { create: [], update: [], remove: [] };
    expect(decisionChanges('place', live(desired(128)).toReversed(), desired(128))).toEqual(nothing);
    const [empty] = live(desired(0));
    expect(decisionChanges('place', [{ ...empty!, status: undefined }], desired(0))).toEqual(nothing);
  });

  test('placement.md 97: a label is put right, its decisions are left; what is missing is created', () => {
    const [first] = live(desired(128));
    first!.metadata.labels![label.decisionGroupName] = 'wrong';
    expect(decisionChanges('place', [first!], desired(128))).toEqual({
      create: [desired(128)[1]],
      update: [{ present: first, labels: { [label.decisionGroupName]: '' } }],
      remove: [],
    });
  });

  test('placement.md 98: from 128 to 10', () => {
    const [first, second] = live(desired(128));
    expect(decisionChanges('place', [first!, second!], desired(10))).toEqual({
      create: [],
      update: [{ present: first, decisions: desired(10)[0]!.status!.decisions }],
      remove: [second],
    });
  });

  test('placement.md 99: to none', () => {
    const [first, second] = live(desired(128));
    expect(decisionChanges('place', [first!, second!], desired(0))).toEqual({
      create: [],
      update: [{ present: first, decisions: [] }],
      remove: [second],
    });
  });

  test('placement.md 100: decisions and labels in one pass (P5)', () => {
    const [first] = live(desired(3));
    first!.metadata.labels![label.decisionGroupIndex] = '4';
    expect(decisionChanges('place', [first!], desired(2)).update).toEqual([
      {
        present: first,
        decisions: desired(2)[0]!.status!.decisions,
        labels: { [label.decisionGroupIndex]: '0' },
      },
    ]);
  });

  test('placement.md 103: objects without the label stay, whatever their names', () => {
    const stranger: PlacementDecision = { metadata: { name: 'stranger', namespace: 'tenant' } };
    const ofAnother: PlacementDecision = {
      metadata: { name: 'place-decision-7', namespace: 'tenant', labels: { [label.placement]: 'place-2' } },
    };
    const changes = decisionChanges('place', [stranger, ofAnother, ...live(desired(1))], desired(1));
    expect(changes).toEqual({ create: [], update: [], remove: [] });
  });

  test('9.4: an object of the right name is taken over', () => {
    const present: PlacementDecision = { metadata: { name: 'place-decision-1', namespace: 'tenant' } };
    expect(decisionChanges('place', [present], desired(1))).toEqual({
      create: [],
      update: [
        { present, decisions: desired(1)[0]!.status!.decisions, labels: desired(1)[0]!.metadata.labels },
      ],
      remove: [],
    });
  });

  test('P5: labels of others stay', () => {
    const [first] = live(desired(1));
    first!.metadata.labels!['team'] = 'blue';
    expect(decisionChanges('place', [first!], desired(1)).update).toEqual([]);
  });

  test('9.4: another reason or score is another decision', () => {
    const [first] = live(desired(1));
    first!.status!.decisions = [{ clusterName: 'cluster1', reason: 'because' }];
    expect(decisionChanges('place', [first!], desired(1)).update).toHaveLength(1);
    first!.status!.decisions = [{ clusterName: 'cluster1', reason: '', score: 5 }];
    expect(decisionChanges('place', [first!], desired(1)).update).toHaveLength(1);
    first!.status!.decisions = [{ clusterName: 'cluster1', reason: '', score: 0 }];
    expect(decisionChanges('place', [first!], desired(1)).update).toHaveLength(0);
  });

  test('9.3: all shards together are all clusters', () => {
    const names = desired(250).flatMap(({ status }) =>
      status!.decisions.map(({ clusterName }) => clusterName),
    );
    expect(names).toEqual(namesOf(clusters(250)));
  });
});
