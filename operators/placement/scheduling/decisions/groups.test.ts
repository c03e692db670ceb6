import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DecisionGroup, GroupClusterSelector, ManagedCluster } from '../../../api/generated/cluster.ts';
import { cluster, clusters, namesOf, placement, seed } from '../fixture.ts';
import { isProblem, misconfigured } from '../problem.ts';
import { chunk, presentChunks } from './chunks.ts';
import { groupLength } from './group-length.ts';
import { buildGroups } from './groups.ts';
import { shard } from './shards.ts';

describe('length of groups', () => {
  test.each<[written: number | string | undefined, total: number, wanted: unknown]>([
    [undefined, 7, 7],
    [3, 7, 3],
    [7, 7, 7],
    [8, 7, 7],
    [0, 7, 7],
    [-1, 7, 7],
    ['100%', 7, 7],
    ['25%', 3, 1],
    ['25%', 4, 1],
    ['25%', 5, 2],
    ['1%', 1000, 10],
    ['1%', 0, 0],
    // In floats 7 / 100 * 100 is a little more than 7.
    ['7%', 100, 7],
    ['0%', 7, 7],
    ['200%', 7, 7],
    ['5', 7, misconfigured('5 invalid type: string is not a percentage')],
    ['x%', 7, misconfigured('x% invalid type: string is not a percentage')],
    ['', 0, misconfigured(' invalid type: string is not a percentage')],
  ])('9.1: %j of %i', (written, total, wanted) => {
    expect(groupLength(written, total)).toEqual(wanted);
  });
});

const labelled = (key: string, value: string): GroupClusterSelector => ({
  labelSelector: { matchLabels: { [key]: value } },
});
const named = (groupName: string, groupClusterSelector: GroupClusterSelector): DecisionGroup => ({
  groupName,
  groupClusterSelector,
});
const canary = named('canary', labelled('cloud', 'Azure'));
const azure = { labels: { cloud: 'Azure' } };

type Shown = [name: string, ...clusters: string[]][];
const shown = (
  list: readonly ManagedCluster[],
  strategy: Parameters<typeof buildGroups>[1],
): Shown | ReturnType<typeof misconfigured> => {
  const groups = buildGroups(list, strategy);
  return isProblem(groups)
    ? groups
    : groups.map(({ name, clusters: members }) => [name, ...namesOf(members)]);
};

describe('groups', () => {
  const four = [cluster('c1'), cluster('c2', azure), cluster('c3'), cluster('c4', azure)];
  const three = clusters(3);

  test.each<
    [row: string, list: ManagedCluster[], strategy: Parameters<typeof buildGroups>[1], wanted: unknown]
  >([
    [
      'placement.md 83: length 1, canary',
      four,
      { clustersPerDecisionGroup: 1, decisionGroups: [canary] },
      [
        ['canary', 'c2'],
        ['canary', 'c4'],
        ['', 'c1'],
        ['', 'c3'],
      ],
    ],
    [
      'placement.md 84: two named groups cover all',
      [
        cluster('c1', { labels: { g: '1' } }),
        cluster('c2', { labels: { g: '1' } }),
        cluster('c3', { labels: { g: '2' } }),
      ],
      { decisionGroups: [named('group1', labelled('g', '1')), named('group2', labelled('g', '2'))] },
      [
        ['group1', 'c1', 'c2'],
        ['group2', 'c3'],
      ],
    ],
    [
      'placement.md 85: 25% of three',
      three,
      { clustersPerDecisionGroup: '25%' },
      [
        ['', 'cluster1'],
        ['', 'cluster2'],
        ['', 'cluster3'],
      ],
    ],
    [
      'placement.md 86: a canary of nobody',
      three,
      { decisionGroups: [canary] },
      [['', 'cluster1', 'cluster2', 'cluster3']],
    ],
    [
      'placement.md 87: the first group takes what two select',
      four,
      { decisionGroups: [canary, named('all', {})] },
      [
        ['canary', 'c2', 'c4'],
        ['all', 'c1', 'c3'],
      ],
    ],
    [
      'placement.md 88: 0',
      three,
      { clustersPerDecisionGroup: 0 },
      [['', 'cluster1', 'cluster2', 'cluster3']],
    ],
    [
      'placement.md 88: more than there are',
      three,
      { clustersPerDecisionGroup: 9 },
      [['', 'cluster1', 'cluster2', 'cluster3']],
    ],
    [
      'placement.md 89: a string that is no percentage',
      three,
      { clustersPerDecisionGroup: '5' },
      misconfigured('5 invalid type: string is not a percentage'),
    ],
    [
      'placement.md 90: 100%',
      four,
      { clustersPerDecisionGroup: '100%', decisionGroups: [canary] },
      [
        ['canary', 'c2', 'c4'],
        ['', 'c1', 'c3'],
      ],
    ],
    [
      'placement.md 91: claims, with labels',
      [
        cluster('c1', { ...azure, claims: { cloud: 'Amazon' } }),
        cluster('c2', { claims: { cloud: 'Amazon' } }),
        cluster('c3', azure),
      ],
      {
        decisionGroups: [
          named('both', {
            ...labelled('cloud', 'Azure'),
            claimSelector: { matchExpressions: [{ key: 'cloud', operator: 'In', values: ['Amazon'] }] },
          }),
          named('claim', { claimSelector: { matchExpressions: [{ key: 'cloud', operator: 'Exists' }] } }),
        ],
      },
      [
        ['both', 'c1'],
        ['claim', 'c2'],
        ['', 'c3'],
      ],
    ],
    [
      'placement.md 92: canary, 25% of four',
      four,
      { clustersPerDecisionGroup: '25%', decisionGroups: [canary] },
      [
        ['canary', 'c2'],
        ['canary', 'c4'],
        ['', 'c1'],
        ['', 'c3'],
      ],
    ],
    [
      '9.2: the example',
      [cluster('c1', azure), cluster('c2', azure), cluster('c3'), cluster('c4'), cluster('c5')],
      { clustersPerDecisionGroup: 2, decisionGroups: [canary] },
      [
        ['canary', 'c1', 'c2'],
        ['', 'c3', 'c4'],
        ['', 'c5'],
      ],
    ],
    [
      '9.2: the example with two less',
      [cluster('c2', azure), cluster('c3'), cluster('c5')],
      { clustersPerDecisionGroup: 2, decisionGroups: [canary] },
      [
        ['canary', 'c2'],
        ['', 'c3', 'c5'],
      ],
    ],
    [
      '9.2: nothing is one empty group',
      [],
      { clustersPerDecisionGroup: 2, decisionGroups: [canary] },
      [['']],
    ],
    ['9.2: no strategy', three, undefined, [['', 'cluster1', 'cluster2', 'cluster3']]],
  ])('%s', (_, list, strategy, wanted) => {
    expect(shown(list, strategy)).toEqual(wanted);
  });

  test.each([
    ['with clusters', clusters(2)],
    ['without any', []],
  ])('9.2, P3 and P12: an invalid selector makes no groups, %s', (_, list) => {
    const wrong = named('wrong', { labelSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } });
    expect(shown(list, { decisionGroups: [canary, wrong] })).toMatchObject({
      code: 'Misconfigured',
      plugin: '',
      message: expect.stringContaining('"Near" is not a valid label selector operator'),
    });
  });
});

