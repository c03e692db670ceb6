import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Index, isIndex, type Manifest } from '../../scripts/airgap/layout.ts';
import { COMPONENTS, programsOf } from '../../scripts/images.ts';
import { packageVersion } from '../../scripts/repository.ts';
import { run } from '../cluster/command.ts';
import { ensurePackages } from '../cluster/docker.ts';
import { repositoryFolder } from '../cluster/paths.ts';

/*
 * A release for both platforms. Of the one that is not the machine's, programs are run by an emulator.
 */
const version = packageVersion();
const emulators: Record<string, string> = { amd64: 'qemu-x86_64-static', arm64: 'qemu-aarch64-static' };
const machine = process.arch === 'arm64' ? 'arm64' : 'amd64';
const foreign = machine === 'arm64' ? 'amd64' : 'arm64';
const emulator = emulators[foreign]!;

let folder: string;

const cut = async (name: string): Promise<string> => {
  const release = join(folder, name);
  await run(process.execPath, ['scripts/release.ts', version, release], {
    cwd: repositoryFolder,
    env: { ...process.env, PLATFORMS: 'amd64,arm64' },
  });
  return release;
};

beforeAll(async () => {
  await ensurePackages('Trying images of another platform', { [emulator]: 'qemu-user-static' });
  folder = await mkdtemp(join(tmpdir(), 'platforms-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sums = (release: string): Promise<string> => readFile(join(release, 'SHA256SUMS'), 'utf8');

test('packaging.md 90: images for amd64 and arm64, the same bit by bit each time, whose programs run', async () => {
  const release = await cut('one');
  expect(await sums(await cut('other'))).toBe(await sums(release));
  await rm(join(folder, 'other'), { recursive: true });

  const layout = join(folder, 'layout');
  await mkdir(layout);
  await run('tar', ['--extract', '--file', join(release, `images-v${version}.tar`), '--directory', layout]);
  const pathOf = (digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));
  const blob = async <T>({ digest }: { digest: string }): Promise<T> =>
    JSON.parse(await readFile(pathOf(digest), 'utf8')) as T;
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index;
  const listed = await readFile(join(release, 'images.txt'), 'utf8');
  for (const component of COMPONENTS) {
    const descriptor = manifests.find(({ annotations }) =>
      annotations?.['io.containerd.image.name']?.endsWith(`/${component}:v${version}`),
    )!;
    expect(isIndex(descriptor)).toBe(true);
    expect(listed).toContain(`/${component}:v${version}@${descriptor.digest}\n`);
    const index = await blob<Index>(descriptor);
    expect(index.manifests.map(({ platform }) => platform?.architecture)).toEqual([machine, foreign]);
    const { config, layers } = await blob<Manifest>(index.manifests[1]!);
    expect(await blob<object>(config)).toMatchObject({
      architecture: foreign,
      config: { User: '10001:10001' },
    });
    expect(layers.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(60e6);

    const root = join(folder, component);
    await mkdir(root);
    for (const { digest } of layers) await run('tar', ['-xzf', pathOf(digest), '--directory', root]);
    const node = join(root, 'usr/local/bin/node');
    const { stdout } = await run(emulator, [
      '-L',
      root,
      node,
      join(root, programsOf(component)[0]!),
      '--version',
    ]);
    expect(stdout).toContain(`v${version}`);
    const architecture = await run(emulator, ['-L', root, node, '--print', 'process.arch']);
    expect(architecture.stdout.trim()).toBe(foreign === 'amd64' ? 'x64' : foreign);
    await rm(root, { recursive: true });
  }
});
