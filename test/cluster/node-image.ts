import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { run } from './command.ts';
import { docker, ensurePackages, findExecutable } from './docker.ts';
import { imageExists, importExecutable, removeOtherVersions, withFolder } from './image-build.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './paths.ts';
import { withProgress } from './progress.ts';

const nodeFolder = fileURLToPath(new URL('node', import.meta.url));
const repository = 'open-cluster-management-test';
const suite = 'bookworm';

/** What a node needs of Debian besides its minimal base. */
const packages = [
  'ca-certificates',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'docker-registry',
  'iproute2',
  'iptables',
  'kmod',
  'mount',
  'runc',
];

const components = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
];

const shortHash = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
};

const fileExists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Makes a Debian root file system with debootstrap and keeps it as a tar in the cache, for other Docker engines. */
const debootstrap = async (tar: string): Promise<void> => {
  await ensurePackages('The node image', { debootstrap: 'debootstrap' });
  await withFolder(async (folder) => {
    const args = ['--variant=minbase', `--include=${packages.join(',')}`, suite, folder];
    await run('debootstrap', args);
    const leftOut = [
      'dev',
      'proc',
      'sys',
      'var/cache/apt',
      'var/lib/apt/lists',
      'usr/share/doc',
      'usr/share/locale',
      'usr/share/man',
    ];
    await mkdir(join(tar, '..'), { recursive: true });
    const unfinished = `${tar}.unfinished`;
    await run('tar', [
      '--create',
      `--file=${unfinished}`,
      `--directory=${folder}`,
      ...leftOut.map((path) => `--exclude=./${path}/*`),
      '.',
    ]);
    await rename(unfinished, tar);
  });
};

const buildBase = async (image: string): Promise<void> => {
  const tar = join(cacheFolder(), 'images', `${image.replace(/[/:]/g, '-')}.tar`);
  if (process.getuid?.() === 0 && (await findExecutable('apt-get')) !== undefined) {
    if (!(await fileExists(tar)))
      await withProgress(`Making the nodes' Debian ${suite} with debootstrap`, 'a minute', () =>
        debootstrap(tar),
      );
    await withProgress("Importing the nodes' base system into Docker", '10 seconds', () =>
      docker(['import', tar, image]),
    );
    return;
  }
  await withProgress("Building the nodes' base system on debian:bookworm-slim", 'a minute', () =>
    build(image, nodeFolder, [
      '--file',
      join(nodeFolder, 'base.Dockerfile'),
      '--build-arg',
      `PACKAGES=${packages.join(' ')}`,
    ]),
  );
};

/** The classic builder is in every engine, with or without BuildKit's plug-in. */
const build = async (image: string, context: string, args: readonly string[]): Promise<void> => {
  const env = { ...process.env, DOCKER_BUILDKIT: '0' };
  await run('docker', ['build', '--quiet', '--tag', image, ...args, context], { env });
};

/** The nodes' base system in Docker, which needs none of the binaries; made when it is not there. Needs a Docker engine. */
export const ensureNodeBase = async (): Promise<string> => {
  const dockerfile = await readFile(join(nodeFolder, 'base.Dockerfile'));
  const image = `${repository}/base:${shortHash(suite, packages.join(), dockerfile)}`;
  return withLock('node-base', async () => {
    if (!(await imageExists(image))) {
      await buildBase(image);
      await removeOtherVersions(image);
    }
    return image;
  });
};

/** Writes an image with one executable as a docker-archive, for the node to load when it first starts. */
const archiveExecutable = async (name: string, binary: string, target: string): Promise<void> => {
  const image = `localhost/${name}:1`;
  await importExecutable(image, name, binary);
  await docker(['save', '--output', target, image]);
  await docker(['image', 'rm', image]);
};

const buildNode = async (image: string, base: string, binaries: Binaries): Promise<void> =>
  withFolder(async (context) => {
    const root = join(context, 'root');
    const executables = join(root, 'usr/local/bin');
    const images = join(root, 'usr/share/kubernetes/images');
    await cp(nodeFolder, context, { recursive: true });
    await mkdir(images, { recursive: true });
    for (const name of ['kubernetes', 'kubectl'] as const) {
      await copyFile(binaries[name], join(executables, name));
      await chmod(join(executables, name), 0o755);
    }
    for (const component of components) await symlink('kubernetes', join(executables, component));
    await archiveExecutable('pause', binaries.pause, join(images, 'pause.tar'));
    await archiveExecutable('coredns', binaries.coredns, join(images, 'coredns.tar'));
    await build(image, context, ['--build-arg', `BASE=${base}`]);
  });

const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

/** Changes with everything that the image is made of, and how. The binaries' names tell their content. */
const contentHash = async (base: string, binaries: Binaries): Promise<string> => {
  const files = [...(await filesBelow(nodeFolder)), fileURLToPath(import.meta.url)];
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const names = [...Object.values(binaries), ...files].map((file: string) => basename(file));
  return shortHash(base, ...names, ...contents);
};

/** The image of a node of exactly these sources; built when Docker does not have it yet. Needs a Docker engine. */
export const ensureNodeImage = async (): Promise<string> => {
  const [base, binaries] = await Promise.all([ensureNodeBase(), ensureBinaries()]);
  return withLock('node-image', async () => {
    const image = `${repository}/node:${await contentHash(base, binaries)}`;
    if (!(await imageExists(image))) {
      await withProgress("Building the nodes' image", '20 seconds', () => buildNode(image, base, binaries));
      await removeOtherVersions(image);
    }
    return image;
  });
};
