import { describe, expect, test } from '@jest/globals';
import type { Condition } from '../client/object.ts';
import { findCondition, isTrue, removeCondition, setCondition } from './conditions.ts';

const before = '2024-01-01T00:00:00Z';
const now = new Date('2024-05-06T07:08:09.123Z');
const applied: Condition = {
  type: 'Applied',
  status: 'True',
  reason: 'Done',
  message: 'all is applied',
  observedGeneration: 3,
  lastTransitionTime: before,
};
const other: Condition = { ...applied, type: 'Available' };
const { lastTransitionTime: _, ...sameAgain } = applied;

describe('setCondition', () => {
  test('an equal condition gives the very same array', () => {
    const conditions = [applied, other];
    expect(setCondition(conditions, sameAgain, now)).toBe(conditions);
  });

  test('faults R28: a message that no schema takes is cut, in the same way each time', () => {
    const long = { ...sameAgain, message: `${'x'.repeat(32_766)}😀 and more` };
    const [cut] = setCondition([applied], long, now);
    expect(cut?.message).toHaveLength(32_768);
    expect(cut?.message.endsWith('x\ufffd…')).toBe(true);
    expect(setCondition([cut!], long, now)).toEqual([cut]);
    expect(setCondition([cut!], long, now)[0]).toBe(cut);
  });

  test('a new type is added at the end with the present time in whole seconds', () => {
    const next = { type: 'New', status: 'False', reason: 'R', message: '' } as const;
    expect(setCondition([applied], next, now)).toEqual([
      applied,
      { ...next, lastTransitionTime: '2024-05-06T07:08:09Z' },
    ]);
    expect(setCondition(undefined, next, now)).toHaveLength(1);
  });

  test('a new status moves the transition time, and the place is kept', () => {
    expect(setCondition([applied, other], { ...sameAgain, status: 'False' }, now)).toEqual([
      { ...applied, status: 'False', lastTransitionTime: '2024-05-06T07:08:09Z' },
      other,
    ]);
  });

  test.each([
    ['reason', { reason: 'Other' }],
    ['message', { message: 'other' }],
    ['observedGeneration', { observedGeneration: 4 }],
  ])('a new %s alone leaves the transition time', (_name, change) => {
    expect(setCondition([applied], { ...sameAgain, ...change }, now)).toEqual([{ ...applied, ...change }]);
  });

  test('the given array is never changed', () => {
    const conditions = Object.freeze([applied]) as Condition[];
    setCondition(conditions, { ...sameAgain, status: 'Unknown' }, now);
    expect(conditions).toEqual([applied]);
  });
});

test('findCondition, isTrue and removeCondition', () => {
  const conditions = [applied, { ...other, status: 'Unknown' as const }];
  expect(findCondition(conditions, 'Applied')).toBe(applied);
  expect(findCondition(undefined, 'Applied')).toBeUndefined();
  expect(isTrue(conditions, 'Applied')).toBe(true);
  expect(isTrue(conditions, 'Available')).toBe(false);
  expect(isTrue(undefined, 'Applied')).toBe(false);
  expect(removeCondition(conditions, 'Available')).toEqual([applied]);
  expect(removeCondition(conditions, 'Missing')).toBe(conditions);
});
