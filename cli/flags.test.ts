import { describe, expect, test } from '@jest/globals';
import { foldBooleans, normalizeArguments } from './flags.ts';

describe('normalizeArguments', () => {
  test('underscores count as dashes, with a warning; values and what follows -- stay', () => {
    const warnings: string[] = [];
    const written = ['--dry_run', '--hub-token=a_b', '-c', 'x_y', '--', '--a_b'];
    expect(normalizeArguments(written, (line) => warnings.push(line))).toEqual([
      '--dry-run',
      '--hub-token=a_b',
      '-c',
      'x_y',
      '--',
      '--a_b',
    ]);
    expect(warnings).toEqual(['WARNING: using --dry-run in place of --dry_run']);
  });
});

describe('foldBooleans', () => {
  const isBoolean = (name: string) => name === 'wait';

  test.each([
    ['--wait=true', '--wait'],
    ['--wait=1', '--wait'],
    ['--wait=false', '--no-wait'],
    ['--wait=F', '--no-wait'],
    ['--cluster=true', '--cluster=true'],
    ['--wait', '--wait'],
  ])('%s → %s', (written, folded) => {
    expect(foldBooleans([written], isBoolean)).toEqual([folded]);
  });

  test('a value that is no boolean is refused', () => {
    expect(() => foldBooleans(['--wait=maybe'], isBoolean)).toThrow(
      'invalid argument "maybe" for "--wait" flag',
    );
  });
});
