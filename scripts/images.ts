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

export const COMPONENTS = ['registration-operator', 'registration', 'work'] as const;

export interface Images {
  /** Image reference of each component. */
  references: Record<(typeof COMPONENTS)[number], string>;
  /** All images in one `docker save` archive. */
  archive: string;
}

const root = join(import.meta.dirname, '..');
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

const docker = (...args: string[]): string =>
  execFileSync('docker', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

const say = (line: string) => process.stderr.write(`images: ${line}\n`);

const digestOf = (files: string[]): string => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
};

const filesBelow = (...folders: string[]): string[] =>
  execFileSync('find', [...folders, '-type', 'f'], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort();

/** Builds what is missing and returns the images; progress goes to stderr. */
export const buildImages = (options: { registry?: string; tag?: string; cache: string }): Images => {
  const registry = options.registry ?? 'quay.io/open-cluster-management';
  const tag = options.tag ?? `v${version}`;
  const references = Object.fromEntries(
    COMPONENTS.map((component) => [component, `${registry}/${component}:${tag}`]),
  ) as Images['references'];
  const node = join(root, 'node_modules/node/bin/node');
  copyFileSync(node, join(root, 'dist/node'));
  const digest = digestOf([
    'Dockerfile',
    'node_modules/node/package.json',
    ...COMPONENTS.map((component) => `dist/${component}`),
    ...filesBelow('bundles'),
  ]);
  const archive = join(options.cache, 'images', `${tag}-${digest}.tar`);
  if (existsSync(archive)) return { references, archive };
  const base = process.env.IMAGE_BASE || localBase();
  for (const component of COMPONENTS) {
    say(`building ${references[component]}`);
    docker(
      'build',
      '--quiet',
      '--target',
      component,
      '--build-arg',
      `BASE=${base}`,
      '--tag',
      references[component],
      '.',
    );
  }
  say(`saving ${archive}`);
  mkdirSync(dirname(archive), { recursive: true });
  docker('save', '--output', `${archive}.part`, ...Object.values(references));
  renameSync(`${archive}.part`, archive);
  return { references, archive };
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
    docker('import', `${folder}.tar`, 'open-cluster-management/base:local');
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
