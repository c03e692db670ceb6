import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { findCommand, pathOf } from './find-command.ts';

const program = new Command('clusteradm')
  .option('--kubeconfig <file>')
  .option('--dry-run')
  .option('-v, --v <n>');
program.command('get').command('clusters');
program.command('init');

describe('findCommand', () => {
  test.each([
    [['init', '--wait', 'x'], 'clusteradm init', ['init', '--wait', 'x']],
    [
      ['--kubeconfig', 'init', 'get', 'clusters'],
      'clusteradm get clusters',
      ['get', 'clusters', '--kubeconfig', 'init'],
    ],
    [['--kubeconfig=f', 'init'], 'clusteradm init', ['init', '--kubeconfig=f']],
    [['--dry-run', 'init'], 'clusteradm init', ['init', '--dry-run']],
    [
      ['-v', '1', 'get', '-v2', 'clusters', '-o', 'get'],
      'clusteradm get clusters',
      ['get', 'clusters', '-v', '1', '-v2', '-o', 'get'],
    ],
    [['--clusters', 'a', 'init'], 'clusteradm init', ['init', '--clusters', 'a']],
    [['get', '--help'], 'clusteradm get', ['get', '--help']],
    [[], 'clusteradm', []],
  ])('%j', (argv, path, ordered) => {
    const found = findCommand(program, argv);
    expect({ path: pathOf(found.command), argv: found.argv }).toEqual({ path, argv: ordered });
    expect(found.unknown).toBeUndefined();
  });

  test('cli.md 87: an unknown command is named', () => {
    expect(findCommand(program, ['get', 'nodes']).unknown).toBe('nodes');
    expect(findCommand(program, ['nodes']).unknown).toBe('nodes');
  });
});
