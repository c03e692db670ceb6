import { describe, expect, test } from '@jest/globals';
import { imageRegistry } from '../../operators/api/image-registry.ts';
import { runCli } from './program.ts';

const run = async (...argv: string[]) => {
  const result = { stdout: '', stderr: '' };
  const code = await runCli('clusteradm', argv, {
    print: (text) => (result.stdout += text),
    note: (text) => (result.stderr += text),
    terminal: false,
  });
  return { code, ...result };
};

describe('without a cluster', () => {
  test('cli.md 1: version is two lines', async () => {
    expect(await run('version')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^clusteradm\tversion\t:.*\ndefault bundle\tversion\t:0\.4\.0\n$/),
      stderr: '',
    });
    expect((await run('version', '--dry-run')).stdout).not.toContain('dry-run');
  });

  test('no arguments: the help, with its groups', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    for (const text of ['General commands:', 'Registration commands:', 'Usage: clusteradm']) {
      expect(stdout).toContain(text);
    }
  });

  test.each([
    [['init', '--help'], '--output-join-command-file'],
    [['join', '-h'], '--force-internal-endpoint-lookup-managed'],
    [['help', 'create', 'work'], '--recursive'],
    [['accept', '--help'], '--kubeconfig'],
  ])('%j is complete', async (argv, flag) => {
    const { code, stdout } = await run(...argv);
    expect(code).toBe(0);
    expect(stdout).toContain(flag);
    expect(stdout).not.toContain('--no-');
    expect(stdout).not.toContain('--singleton-name');
  });

  test('a group of commands alone shows its help', async () => {
    expect(await run('get')).toMatchObject({ code: 0, stdout: expect.stringContaining('clusters') });
  });

  test('cli.md 87: an unknown child of a group shows the help and fails', async () => {
    const { code, stdout, stderr } = await run('get', 'nodes');
    expect(code).toBe(1);
    expect(stdout).toContain('works');
    expect(stderr).toContain('Error: unknown command "nodes" for "clusteradm get"');
  });

  test.each([
    [['x'], 'Error: unknown command "x" for "clusteradm"\nRun \'clusteradm --help\' for usage.\n'],
    [['init', '--x=1'], "Error: unknown flag: --x\nSee 'clusteradm init --help' for usage.\n"],
    [
      ['get', 'works', '-z'],
      "Error: unknown shorthand flag: 'z' in -z\nSee 'clusteradm get works --help' for usage.\n",
    ],
    [
      ['accept', '--clusters'],
      "Error: flag needs an argument: --clusters\nSee 'clusteradm accept --help' for usage.\n",
    ],
    [
      ['init', '--timeout', 'soon'],
      'Error: invalid argument "soon" for "--timeout" flag: must be an integer\nSee \'clusteradm init --help\' for usage.\n',
    ],
    [['--x'], "Error: unknown flag: --x\nSee 'clusteradm --help' for usage.\n"],
  ])('%j fails', async (argv, stderr) => {
    expect(await run(...argv)).toEqual({ code: 1, stdout: '', stderr });
  });

  test('cli.md 4: an unknown bundle is an error before any cluster is asked', async () => {
    expect(await run('init', '--bundle-version', 'v9.9.9', '--kubeconfig', '/none')).toEqual({
      code: 1,
      stdout: '',
      stderr: "Error: couldn't find the requested version bundle: 9.9.9\n",
    });
  });

  test('cli.md 19: a kubeconfig that is missing fails the preflight', async () => {
    const { code, stdout, stderr } = await run('init', '--kubeconfig', '/none');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Preflight check: HubApiServer check Failed with 0 warnings and 1 errors');
    expect(stderr).toMatch(
      /\[preflight\] Some fatal errors occurred:\n\t\[ERROR HubApiServer check\]: .*\/none/,
    );
  });

  test.each([
    [[], 'token is missing'],
    [['--hub-token=t'], 'hub-server is missing'],
    [['--hub-token=t', '--hub-apiserver=https://h'], 'cluster-name is missing'],
    [
      ['--hub-token=t', '--hub-apiserver=https://h', '--cluster-name=c', '--image-registry='],
      `the OCM image registry should not be empty, like ${imageRegistry}`,
    ],
    [
      ['--hub-token=t', '--hub-apiserver=https://h', '--cluster-name=c', '--mode='],
      'the mode should not be empty, like default',
    ],
  ])('cli.md 28: join %j', async (argv, message) => {
    expect(await run('join', ...argv)).toEqual({ code: 1, stdout: '', stderr: `Error: ${message}\n` });
  });

  test('init --singleton says what to do instead', async () => {
    expect(await run('init', '--singleton')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('install the chart multicluster-controlplane with helm'),
    });
  });

  test.each([
    ['create', 'work', 'work name must be specified'],
    ['unjoin', '', 'name is missing'],
  ])('%s %s without a name', async (command, child, message) => {
    expect(await run(...[command, child].filter(Boolean))).toMatchObject({
      code: 1,
      stderr: `Error: ${message}\n`,
    });
  });
});
