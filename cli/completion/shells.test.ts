import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completionScript } from './scripts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  const main = join(import.meta.dirname, '../main.ts');
  writeFileSync(join(folder, 'clusteradm'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(folder, 'clusteradm'), 0o755);
  writeFileSync(join(folder, 'a file.yaml'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (shell: string, args: string[], input: string): string[] => {
  const PATH = `${folder}${delimiter}${process.env['PATH']}`;
  const { stdout, stderr } = spawnSync(shell, args, {
    input,
    cwd: folder,
    env: { PATH, HOME: folder },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
};

test('bash completes what was typed (cli.md 17)', () => {
  const typed = [
    ['un'],
    ['get', 'works', '--output', '=', 'ta'],
    ['addon', 'enable', '--config-file', 'a'],
  ].map((words) => {
    const list = ['clusteradm', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${list}) COMP_CWORD=${words.length}; _clusteradm_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
  });
  // Outside of a completion there are no options to set.
  const script = `compopt() { :; }\n${completionScript('bash', 'clusteradm', true)}\n${typed.join('\n')}\n`;
  expect(run('bash', ['--norc', '--noprofile'], script)).toEqual([
    'uninstall',
    'unjoin',
    'table',
    'a file.yaml',
  ]);
});

describe('scripts', () => {
  test.each(['bash', 'fish', 'powershell', 'zsh'] as const)(
    '%s asks for help only when it is wanted',
    (shell) => {
      expect(completionScript(shell, 'clusteradm', true)).toContain(' __complete ');
      expect(completionScript(shell, 'clusteradm', false)).toContain(' __completeNoDesc ');
      expect(completionScript(shell, 'kubectl-clusteradm', true)).not.toContain('NAME');
    },
  );
});
