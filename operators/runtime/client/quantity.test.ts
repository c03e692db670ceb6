import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseQuantity } from './quantity.ts';

describe('parseQuantity', () => {
  test.each([
    ['0', 0n],
    ['1', 1_000_000_000n],
    ['500m', 500_000_000n],
    ['1.5', 1_500_000_000n],
    ['.5', 500_000_000n],
    ['2.', 2_000_000_000n],
    ['1Ki', 1024_000_000_000n],
    ['1.5Gi', 1_610_612_736_000_000_000n],
    ['2e3', 2000_000_000_000n],
    ['1E', 10n ** 27n],
    ['-1', -1_000_000_000n],
    ['1n', 1n],
  ])('%s', (text, value) => {
    expect(parseQuantity(text).nanos).toBe(value);
  });

  test.each(['', 'abc', '1.2.3', '1KiB', '1 Gi', 'e3', '--1', '.', '1e', '1e9999'])('refuses %j', (text) => {
    expect(() => parseQuantity(text)).toThrow('is not a quantity');
  });

  test('any text either parses or says what is wrong', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseQuantity(text);
        } catch (error) {
          expect((error as Error).message).toContain('is not a quantity');
        }
      }),
    );
  });
});
