import { describe, expect, test } from '@jest/globals';
import { runCli } from '../program/program.ts';

/** The words, and with `files` that files may stand there too. */
const complete = async (...words: string[]): Promise<string[]> => {
  let stdout = '';
  const code = await runCli('clusteradm', ['__complete', ...words.slice(0, -1), `=${words.at(-1)}`], {
    print: (text) => (stdout += text),
    note: (text) => {
      throw new Error(text);
    },
    terminal: false,
  });
  expect(code).toBe(0);
  const [kind, ...lines] = stdout.trimEnd().split('\n');
  return [...(kind === 'files' ? ['(files)'] : []), ...lines.map((line) => line.replace(/\t.*/, ''))];
};

describe('completion (cli.md 17)', () => {
  test('commands', async () => {
    expect(await complete('')).toEqual(expect.arrayContaining(['accept', 'completion', 'get', 'version']));
    expect(await complete('un')).toEqual(['uninstall', 'unjoin']);
    expect(await complete('get', 'cluster')).toEqual(expect.arrayContaining(['clusters', 'clustersets']));
    expect(await complete('--context', 'x', 'del', '')).toEqual([]);
    expect(await complete('--context', 'x', 'delete', 't')).toEqual(['token']);
    expect(await complete('completion', '')).toEqual(['bash', 'fish', 'powershell', 'zsh']);
  });

  test('flags, of the command and of all commands, but none that is hidden', async () => {
    expect(await complete('get', 'works', '--cl')).toEqual(['--cluster', '--clusters']);
    expect(await complete('get', 'works', '--kube')).toEqual(['--kubeconfig']);
    expect(await complete('init', '--no-')).toEqual([]);
    expect(await complete('init', '--log')).toEqual([]);
    expect(await complete('get', 'works', '-c')).toEqual(['-c']);
    expect(await complete('--dr')).toEqual(['--dry-run']);
  });

  test('values: those that are known, else files', async () => {
    expect(await complete('get', 'works', '-o', 't')).toEqual(['table', 'tree']);
    expect(await complete('get', 'works', '--output=ya')).toEqual(['--output=yaml']);
    expect(await complete('--kubeconfig', '')).toEqual(['(files)']);
    expect(await complete('init', '--dry-run', '')).toEqual([]);
    expect(await complete('no', 'such', '')).toEqual([]);
    expect(await complete('get', 'works', '--', '')).toEqual([]);
  });
});
