import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensurePackages } from '../cluster/docker.ts';
import { program, runCommand } from './cli/harness.ts';

let folder: string;
/** The program as it is installed: by its name on PATH. */
beforeAll(async () => {
  await ensurePackages('Completion', { fish: 'fish', zsh: 'zsh' });
  folder = await mkdtemp(join(tmpdir(), 'cli-shells-'));
  const file = join(folder, 'clusteradm');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(file, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (shell: string, args: string[]): Promise<string[]> => {
  const PATH = `${folder}:${process.env['PATH']}`;
  const { stdout, stderr } = await runCommand(shell, args, { PATH, HOME: folder });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
};

test('cli.md 1 and 17: fish completes commands, flags with what they are for, and values', async () => {
  const typed = ['clusteradm un', 'clusteradm get works --cl', 'clusteradm get works --output=ya'];
  const script = `clusteradm completion fish | source\n${typed.map((line) => `complete -C '${line}'`).join('\n')}\n`;
  expect(await run('fish', ['--no-config', '-c', script])).toEqual([
    expect.stringMatching(/^uninstall\tRemove add-ons/),
    expect.stringMatching(/^unjoin\tTake this cluster/),
    '--cluster\tname of a cluster',
    '--clusters\tnames of clusters',
    '--output=yaml',
  ]);
});

test('cli.md 1 and 17: zsh offers commands with what they are for', async () => {
  // What the shell shows of a completion is what the function hands to _describe.
  const script = `source <(clusteradm completion zsh)
_describe() { print -rl -- "\${found[@]}" }
words=(clusteradm un) CURRENT=2; _clusteradm_complete
words=(clusteradm get works -o ta) CURRENT=5; _clusteradm_complete
source <(clusteradm completion zsh --no-descriptions)
words=(clusteradm '') CURRENT=2; _clusteradm_complete
`;
  expect(await run('zsh', ['--no-rcs', '-c', script])).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^uninstall:Remove add-ons/),
      expect.stringMatching(/^unjoin:Take this cluster/),
      'table',
      'accept',
    ]),
  );
});
