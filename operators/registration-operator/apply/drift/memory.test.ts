import { describe, expect, test } from '@jest/globals';
import { peace } from './fight.ts';
import { judge, type Memory } from './memory.ts';

describe('what an event says about an applied object', () => {
  const memory: Memory = {
    owner: 'cm',
    hash: '',
    labels: { a: '1' },
    annotations: { b: '2' },
    uid: 'u',
    resourceVersion: '10',
    generation: 3,
    drifted: false,
    fight: peace,
  };
  const live = {
    name: 'x',
    uid: 'u',
    resourceVersion: '11',
    generation: 3,
    labels: { a: '1' },
    annotations: { b: '2' },
  };

  test.each([
    ['our own write', memory, { ...live, resourceVersion: '10' }, 'ours'],
    ['a state before our write', memory, { ...live, resourceVersion: '9', generation: 2 }, 'stale'],
    ['versions are numbers, not texts', memory, { ...live, resourceVersion: '9' }, 'stale'],
    ['a status', memory, live, 'harmless'],
    ['an added label', memory, { ...live, labels: { a: '1', c: '3' } }, 'harmless'],
    ['another generation', memory, { ...live, generation: 4 }, 'drift'],
    ['a changed label', memory, { ...live, labels: { a: '2' } }, 'drift'],
    ['a lost annotation', memory, { ...live, annotations: undefined }, 'drift'],
    ['a deletion under way', memory, { ...live, deletionTimestamp: 'now' }, 'drift'],
    ['a successor', memory, { ...live, uid: 'v' }, 'drift'],
    ['a predecessor', memory, { ...live, uid: 'v', resourceVersion: '8' }, 'stale'],
    [
      'a kind without generations',
      { ...memory, generation: undefined },
      { ...live, generation: undefined },
      'drift',
    ],
  ])('%s', (_, remembered, state, verdict) => {
    expect(judge(remembered, state)).toBe(verdict);
  });
});
