import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { runCli } from '../../cli/program/program.ts';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { type Any, type Result, runCommand } from './cli/harness.ts';

/** The same command lines for kubectl, which says what is right, and for this program, each with files of its own. */

const CONFIG = `apiVersion: v1
kind: Config
clusters:
- name: east.example
  cluster: { server: "https://east", certificate-authority: ca.crt }
- name: west
  cluster: { server: "https://west", certificate-authority-data: QUFB }
users:
- name: admin
  user: { token: s3cret-token, client-key-data: c2VjcmV0, client-certificate-data: QUFB }
- name: basic
  user: { username: me, password: s3cret-password, as: other }
contexts:
- name: one
  context: { cluster: east.example, user: admin, namespace: ns }
- name: two
  context: { cluster: west, user: basic }
current-context: one
`;

let kubectl: string;
let folder: string;
let previous: string | undefined;

beforeAll(async () => {
  kubectl = await ensureBinaryOf('kubectl');
  folder = await mkdtemp(join(tmpdir(), 'cli-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sides = ['kubectl', 'ours'] as const;
type Side = (typeof sides)[number];

beforeEach(async () => {
  previous = process.env['KUBECONFIG'];
  for (const side of sides) {
    await rm(join(folder, side), { recursive: true, force: true });
    await mkdir(join(folder, side));
    await writeFile(join(folder, side, 'a'), CONFIG);
    await writeFile(join(folder, side, 'ca.crt'), 'the authority');
  }
});
afterEach(() => {
  if (previous === undefined) delete process.env['KUBECONFIG'];
  else process.env['KUBECONFIG'] = previous;
});

const runOn = async (side: Side, args: string[], files: string[]): Promise<Result> => {
  const own = (text: string) => text.replaceAll('HERE', join(folder, side));
  const KUBECONFIG = files.map((file) => join(folder, side, file)).join(delimiter);
  const line = ['config', ...args.map(own)];
  if (side === 'kubectl') return runCommand(kubectl, line, { KUBECONFIG, HOME: folder });
  const result: Result = { code: -1, stdout: '', stderr: '' };
  process.env['KUBECONFIG'] = KUBECONFIG;
  result.code = await runCli('clusteradm', line, {
    print: (text) => (result.stdout += text),
    note: (text) => (result.stderr += text),
    terminal: false,
  });
  return result;
};

/** What is nothing is not there, whatever it is written as. */
const meant = (value: Any): Any => {
  if (Array.isArray(value)) return value.length > 0 ? value.map(meant) : undefined;
  // What kubectl takes for granted of a program, and writes once it has read it.
  if (value === 'IfAvailable') return undefined;
  if (typeof value !== 'object' || value === null) return value === '' ? undefined : (value ?? undefined);
  const entries = Object.entries(value).map(([key, inner]) => [key, meant(inner)] as const);
  const kept = entries.filter(([, inner]) => inner !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
};

/** What is in the files afterwards, by their names. */
const filesOf = async (side: Side): Promise<Any> => {
  const names = (await readdir(join(folder, side))).filter((name) => name !== 'ca.crt');
  const read = async (name: string) => meant(load(await readFile(join(folder, side, name), 'utf8')));
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));
};

/** Runs lines with both, one after the other, and compares what they print, how they end, and what they wrote. */
const same = async (lines: string[][], files = ['a']): Promise<void> => {
  for (const args of lines) {
    const [theirs, ours] = [await runOn('kubectl', args, files), await runOn('ours', args, files)];
    const printed = (side: Side, { stdout }: Result) => {
      const text = stdout.replaceAll(join(folder, side), '').replaceAll(/ +$/gm, '');
      if (args[0] === 'view' && !args.some((arg) => arg.startsWith('-o'))) return meant(load(text));
      // kubectl lists these in any order.
      return /^get-(?:clusters|users)$/.test(args[0]!) ? text.split('\n').toSorted() : text;
    };
    expect({ args, code: ours.code, stdout: printed('ours', ours) }).toEqual({
      args,
      code: theirs.code,
      stdout: printed('kubectl', theirs),
    });
    expect(ours.stderr === '').toBe(theirs.stderr === '');
    expect({ args, files: await filesOf('ours') }).toEqual({ args, files: await filesOf('kubectl') });
  }
};

describe('cli.md 1.1, 17: config does what kubectl does', () => {
  test('it shows', async () => {
    await same([
      ['current-context'],
      ['get-clusters'],
      ['get-users'],
      ['get-contexts'],
      ['get-contexts', '-o', 'name'],
      ['get-contexts', 'two', '-o', 'name'],
      ['get-contexts', '--no-headers'],
      ['get-contexts', 'two', 'none'],
      ['view'],
      ['view', '--minify'],
      ['view', '--minify', '--flatten', '--raw'],
      ['view', '--raw'],
      ['view', '-o', 'jsonpath={.contexts[?(@.name=="two")].context.user}'],
    ]);
    const { stdout } = await runOn('ours', ['view', '-o', 'json'], ['a']);
    expect(stdout).not.toMatch(/s3cret|c2VjcmV0/);
    expect(JSON.parse(stdout).users).toHaveLength(2);
  });

  test('it changes contexts', async () => {
    await same([
      ['use-context', 'two'],
      ['current-context'],
      ['use-context', 'none'],
      ['set-context', '--current', '--namespace=x'],
      ['set-context', 'three', '--cluster=west', '--user=admin'],
      ['set-context', 'three', '--namespace=y'],
      ['set-context', 'three', '--namespace='],
      ['set-context'],
      ['set-context', 'three', '--current'],
      ['rename-context', 'three', 'two'],
      ['rename-context', 'none', 'x'],
      ['rename-context', 'two', 'second'],
      ['current-context'],
      ['delete-context', 'none'],
      ['delete-context', 'second'],
      ['get-contexts'],
    ]);
  });

  test('it changes clusters and users', async () => {
    await same([
      ['set-cluster', 'north', '--server=https://north', '--tls-server-name=n', '--proxy-url=http://p'],
      ['set-cluster', 'north', '--insecure-skip-tls-verify'],
      ['set-cluster', 'north', '--certificate-authority=HERE/ca.crt', '--embed-certs'],
      ['set-cluster', 'north', '--certificate-authority=x', '--insecure-skip-tls-verify'],
      ['set-cluster', 'north', '--certificate-authority=HERE/none', '--embed-certs'],
      ['delete-cluster', 'west'],
      ['delete-cluster', 'west'],
      ['set-credentials', 'new', '--token=t'],
      ['set-credentials', 'new', '--username=u', '--password=p'],
      ['set-credentials', 'new', '--username=u', '--token=t'],
      ['set-credentials', 'admin', '--client-certificate=HERE/ca.crt', '--embed-certs'],
      [
        ...['set-credentials', 'exec', '--exec-command=c', '--exec-arg=a', '--exec-env=A=b'],
        '--exec-api-version=client.authentication.k8s.io/v1beta1',
      ],
      ['delete-user', 'basic'],
      ['delete-user', 'none'],
    ]);
  });

  test('it sets and unsets values', async () => {
    await same([
      ['set', 'clusters.east.example.server', 'https://other'],
      ['set', 'clusters.west.insecure-skip-tls-verify', 'true'],
      ['set', 'clusters.west.insecure-skip-tls-verify', 'maybe'],
      ['set', 'users.admin.client-key-data', 'bmV3'],
      ['set', 'users.admin.client-key-data', 'new key', '--set-raw-bytes'],
      ['set', 'users.admin.client-key-data', '*'],
      ['set', 'contexts.new.cluster', 'west'],
      ['set', 'current-context', 'two'],
      ['set', 'nothing.at.all', 'x'],
      ['unset', 'contexts.one.namespace'],
      ['unset', 'users.basic'],
      ['unset', 'users.none'],
      ['unset', 'current-context'],
      ['current-context'],
      ['unset', 'contexts'],
      ['unset', 'nothing'],
    ]);
  });

  test('of several files each keeps its own, and what is new goes to the first that is there', async () => {
    for (const side of sides) {
      const other = CONFIG.replaceAll(/\b(one|two|admin|basic|west|east\.example)$/gm, '$1-b');
      await writeFile(join(folder, side, 'b'), other.replace('current-context: one-b', ''));
    }
    await same(
      [
        ['get-contexts'],
        ['view', '--minify'],
        ['set', 'users.basic-b.username', 'you'],
        ['set-cluster', 'new', '--server=https://new'],
        ['use-context', 'one-b'],
        ['get-clusters'],
      ],
      ['missing', 'a', 'b'],
    );
    // It says the file that has it, where kubectl names the first.
    const { stdout } = await runOn('ours', ['delete-context', 'two-b'], ['missing', 'a', 'b']);
    expect(stdout).toBe(`deleted context two-b from ${folder}/ours/b\n`);
    expect((await filesOf('ours')).b.contexts).toHaveLength(1);
  });

  test('without a file there is nothing, and the first change makes it', async () => {
    await same(
      [['view'], ['get-contexts'], ['current-context'], ['set-cluster', 'x', '--server=https://x']],
      ['new'],
    );
    expect((await stat(join(folder, 'ours/new'))).mode & 0o777).toBe(0o600);
  });
});

test('what is no kubeconfig is named, and stays as it is', async () => {
  await writeFile(join(folder, 'ours/a'), 'clusters: 1\n');
  const { code, stderr } = await runOn('ours', ['set-cluster', 'x', '--server=https://x'], ['a']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `Error: ${folder}/ours/a: clusters must be a list\n` });
  expect(await readFile(join(folder, 'ours/a'), 'utf8')).toBe('clusters: 1\n');
  expect(await readdir(join(folder, 'ours'))).toEqual(['a', 'ca.crt']);
});

test('a dry run writes nothing, and a file that another program changes is left to it', async () => {
  const line = ['set-cluster', 'x', '--server=https://x'];
  const dry = await runOn('ours', [...line, '--dry-run'], ['a']);
  expect(dry).toMatchObject({
    code: 0,
    stdout: 'set-cluster is running in dry-run mode\nCluster "x" set.\n',
  });
  await writeFile(join(folder, 'ours/a.lock'), '');
  const { code, stderr } = await runOn('ours', line, ['a']);
  expect(code).toBe(1);
  expect(stderr).toContain('another program changes it; if none does, remove ');
  expect(await readFile(join(folder, 'ours/a'), 'utf8')).toBe(CONFIG);
});
