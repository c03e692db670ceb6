import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPlugins, pluginFor } from './plugins.ts';

let folder: string;
let path: string;

const file = (name: string, mode = 0o755, content = '#!/bin/sh\n'): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), mode);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plugins-'));
  file('a/clusteradm-foo', 0o755, '#!/bin/sh\necho "foo $*"\nexit 7\n');
  file('a/clusteradm-foo-big_bar', 0o755, '#!/bin/sh\necho "bar $*"\n');
  file('a/clusteradm-get');
  file('a/other-foo');
  file('b/clusteradm-foo');
  file('b/clusteradm-noexec', 0o644);
  mkdirSync(join(folder, 'b/clusteradm-folder'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'b/clusteradm-lost'));
  path = ['a', 'none', 'b', 'a'].map((each) => join(folder, each)).join(':');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clusteradm = (args: string[], inPath: string) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../main.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: inPath },
  });

describe('cli.md 17: what is on the PATH', () => {
  test('in its order, each file once, with what is wrong with it', () => {
    const { plugins, unreadable } = findPlugins('clusteradm', path, ['get']);
    expect(plugins).toEqual([
      { path: `${folder}/a/clusteradm-foo`, warning: undefined },
      { path: `${folder}/a/clusteradm-foo-big_bar`, warning: undefined },
      {
        path: `${folder}/a/clusteradm-get`,
        warning: 'clusteradm-get overwrites existing command: "clusteradm get"',
      },
      {
        path: `${folder}/b/clusteradm-foo`,
        warning: `${folder}/b/clusteradm-foo is overshadowed by a similarly named plugin: ${folder}/a/clusteradm-foo`,
      },
      {
        path: `${folder}/b/clusteradm-noexec`,
        warning: `${folder}/b/clusteradm-noexec identified as a clusteradm plugin, but it is not executable`,
      },
    ]);
    expect(unreadable).toEqual([expect.stringContaining(`"${folder}/none": ENOENT`)]);
  });

  test.each<[string[], [string, string[]] | undefined]>([
    [['foo'], ['clusteradm-foo', []]],
    [
      ['foo', 'x', '--y'],
      ['clusteradm-foo', ['x', '--y']],
    ],
    [
      ['foo', 'big-bar', 'z'],
      ['clusteradm-foo-big_bar', ['z']],
    ],
    [
      ['foo', '--y', 'big-bar'],
      ['clusteradm-foo', ['--y', 'big-bar']],
    ],
    [['noexec'], undefined],
    [['folder'], undefined],
    [['lost'], undefined],
    [['../a/clusteradm-foo'], undefined],
    [['--foo'], undefined],
    [[], undefined],
  ])('%j is for the plugin that takes most of its words', (argv, expected) => {
    const call = pluginFor('clusteradm', argv, path);
    expect(call).toEqual(expected && { path: join(folder, 'a', expected[0]), args: expected[1] });
  });
});

describe('the program', () => {
  test('cli.md 17: plugin list shows them, and fails where one does not run as it is named', () => {
    const good = clusteradm(['plugin', 'list', '--name-only'], join(folder, 'a'));
    expect(good).toMatchObject({
      status: 1,
      stdout:
        'The following compatible plugins are available:\n\nclusteradm-foo\nclusteradm-foo-big_bar\nclusteradm-get\n',
      stderr:
        '  - warning: clusteradm-get overwrites existing command: "clusteradm get"\nError: one plugin warning was found\n',
    });
    expect(clusteradm(['plugin', 'list'], join(folder, 'none'))).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('Error: unable to find any kubectl plugins in your PATH'),
    });
  });

  test('a command that it does not have is a plugin, whose exit code is its own', () => {
    expect(clusteradm(['foo', 'a', '--b=c'], path)).toMatchObject({ status: 7, stdout: 'foo a --b=c\n' });
    expect(clusteradm(['foo', 'big-bar', 'x'], path)).toMatchObject({ status: 0, stdout: 'bar x\n' });
    expect(clusteradm(['get', '--help'], path).stdout).toContain('clusters');
    expect(clusteradm(['nothing'], path)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Error: unknown command "nothing" for "clusteradm"'),
    });
  });
});
