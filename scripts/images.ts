/**
 * Builds the container images from dist/ and saves them as one archive, so that a cluster without a registry can load
 * them: `node scripts/images.ts [archive]`. Nothing is built or saved when the inputs are those of the last run.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRegistry } from '../operators/api/image-registry.ts';
import { archiveName, keepInUse } from './image-cache.ts';

export const COMPONENTS = ['registration-operator', 'registration', 'work'] as const;

/** Image reference of each component. */
export type References = Record<(typeof COMPONENTS)[number], string>;

export interface Images {
  /** The images of this source tree's version. */
  references: References;
  /** The images of each tag that was asked for, that of `references` among them. */
  byTag: Readonly<Record<string, References>>;
  /** With each tag, an image in which every program ends with code 1 at once; empty unless they were asked for. */
  crashing: Readonly<Record<string, string>>;
  /** All images in one `docker save` archive. */
  archive: string;
}

export interface ImageOptions {
  /** Default: that of the project. */
  registry?: string;
  /** Default: the version of package.json. */
  tag?: string;
  /**
   * Further tags: images of the same source, stamped with the version that the tag says. Upgrades are tried with them,
   * since what an operator installs follows the tags.
   */
  moreTags?: readonly string[];
  /** Build the crashing images as well. */
  crashing?: boolean;
  /** Folder that archives are kept in: the few that were used last. */
  cache: string;
}

const root = join(import.meta.dirname, '..');
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

const docker = (args: readonly string[], input?: string): string =>
  execFileSync('docker', args, {
    cwd: root,
    encoding: 'utf8',
    input,
    // What the engine says, deprecations among it, matters when it fails: it is then part of the error.
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trim();

const say = (line: string) => process.stderr.write(`images: ${line}\n`);

const digestOf = (files: readonly string[], names: readonly string[]): string => {
  const hash = createHash('sha256').update(names.join(' '));
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
};

const filesBelow = (...folders: string[]): string[] =>
  execFileSync('find', [...folders, '-type', 'f'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort();

const referencesOf = (registry: string, tag: string): References =>
  Object.fromEntries(
    COMPONENTS.map((component) => [component, `${registry}/${component}:${tag}`]),
  ) as References;

/** Builds what is missing and returns the images; progress goes to stderr. Expects dist/ to be built. */
export const buildImages = (options: ImageOptions): Images => {
  const registry = options.registry || projectRegistry;
  const tag = options.tag ?? `v${version}`;
  const tags = [...new Set([tag, ...(options.moreTags ?? [])])];
  const byTag = Object.fromEntries(tags.map((each) => [each, referencesOf(registry, each)]));
  const crashing = Object.fromEntries(
    options.crashing ? tags.map((each) => [each, `${registry}/crashing:${each}`]) : [],
  );
  copyFileSync(join(root, 'node_modules/node/bin/node'), join(root, 'dist/node'));
  const digest = digestOf(
    [
      'Dockerfile',
      'node_modules/node/package.json',
      ...COMPONENTS.map((component) => `dist/${component}`),
      ...filesBelow('bundles'),
    ],
    [...Object.values(byTag).flatMap((each) => Object.values(each)), ...Object.values(crashing)],
  );
  const archive = join(options.cache, 'images', archiveName(tag, digest));
  const images = { references: referencesOf(registry, tag), byTag, crashing, archive };
  if (!existsSync(archive)) saveImages(images, tag);
  keepInUse(archive);
  return images;
};

/** Builds the images of all tags and saves them as one archive; those of `tag` are what dist/ holds. */
const saveImages = ({ byTag, crashing, archive }: Images, tag: string): void => {
  const base = process.env.IMAGE_BASE || localBase();
  for (const each of Object.keys(byTag)) buildTag(each === tag ? 'dist' : stamp(each), byTag[each]!, base);
  for (const [each, reference] of Object.entries(crashing)) buildCrashing(reference, byTag[each]!);
  say(`saving ${archive}`);
  mkdirSync(dirname(archive), { recursive: true });
  const references = [
    ...Object.values(byTag).flatMap((each) => Object.values(each)),
    ...Object.values(crashing),
  ];
  docker(['save', '--output', `${archive}.part`, ...references]);
  renameSync(`${archive}.part`, archive);
};

/** Bundles the executables with another version in them; returns the folder. */
const stamp = (tag: string): string => {
  const folder = join('dist', tag);
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), ...COMPONENTS], {
    cwd: root,
    env: { ...process.env, VERSION: tag, DIST: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
};

const buildTag = (folder: string, references: References, base: string): void => {
  for (const component of COMPONENTS) {
    say(`building ${references[component]}`);
    const settings = { BASE: base, DIST: folder };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    docker(['build', '--quiet', '--target', component, ...flags, '--tag', references[component], '.']);
  }
};

/** What runs is always the entry point, whatever a Deployment gives as arguments. */
const buildCrashing = (reference: string, { work }: References): void => {
  say(`building ${reference}`);
  const dockerfile = `FROM ${work}\nENTRYPOINT ["/usr/local/bin/node", "--eval", "process.exit(1)", "--"]\n`;
  docker(['build', '--quiet', '--tag', reference, '-'], dockerfile);
};

/**
 * A base of what Node's executable links, taken from this machine, for machines that cannot pull one. Releases set
 * IMAGE_BASE instead.
 */
const localBase = (): string => {
  const libraries = execFileSync('ldd', [join(root, 'node_modules/node/bin/node')], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  const folder = mkdtempSync(join(tmpdir(), 'image-base-'));
  try {
    for (const file of [...libraries, ...(existsSync(certificates) ? [certificates] : [])]) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      copyFileSync(file, join(folder, file));
    }
    mkdirSync(join(folder, 'etc'), { recursive: true });
    writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/:/none\nocm:x:10001:10001::/:/none\n');
    mkdirSync(join(folder, 'tmp'), { mode: 0o1777 });
    execFileSync('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', `${folder}.tar`, '.']);
    docker(['import', `${folder}.tar`, 'open-cluster-management/base:local']);
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(`${folder}.tar`, { force: true });
  }
  return 'open-cluster-management/base:local';
};

if (import.meta.main) {
  const cache = join(
    process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/root', '.cache'),
    'open-cluster-management',
  );
  const { references, archive } = buildImages({
    registry: process.env.IMAGE_REGISTRY,
    tag: process.env.IMAGE_TAG,
    cache,
  });
  for (const reference of Object.values(references)) process.stdout.write(`${reference}\n`);
  process.stdout.write(`${archive}\n`);
}
