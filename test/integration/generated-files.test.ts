import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { versions } from '../../scripts/bundle.ts';
import { CommandError, run } from '../cluster/command.ts';
import { repositoryFolder } from '../cluster/paths.ts';

/*
 * A checkout in which somebody changed a CRD: `npm run check` fails until every copy of it follows.
 */
const crd = 'klusterlets.operator.open-cluster-management.io';
const upstream = '0000_00_operator.open-cluster-management.io_klusterlets.crd.yaml';
const bundle = versions().at(-1)!;
/** The programs of `npm run generate` that copies come from, in its order, where each puts the CRD, and what else it calls that. */
const copies: readonly [program: string, file: string, called?: string][] = [
  ['generate-api.ts', 'operators/api/generated/operator.ts'],
  ['bundle.ts', `bundles/${bundle}/crds/${crd}.yaml`, `${bundle}: crds/${crd}.yaml`],
  ['charts.ts', `charts/klusterlet/crds/${upstream}`],
  ['kustomize.ts', `deploy/klusterlet/config/crds/${upstream}`],
  ['olm/generate.ts', `olm/klusterlet/${bundle.slice(1)}/manifests/${crd}.yaml`],
];

let checkout: string;

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'checkout-'));
  const listed = await run('git', ['ls-files', '-z'], { cwd: repositoryFolder });
  for (const file of listed.stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(checkout, file)), { recursive: true });
    await copyFile(join(repositoryFolder, file), join(checkout, file));
  }
  await symlink(join(repositoryFolder, 'node_modules'), join(checkout, 'node_modules'));
  const source = join(checkout, 'crds', `${crd}.yaml`);
  const text = await readFile(source, 'utf8');
  await writeFile(source, text.replace(/^( +)(?=clusterName:$)/m, '$1otherName:\n$1  type: string\n$1'));
});

afterAll(() => rm(checkout, { recursive: true, force: true }));

const program = (name: string, ...args: string[]): Promise<string> =>
  run(process.execPath, [join('scripts', name), ...args], { cwd: checkout }).then(
    () => '',
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      return error.stderr;
    },
  );

test('packaging.md 87: a changed CRD is told until types, bundle, chart, kustomize tree and package of OLM follow', async () => {
  for (const [name, file, called = file] of copies) {
    expect(await program(name, '--check')).toContain(called);
    expect(await program(name)).toBe('');
    expect(await readFile(join(checkout, file), 'utf8')).toContain('otherName');
  }
});
