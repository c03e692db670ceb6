import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pace } from './pace.ts';

const limits = { burst: 4, firstPauseMs: 100, steadyMs: 1_000 };

/** Takes as soon as it may, so often. */
const eager = (pace: Pace, times: number): number[] => {
  const taken: number[] = [];
  let now = 0;
  for (let count = 0; count < times; count++) {
    now = Math.max(now, pace.nextAt);
    pace.took(now);
    taken.push(now);
  }
  return taken;
};

describe('pace', () => {
  test('the first at once, then with growing pauses, then steadily', () => {
    expect(eager(new Pace(limits), 7)).toEqual([0, 100, 300, 700, 1_000, 2_000, 3_000]);
  });

  test('a rest gives the burst back', () => {
    const pace = new Pace(limits);
    eager(pace, 6);
    pace.took(100_000);
    expect(pace.nextAt).toBe(100_100);
  });

  test('however it is asked, no more than the burst and one per interval, and never a longer wait than one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000), { maxLength: 60 }), (gaps) => {
        const pace = new Pace(limits);
        const taken: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (now < pace.nextAt) continue;
          pace.took(now);
          taken.push(now);
          expect(pace.nextAt - now).toBeLessThanOrEqual(limits.steadyMs);
        }
        taken.forEach((begin, first) => {
          taken.slice(first).forEach((end, count) => {
            expect(count + 1).toBeLessThanOrEqual(limits.burst + (end - begin) / limits.steadyMs);
          });
        });
      }),
    );
  });
});
