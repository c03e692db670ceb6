import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['0', 0],
  ['5s', 5000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['100ms', 100],
  ['-1m', -60_000],
  ['+1m', 60_000],
  ['1us', 0.001],
  ['1µs', 0.001],
  ['1500000ns', 1.5],
  ['876000h', 876_000 * 3_600_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBeCloseTo(ms, 9);
});

test.each(['', '5', 's', '1x', '1h 30m', '1h30', '--1s', '.s', '1,5s', ' 1s'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [0, '0s'],
  [137_000, '2m17s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
  [5_400_500, '1h30m0.5s'],
  [250, '250ms'],
  [1.5, '1.5ms'],
  [0.001, '1µs'],
  [-26_000, '-26s'],
])('%d ms is printed as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('what is printed reads back as the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 1e12 }),
      (ms) => parseDuration(formatDuration(ms)) === (ms || 0),
    ),
  );
});
