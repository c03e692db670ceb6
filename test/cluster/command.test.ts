import { expect, test } from '@jest/globals';
import { run } from './command.ts';

test('gives input and returns what the command prints', async () => {
  expect(await run('sh', ['-c', 'cat; echo bad >&2'], { input: 'good' })).toEqual({
    stdout: 'good',
    stderr: 'bad\n',
  });
});

test('a failure names the command, its status and what it said', async () => {
  await expect(run('sh', ['-c', 'echo reason >&2; exit 3'])).rejects.toMatchObject({
    status: 3,
    stderr: 'reason\n',
    message: expect.stringMatching(/^sh -c .*: status 3\nreason$/) as unknown,
  });
});

test('a command that does not exist fails without a status', async () => {
  await expect(run('/does/not/exist', [])).rejects.toMatchObject({ status: null });
});

test('a command that takes too long is killed', async () => {
  await expect(run('sleep', ['60'], { timeout: 50 })).rejects.toThrow('sleep 60: killed by SIGKILL');
});
