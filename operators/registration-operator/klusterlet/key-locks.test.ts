import { expect, test } from '@jest/globals';
import { Locks } from './key-locks.ts';

test('Locks let one at a time work on a key, whatever becomes of the one before', async () => {
  const locks = new Locks();
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = locks.exclusive('a', async () => {
    await gate.promise;
    said.push('first');
    throw new Error('failed');
  });
  const second = locks.exclusive('a', async () => said.push('second'));
  await locks.exclusive('b', async () => said.push('other'));
  gate.resolve();
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(said).toEqual(['other', 'first', 'second']);
});
