import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { foldValues, integer, map, normalizeNames, slice } from './flags.ts';

describe('normalizeNames', () => {
  test('underscores count as dashes, with a warning; values and what follows -- stay', () => {
    const warnings: string[] = [];
    const written = ['--dry_run', '--hub-token=a_b', '-c', 'x_y', '--', '--a_b'];
    expect(normalizeNames(written, (line) => warnings.push(line))).toEqual([
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

describe('foldValues', () => {
  const booleans = new Map([
    ['--wait', 'wait'],
    ['--recursive', 'recursive'],
    ['-R', 'recursive'],
  ]);

  test.each([
    ['--wait', '--wait'],
    ['--wait=true', '--wait'],
    ['--wait=1', '--wait'],
    ['--wait=false', '--no-wait'],
    ['--wait=F', '--no-wait'],
    ['-R=false', '--no-recursive'],
    ['-o=json', '-ojson'],
    ['--output=a=b', '--output=a=b'],
    ['a=b', 'a=b'],
  ])('%s → %s', (written, folded) => {
    expect(foldValues([written], booleans)).toEqual([folded]);
  });

  test('what follows -- stays', () => {
    expect(foldValues(['--', '--wait=false'], booleans)).toEqual(['--', '--wait=false']);
  });

  test.each([
    ['--wait=maybe', 'invalid argument "maybe" for "--wait" flag: must be true or false'],
    ['--no-wait', 'unknown flag: --no-wait'],
  ])('%s is refused', (written, message) => {
    expect(() => foldValues([written], booleans)).toThrow(message);
  });
});

describe('values', () => {
  const parse = (define: (command: Command) => Command, argv: string[]) =>
    define(new Command().exitOverride().configureOutput({ writeErr: () => undefined }))
      .parse(argv, { from: 'user' })
      .opts();

  test('a slice is comma-separated and repeatable', () => {
    const define = (command: Command) => slice(command, '--names', '');
    expect(parse(define, [])).toEqual({ names: [] });
    expect(parse(define, ['--names', 'a,b', '--names=c', '--names', ''])).toEqual({ names: ['a', 'b', 'c'] });
  });

  test('a map', () => {
    const define = (command: Command) => map(command, '--limits', '');
    expect(parse(define, ['--limits', 'cpu=1,memory=2Mi', '--limits=x=y=z'])).toEqual({
      limits: { cpu: '1', memory: '2Mi', x: 'y=z' },
    });
    expect(() => parse(define, ['--limits', 'cpu'])).toThrow('cpu must be formatted as key=value');
  });

  test.each(['x', '1.5', '1e3', '99999999999999999999'])('%s is no integer', (value) => {
    const define = (command: Command) => integer(command, '--timeout', '', 300);
    expect(() => parse(define, ['--timeout', value])).toThrow('must be an integer');
  });
});
