import { expect, test } from '@jest/globals';
import { HttpError } from '../../runtime/process/serving/http.ts';
import { Turns } from './turns.ts';

const { signal } = new AbortController();
const held = () => Promise.withResolvers<void>();

test('work of one user is done in its order, that of others beside it', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const gate = held();
  const work = (name: string, until?: Promise<void>) => async () => {
    await until;
    done.push(name);
  };
  const all = [
    turns.take('a', signal, work('a1', gate.promise)),
    turns.take('a', signal, work('a2')),
    turns.take('b', signal, work('b1')),
  ];
  await all[2];
  expect(done).toEqual(['b1']);
  gate.resolve();
  await Promise.all(all);
  expect(done).toEqual(['b1', 'a1', 'a2']);
});

test('work that fails, or whose user has gone, lets the next go on', async () => {
  const turns = new Turns();
  const gone = new AbortController();
  const gate = held();
  const failed = turns.take('a', signal, async () => {
    await gate.promise;
    throw new Error('no');
  });
  const left = turns.take('a', gone.signal, async () => 'left');
  const last = turns.take('a', signal, async () => 'last');
  gone.abort();
  gate.resolve();
  await expect(failed).rejects.toThrow('no');
  await expect(left).rejects.toMatchObject({ name: 'AbortError' });
  expect(await last).toBe('last');
});

test('more than fifty that wait are refused, until one is done', async () => {
  const turns = new Turns();
  const gate = held();
  const all = Array.from({ length: 51 }, () => turns.take('a', signal, () => gate.promise));
  const refused = turns.take('a', signal, async () => {});
  await expect(refused).rejects.toBeInstanceOf(HttpError);
  await expect(refused).rejects.toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  await turns.take('b', signal, async () => {});
  gate.resolve();
  await Promise.all(all);
  await turns.take('a', signal, async () => {});
});
