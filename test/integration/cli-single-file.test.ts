import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { certificateRequest } from '../../cli/accept/request-fixture.ts';
import { nodeExecutable } from '../../scripts/images.ts';
import { makeSingleFile } from '../../scripts/release/single-file.ts';
import { run } from '../cluster/command.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { type Result, runCommand, useCluster } from './cli/harness.ts';

/*
 * clusteradm as releases have it: Node.js, and all that is in the sources in parts, in one executable. Nothing is on PATH, and
 * what it does is what the sources do.
 */
const { cluster, cli, path, apply, get, installCrds } = useCluster('single-file');

/** Runs the executable as its user does. */
const clusteradm = (args: readonly string[], env: Record<string, string> = {}): Promise<Result> =>
  runCommand(path('clusteradm'), args, { PATH: '', HOME: path(''), ...env });
const onCluster = (...args: string[]): Promise<Result> =>
  clusteradm(['--kubeconfig', cluster().kubeconfigPath, ...args]);

beforeAll(async () => {
  const env = { ...process.env, DIST: path('dist') };
  await run(process.execPath, [join(repositoryFolder, 'scripts/build.ts'), 'clusteradm'], { env });
  makeSingleFile(path('dist/clusteradm'), nodeExecutable, path('clusteradm'));
});

test.each([
  [['--help']],
  [['get', 'clusters', '--help']],
  [['completion', 'bash']],
  [['get', 'nodes']],
  [['get', 'works', '-z']],
])('cli.md 1 and 18: %j says what it says from source', async (args) => {
  expect(await clusteradm(args)).toEqual(await cli(...args));
});

test('cli.md 1: versions, whatever users have set for a Node.js of theirs', async () => {
  expect(await clusteradm(['version'], { NODE_OPTIONS: '--require /none' })).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^clusteradm\tversion\t:v\d.*\ndefault bundle\tversion\t:\d.*\n$/),
    stderr: '',
  });
});

test('cli.md 17: a plugin on PATH runs', async () => {
  const folder = path('plugins');
  await mkdir(folder);
  await writeFile(join(folder, 'clusteradm-hello'), '#!/bin/sh\necho "hello $1"; exit 3\n', { mode: 0o755 });
  expect(await clusteradm(['hello', 'you'], { PATH: folder })).toMatchObject({
    code: 3,
    stdout: 'hello you\n',
  });
});

test('cli.md 25: it installs from the bundle that it carries', async () => {
  const args = ['init', '--dry-run'];
  const { code, stdout } = await onCluster(...args);
  expect({ code, stdout }).toEqual({ code: 0, stdout: (await cli(...args)).stdout });
  expect(stdout).toContain('kind: ClusterManager');
});

test('cli.md 44 and 65: a cluster asks to join, is accepted and is shown', async () => {
  await installCrds();
  await apply({
    apiVersion: 'cluster.open-cluster-management.io/v1',
    kind: 'ManagedCluster',
    metadata: { name: 'c1' },
    spec: { hubAcceptsClient: false },
  });
  const group = 'system:open-cluster-management:c1';
  const request = await certificateRequest(`${group}:agent`, [
    group,
    'system:open-cluster-management:managed-clusters',
  ]);
  await apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'c1', labels: { 'open-cluster-management.io/cluster-name': 'c1' } },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    },
  });
  expect(await onCluster('accept', '--clusters', 'c1', '--skip-approve-check')).toEqual({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('CSR c1 approved\nset hubAcceptsClient to true for managed cluster c1\n'),
  });
  expect((await get('managedcluster', 'c1')).spec.hubAcceptsClient).toBe(true);
  for (const format of ['tree', 'table', 'yaml', 'jsonpath={.items[*].metadata.name}']) {
    const args = ['get', 'clusters', '-o', format];
    const shown = await onCluster(...args);
    expect(shown).toEqual(await cli(...args));
    expect(shown.stdout).toContain('c1');
  }
});
