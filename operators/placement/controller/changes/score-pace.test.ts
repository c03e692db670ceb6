import { describe, expect, test } from '@jest/globals';
import { ScorePace, paceOf } from './score-pace.ts';

test.each([
  [undefined, 60_000],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['0s', 0],
  ['1d', 60_000],
  ['', 60_000],
  ['-1s', 60_000],
])('a scoreRateLimit of %s is %i ms', (written, wanted) => {
  expect(paceOf(written)).toBe(wanted);
});

describe('because of scores alone', () => {
  const waits = (paceMs: number, ...times: number[]) => {
    const pace = new ScorePace();
    return times.map((at) => pace.wait('ns/p', paceMs, at));
  };

  test('a placement is decided on at once the first time, and then once in its time', () => {
    expect(waits(60_000, 0, 10_000, 20_000, 59_999)).toEqual([0, 50_000, 40_000, 1]);
  });

  test('all that comes while it waits is looked at together, and the time counts anew from there', () => {
    expect(waits(60_000, 0, 10_000, 60_000, 70_000, 200_000)).toEqual([0, 50_000, 60_000, 50_000, 0]);
  });

  test('a limit of no time is none', () => {
    expect(waits(0, 0, 0, 1)).toEqual([0, 0, 0]);
  });

  test('a limit that has become shorter holds at once', () => {
    const pace = new ScorePace();
    pace.wait('ns/p', 3_600_000, 0);
    expect(pace.wait('ns/p', 3_600_000, 1000)).toBe(3_599_000);
    expect(pace.wait('ns/p', 1000, 2000)).toBe(1000);
  });

  test('each placement has its own time, and one that is forgotten none', () => {
    const pace = new ScorePace();
    pace.wait('ns/p', 60_000, 0);
    expect(pace.wait('ns/other', 60_000, 1)).toBe(0);
    pace.forget('ns/p');
    expect(pace.wait('ns/p', 60_000, 2)).toBe(0);
  });
});
