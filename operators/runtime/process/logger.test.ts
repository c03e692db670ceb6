import { describe, expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { type LoggerOptions, createLogger } from './logger.ts';

const written = async (
  use: (log: ReturnType<typeof createLogger>) => void,
  options: LoggerOptions = {},
): Promise<Record<string, unknown>[]> => {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  const log = createLogger({ ...options, stream });
  use(log);
  await log.end();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('createLogger', () => {
  test('one JSON line each: time, level, message, then the fields', async () => {
    const [line] = await written((log) =>
      log.with({ controller: 'c' }).with({ key: 'k' }).info('done', { durationMs: 3 }),
    );
    expect(Object.keys(line!)).toEqual(['timestamp', 'level', 'message', 'controller', 'key', 'durationMs']);
    expect(line).toMatchObject({ level: 'info', message: 'done', controller: 'c', key: 'k', durationMs: 3 });
    expect(line!['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test.each([
    [0, ['0']],
    [2, ['0', '1', '2']],
  ])('-v=%d', async (v, expected) => {
    const lines = await written((log) => [0, 1, 2, 3].forEach((level) => log.debug(level, String(level))), {
      v,
    });
    expect(lines.map(({ message }) => message)).toEqual(expected);
  });

  test('an error is written by its name, message, code and cause; with its stack at -v=4 or when the program is wrong', async () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', secret: 'x' });
    const error = new Error('no list', { cause });
    const log = (v: number, thrown: unknown) =>
      written((log) => log.error('failed', { error: thrown }), { v });

    expect((await log(0, error))[0]!['error']).toEqual({
      name: 'Error',
      message: 'no list',
      cause: { name: 'Error', message: 'refused', code: 'ECONNREFUSED' },
    });
    expect((await log(4, error))[0]!['error']).toHaveProperty('stack');
    expect((await log(0, new TypeError('slip')))[0]!['error']).toHaveProperty('stack');
    expect((await log(0, 'text'))[0]!['error']).toBe('text');
  });

  test('fields cannot take the place of time, level or message', async () => {
    const [line] = await written((log) => log.info('said', { level: 'fatal', message: 'other' }));
    expect(line).toMatchObject({ level: 'info', message: 'said', level_: 'fatal', message_: 'other' });
  });

  test('a line is written even when a field cannot be', async () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const [line] = await written((log) => log.warn('odd', { cycle }));
    expect(line).toMatchObject({
      level: 'warn',
      message: 'odd',
      unwritable: expect.stringContaining('circular'),
    });
  });

  test('bigint and undefined fields', async () => {
    const [line] = await written((log) => log.info('x', { big: 2n ** 64n, none: undefined }));
    expect(line).toMatchObject({ big: '18446744073709551616' });
    expect(line).not.toHaveProperty('none');
  });

  test('end waits for every line', async () => {
    const lines = await written((log) => {
      for (let i = 0; i < 5000; i += 1) log.info(String(i));
    });
    expect(lines).toHaveLength(5000);
    expect(lines.at(-1)!['message']).toBe('4999');
  });
});
