import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { withLock } from './lock.ts';

const name = `lock-test-${process.pid}`;

test('one step at a time, and the lock is free after a failure', async () => {
  const events: string[] = [];
  const step = (label: string) => async (): Promise<void> => {
    events.push(`${label} in`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${label} out`);
    if (label === 'first') throw new Error('failed');
  };
  const outcomes = await Promise.allSettled([withLock(name, step('first')), withLock(name, step('second'))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(events).toEqual(['first in', 'first out', 'second in', 'second out']);
});

test('the lock of a process that is killed becomes free', async () => {
  const script = `
    import { withLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
    await withLock(${JSON.stringify(name)}, async () => { console.log('held'); await new Promise(() => setInterval(() => {}, 1000)); });`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const waiting = withLock(name, () => Promise.resolve('taken'));
  holder.kill('SIGKILL');
  expect(await waiting).toBe('taken');
});
