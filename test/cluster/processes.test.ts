import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createWorkspace, logTail } from './processes.ts';
import { waitFor } from './wait.ts';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('a daemon that ends says how, and its log is kept', async () => {
  const workspace = await createWorkspace('processes-test');
  const daemon = workspace.start('failing', 'sh', ['-c', 'echo one; echo two >&2; exit 4']);
  expect(await waitFor('end', async () => daemon.ended())).toBe('status 4');
  expect(await logTail(daemon, 1)).toBe('two');
  await workspace.dispose();
});

test('a command that does not exist is a daemon that has ended', async () => {
  const workspace = await createWorkspace('processes-test');
  const daemon = workspace.start('missing', '/does/not/exist', []);
  expect(await waitFor('end', async () => daemon.ended())).toContain('ENOENT');
  await workspace.dispose();
});

test('end kills a daemon that ignores SIGTERM once the grace is over', async () => {
  const workspace = await createWorkspace('processes-test');
  const daemon = workspace.start('stubborn', 'sh', [
    '-c',
    'trap "" TERM; echo ready; while :; do sleep 60; done',
  ]);
  await waitFor('trap set', async () => (await logTail(daemon)) === 'ready');
  await daemon.end(50);
  expect(daemon.ended()).toBe('killed by SIGKILL');
  await workspace.dispose();
});

test('dispose ends daemons, even stopped ones, and removes the folder', async () => {
  const workspace = await createWorkspace('processes-test');
  const daemon = workspace.start('sleeping', 'sleep', ['600']);
  daemon.signal('SIGSTOP');
  await workspace.dispose();
  expect(isRunning(daemon.pid ?? 0)).toBe(false);
  expect(existsSync(workspace.folder)).toBe(false);
  await workspace.dispose();
});

test('daemons and folder go when the process that started them is killed', async () => {
  const script = `
    import { createWorkspace } from ${JSON.stringify(new URL('processes.ts', import.meta.url).href)};
    const workspace = await createWorkspace('processes-test');
    const daemon = workspace.start('sleeping', 'sleep', ['600']);
    console.log(JSON.stringify([daemon.pid, workspace.folder]));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const [pid, folder] = JSON.parse(line.toString()) as [number, string];
  expect([isRunning(pid), existsSync(folder)]).toEqual([true, true]);

  owner.kill('SIGKILL');

  await waitFor('nothing left', async () => !isRunning(pid) && !existsSync(folder));
});
