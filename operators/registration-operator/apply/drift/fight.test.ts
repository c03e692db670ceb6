import { expect, test } from '@jest/globals';
import { afterRepair, isFought, peace } from './fight.ts';

test('somebody who fights back is answered ever more slowly, until there is peace', () => {
  let fight = peace;
  const waits: number[] = [];
  for (let repair = 0; repair < 14; repair++) {
    fight = afterRepair(fight, repair * 100);
    waits.push(Math.max(fight.until - repair * 100, 0) / 1000);
  }
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(isFought(fight)).toBe(true);
  expect(isFought(afterRepair(fight, 120_000))).toBe(false);
});
