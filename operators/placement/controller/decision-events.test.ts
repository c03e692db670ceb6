import { describe, expect, test } from '@jest/globals';
import type { PlacementDecision } from '../../api/generated/cluster.ts';
import { own, placement } from '../scheduling/fixture.ts';
import type { Problem } from '../scheduling/problem.ts';
import { decisionEvents, scoresText } from './decision-events.ts';

const decision = own('c1');
const warning: Problem = {
  code: 'Warning',
  plugin: 'AddOn/demo/demo',
  message: 'AddOnPlacementScores c1/demo expired',
};

interface Given {
  created?: PlacementDecision[];
  updated?: PlacementDecision[];
  removed?: PlacementDecision[];
  scores?: [string, number][];
  problem?: Problem;
}
const told = ({ created = [], updated = [], removed = [], scores = [], problem }: Given): string[] =>
  decisionEvents(placement(), { created, updated, removed }, scoresText(new Map(scores)), problem).map(
    ({ type, action, reason, note }) => `${type} ${action} ${reason}: ${note}`,
  );

const verb = (which: string) =>
  `Decision place-decision-1 is ${which} with placement place in namespace tenant`;

describe('what is told of decisions', () => {
  test.each<[row: string, given: Given, wanted: string[]]>([
    [
      'placement.md 105: a new one',
      { created: [decision], updated: [decision], scores: [['c1', 200]] },
      [
        `Normal DecisionCreate DecisionCreated: ${verb('created')}`,
        `Normal DecisionUpdate DecisionUpdated: ${verb('updated')}`,
        'Normal ScoreUpdate ScoreUpdated: c1:200 ',
      ],
    ],
    [
      'placement.md 105: a new one without clusters',
      { created: [decision] },
      [`Normal DecisionCreate DecisionCreated: ${verb('created')}`],
    ],
    [
      'placement.md 106: other clusters',
      { updated: [decision], scores: [['c1', -3]] },
      [
        `Normal DecisionUpdate DecisionUpdated: ${verb('updated')}`,
        'Normal ScoreUpdate ScoreUpdated: c1:-3 ',
      ],
    ],
    [
      'placement.md 106: other clusters, without scores',
      { updated: [decision] },
      [`Normal DecisionUpdate DecisionUpdated: ${verb('updated')}`],
    ],
    ['placement.md 106: labels only, or nothing', { scores: [['c1', 1]], problem: warning }, []],
    [
      'placement.md 107: a warning',
      { updated: [decision], problem: warning },
      [
        `Warning DecisionUpdate DecisionUpdated: ${verb('updated')}: ` +
          'AddOnPlacementScores c1/demo expired in plugin AddOn/demo/demo',
      ],
    ],
    [
      'placement.md 107: what is worse than a warning is told in conditions',
      { updated: [decision], problem: { ...warning, code: 'Misconfigured' } },
      [`Normal DecisionUpdate DecisionUpdated: ${verb('updated')}`],
    ],
    [
      'placement.md 109: one too many',
      { removed: [decision] },
      [`Normal DecisionDelete DecisionDeleted: ${verb('deleted')}`],
    ],
  ])('%s', (_, given, wanted) => {
    expect(told(given)).toEqual(wanted);
  });

  test('placement.md 105: about the placement, and about the decision as well', () => {
    const [event] = decisionEvents(
      placement(),
      { created: [decision], updated: [], removed: [] },
      '',
      undefined,
    );
    expect(event!.regarding).toMatchObject({
      apiVersion: 'cluster.open-cluster-management.io/v1beta1',
      kind: 'Placement',
      metadata: { name: 'place', namespace: 'tenant', uid: 'uid-1' },
    });
    expect(event!.related).toBe(decision);
  });
});

describe('the text of scores', () => {
  const scores = (number: number) =>
    new Map(Array.from({ length: number }, (_, at) => [`cluster${at + 1}`, 100] as const));

  test('is in the order of names', () => {
    expect(
      scoresText(
        new Map([
          ['b', 2],
          ['a', 1],
          ['c', -100],
        ]),
      ),
    ).toBe('a:1 b:2 c:-100 ');
  });

  test('placement.md 108: of 200 clusters it names as many as fit', () => {
    const text = scoresText(scores(200));
    expect(text.length).toBeLessThanOrEqual(1006);
    expect(text).toMatch(/^cluster1:100 cluster10:100 .*:100 \.{6}$/);
    // One more would not have fitted.
    expect(text.length + 'cluster99:100 '.length - '......'.length).toBeGreaterThan(1000);
  });

  test('placement.md 108: what fits to the last character is whole', () => {
    const exact = new Map(Array.from({ length: 100 }, (_, at) => [`${at}`.padStart(6, 'c'), 10] as const));
    expect(scoresText(exact)).toHaveLength(1000);
    expect(scoresText(new Map([...exact, ['d', 1]]))).toBe(`${scoresText(exact)}......`);
  });
});
