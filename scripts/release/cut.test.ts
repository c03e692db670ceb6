import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { projectRegistry } from '../../operators/api/image-registry.ts';
import type { Index, Manifest } from '../airgap/layout.ts';
import { COMPONENTS } from '../images.ts';
import { packageVersion, repository } from '../repository.ts';
import type { Component, Sbom } from './sbom.ts';
import { targetOfMachine } from './single-file.ts';
import { run } from '../../test/cluster/command.ts';

const version = packageVersion();
const tag = `v${version}`;
const program = join(repository, 'scripts/release.ts');

let folder: string;
let release: string;

/** Cuts the release as somebody else would: in a time zone, with a umask and a cache of their own. */
const cut = async (name: string, umask: string, env: NodeJS.ProcessEnv): Promise<string> => {
  const target = join(folder, name);
  const command = `umask ${umask} && exec ${process.execPath} ${program} ${version} ${target}`;
  const cache = join(folder, `${name}-cache`);
  // A single file of clusteradm is as large as Node.js: those who look at it ask for it.
  const defaults = { XDG_CACHE_HOME: cache, SINGLE_FILES: '' };
  await run('sh', ['-c', command], { cwd: folder, env: { ...process.env, ...defaults, ...env } });
  return target;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  release = await cut('one', '022', { TZ: 'UTC' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = <T>(file: string): T => JSON.parse(readFileSync(join(release, file), 'utf8')) as T;
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
/** Reference without its tag, tag and digest of each image. */
const images = () =>
  readFileSync(join(release, 'images.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => /^(.+):([^:@/]+)@(sha256:[0-9a-f]{64})$/.exec(line)!.slice(1) as [string, string, string]);

/** A file of the archive of images. */
const inArchive = async (file: string): Promise<string> =>
  (await run('tar', ['--extract', '--to-stdout', '--file', join(release, `images-${tag}.tar`), file])).stdout;
const blob = async <T>(digest: string): Promise<T> =>
  JSON.parse(await inArchive(`blobs/${digest.replace(':', '/')}`)) as T;

test('a release that is cut twice is the same, bit by bit', async () => {
  const other = await cut('other', '077', { TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8' });
  const sums = (of: string) => readFileSync(join(of, 'SHA256SUMS'), 'utf8');
  expect(sums(other)).toBe(sums(release));
  await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: other });
  rmSync(other, { recursive: true });
});

describe('images', () => {
  test('packaging.md 90: each component has one, and so have the packages of all versions and their catalog', () => {
    const names = images().map(([name, imageTag]) => `${name}:${imageTag}`);
    for (const component of [...COMPONENTS, 'cluster-manager-bundle', 'klusterlet-bundle', 'catalog'])
      expect(names).toContain(`${projectRegistry}/${component}:${tag}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('packaging.md 41: none has an entry point or a command, and those that run have a number for their user', async () => {
    const { manifests } = JSON.parse(await inArchive('index.json')) as Index;
    expect(manifests.map(({ digest }) => digest)).toEqual(images().map(([, , digest]) => digest));
    for (const [name, , digest] of images()) {
      const { config } = await blob<Manifest>(digest);
      const { config: settings } = await blob<{ config: Record<string, unknown> }>(config.digest);
      expect(settings).not.toHaveProperty('Entrypoint');
      expect(settings).not.toHaveProperty('Cmd');
      if (COMPONENTS.some((component) => name === `${projectRegistry}/${component}`))
        expect(settings).toMatchObject({ User: '10001:10001' });
    }
  });

  test('none has more than 60 MB, compressed', async () => {
    for (const [name, , digest] of images()) {
      const { layers } = await blob<Manifest>(digest);
      const size = layers.reduce((sum, layer) => sum + layer.size, 0);
      expect({ name, isSmall: size <= 60e6 }).toEqual({ name, isSmall: true });
    }
  });

  test('packaging.md 22: each says how it was made, by its digest', () => {
    const statements = readdirSync(join(release, 'provenance')).map((file) =>
      read<{ subject: { name: string; digest: { sha256: string } }[]; predicateType: string }>(
        `provenance/${file}`,
      ),
    );
    const subjects = statements.flatMap(({ subject }) => subject.map((each) => each.digest.sha256));
    const files = ['clusteradm', `cluster-manager-${version}.tgz`, `klusterlet-${version}.tgz`];
    expect(subjects.toSorted()).toEqual(
      [
        ...images().map(([, , digest]) => digest.slice('sha256:'.length)),
        ...files.map((file) => sha256(readFileSync(join(release, file)))),
      ].toSorted(),
    );
    for (const { predicateType } of statements) expect(predicateType).toBe('https://slsa.dev/provenance/v1');
  });

  test.each([...COMPONENTS, 'clusteradm'])(
    'packaging.md 22: what is in %s is what was bundled',
    async (name) => {
      const sbom = read<Sbom>(`sbom/${name}.cdx.json`);
      const refs = sbom.components.map((component) => component['bom-ref']);
      expect(new Set(refs).size).toBe(refs.length);
      expect(sbom.dependencies.map(({ ref }) => ref)).toEqual([sbom.metadata.component['bom-ref'], ...refs]);
      const find = (wanted: string): Component | undefined =>
        sbom.components.find((each) => each.name === wanted);
      // It is in every program, and what only builds and tests need is in none.
      expect(find('@kubernetes/client-node')?.hashes?.[0]?.alg).toBe('SHA-512');
      for (const tool of ['jest', 'esbuild', 'typescript']) expect(find(tool)).toBeUndefined();
      if (name === 'clusteradm') return;
      const digest = images().find(([image]) => image === `${projectRegistry}/${name}`)?.[2];
      expect(sbom.metadata.component.hashes).toEqual([
        { alg: 'SHA-256', content: digest?.slice('sha256:'.length) },
      ]);
      expect(find('libc6')?.purl).toMatch(/^pkg:deb\/debian\/libc6@/);
      expect(find('node')).toMatchObject({ version: process.versions.node });
      expect(find('node')?.components).toContainEqual(
        expect.objectContaining({ name: 'openssl', version: process.versions.openssl }),
      );
    },
  );
});

test.each(['cluster-manager', 'klusterlet'])(
  'packaging.md 90: chart %s has the version, its images have the tag, and the rest is that of the sources',
  async (name) => {
    const unpacked = join(folder, `${name}-unpacked`);
    mkdirSync(unpacked);
    await run('tar', ['-xzf', join(release, `${name}-${version}.tgz`), '--directory', unpacked]);
    const chart = readFileSync(join(unpacked, name, 'Chart.yaml'), 'utf8');
    expect(chart).toContain(`\nversion: ${version}\n`);
    expect(chart).toContain(`\nappVersion: ${tag}\n`);
    await run('diff', ['--recursive', join(unpacked, name), join(repository, 'charts', name)]);
  },
);

test('a release for another registry names that one alone, in a single file too', async () => {
  const registry = 'registry.example:5000/ocm';
  const other = await cut('elsewhere', '022', {
    IMAGE_REGISTRY: registry,
    XDG_CACHE_HOME: join(folder, 'one-cache'),
    SINGLE_FILES: targetOfMachine,
  });
  const listed = readFileSync(join(other, 'images.txt'), 'utf8').trim().split('\n');
  expect(listed.filter((line) => !line.startsWith(`${registry}/`))).toEqual([]);
  const values = ['-xzOf', join(other, `klusterlet-${version}.tgz`), 'klusterlet/values.yaml'];
  expect((await run('tar', values)).stdout).toContain(`  registry: ${registry}\n`);
  const env = { ...process.env, OCM_BUNDLES: '' };
  const { stdout } = await run(process.execPath, [join(other, 'clusteradm'), 'init', '--help'], {
    cwd: folder,
    env,
  });
  expect(stdout).toContain(registry);
  expect(stdout).not.toContain(projectRegistry);

  const name = `clusteradm_${targetOfMachine}`;
  const archive = readFileSync(join(other, `${name}.tar.gz`));
  const unpacked = join(folder, 'single-file');
  mkdirSync(unpacked);
  await run('tar', ['-xzf', join(other, `${name}.tar.gz`), '--directory', unpacked]);
  expect(readdirSync(unpacked).toSorted()).toEqual(['LICENSE', 'LICENSE.node', 'clusteradm']);
  const executable = join(unpacked, 'clusteradm');
  expect((await run(executable, ['init', '--help'], { cwd: unpacked, env: { PATH: '' } })).stdout).toBe(
    stdout,
  );
  const sbom = JSON.parse(readFileSync(join(other, `sbom/${name}.cdx.json`), 'utf8')) as Sbom;
  expect(sbom.metadata.component.hashes).toEqual([
    { alg: 'SHA-256', content: sha256(readFileSync(executable)) },
  ]);
  expect(sbom.components).toContainEqual(
    expect.objectContaining({ name: 'node', version: process.versions.node }),
  );
  const provenance = readFileSync(join(other, `provenance/${name}.tar.gz.intoto.json`), 'utf8');
  expect(provenance).toContain(sha256(archive));
  for (const material of ['pkg:npm/node-linux-', 'pkg:npm/postject@', 'pkg:npm/commander@'])
    expect(provenance).toContain(material);
});

test('clusteradm is one file: it needs nothing beside it', async () => {
  const alone = join(folder, 'alone');
  cpSync(join(release, 'clusteradm'), join(alone, 'clusteradm'), { recursive: true });
  const env = { ...process.env, OCM_BUNDLES: '', KUBECONFIG: join(alone, 'none') };
  const { stdout } = await run(process.execPath, [join(alone, 'clusteradm'), 'init', '--help'], {
    cwd: alone,
    env,
  });
  expect(stdout).toContain(projectRegistry);
});

test('a version that the sources are not of is refused, and nothing is written', async () => {
  const target = join(folder, 'refused');
  const refused = run(process.execPath, [program, '9.9.9', target], { cwd: folder });
  await expect(refused).rejects.toThrow(`the sources are of version ${version}, not 9.9.9`);
  expect(existsSync(target)).toBe(false);
});