describe('P8: stable groups', () => {
  const groupsOf = (list: readonly ManagedCluster[], length: number, before?: ManagedCluster[][]) => {
    const sharded = shard(
      placement(),
      (before ?? []).map((members) => ({ name: '', clusters: members })),
    );
    return chunk(list, length, presentChunks(sharded.decisions).get(''));
  };

  test('a cluster that comes fills a group that has room, in its place by name', () => {
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => cluster(name));
    const before = groupsOf([b!, c!, d!], 2);
    expect(before.map(namesOf)).toEqual([['b', 'c'], ['d']]);
    expect(groupsOf([a!, b!, c!, d!], 2, before).map(namesOf)).toEqual([
      ['b', 'c'],
      ['a', 'd'],
    ]);
    expect(groupsOf([a!, b!, c!, d!, e!], 2, before).map(namesOf)).toEqual([['b', 'c'], ['a', 'd'], ['e']]);
    expect(groupsOf([a!, d!], 2, before).map(namesOf)).toEqual([['a', 'd']]);
  });

  test('no cluster leaves a group that is still there and as long as before', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz'.split('').map((name) => cluster(name));
    const some = fc.subarray(letters);
    fc.assert(
      fc.property(some, some, fc.integer({ min: 1, max: 9 }), (first, second, length) => {
        const before = groupsOf(first, length);
        const after = groupsOf(second, length, before);
        for (const [at, members] of after.entries()) {
          expect(members.length).toBeGreaterThan(0);
          expect(members.length).toBeLessThanOrEqual(length);
          for (const stayed of (before[at] ?? []).filter((each) => second.includes(each)))
            expect(members).toContain(stayed);
        }
        expect(after.flat().toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))).toEqual(second);
      }),
      { seed },
    );
  });

  test('chunks of a name are counted by the indexes of its groups', () => {
    const [a, b, c, d] = clusters(4);
    const sharded = shard(placement(), [
      { name: 'canary', clusters: [a!] },
      { name: '', clusters: [b!] },
      { name: 'canary', clusters: [c!] },
      { name: '', clusters: [d!] },
    ]);
    expect(presentChunks(sharded.decisions.toReversed())).toEqual(
      new Map([
        [
          'canary',
          new Map([
            ['cluster1', 0],
            ['cluster3', 1],
          ]),
        ],
        [
          '',
          new Map([
            ['cluster2', 0],
            ['cluster4', 1],
          ]),
        ],
      ]),
    );
  });
});
