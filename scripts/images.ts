/**
 * Builds the container images from dist/ into one archive, which clusters without a registry can load:
 * `node scripts/images.ts`. Nothing is built when the inputs are those of the last run. The same inputs make the same
 * images, bit by bit (docs/decisions/025-images-and-releases.md).
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRegistry } from '../operators/api/image-registry.ts';
import { cacheFolder } from '../test/cluster/paths.ts';
import { archiveName, keepInUse, keepLayersInUse } from './images/cache.ts';
import { writeArchive } from './images/archive.ts';
import { librariesOf, withBase } from './images/base.ts';
import { type Image, makeImage, type Platform, platformOfMachine } from './images/image.ts';
import { type Layer, type LayerFile, makeLayer } from './images/layer.ts';
import { packageVersion, repository } from './repository.ts';

export const COMPONENTS = [
  'registration-operator',
  'registration',
  'work',
  'placement',
  'addon-manager',
] as const;

export type ComponentName = (typeof COMPONENTS)[number];

/** The executables in the image of a component, each at the root of its file system. */
export const programsOf = (component: ComponentName): string[] => {
  if (component === 'registration') return ['registration', 'server'];
  return [component === 'addon-manager' ? 'addon' : component];
};

/** The executables of all images. */
export const programs: readonly string[] = COMPONENTS.flatMap(programsOf);

/** Image reference of each component. */
export type References = Record<ComponentName, string>;

export interface Images {
  /** The images of this source tree's version. */
  references: References;
  /** The images of each tag that was asked for, that of `references` among them. */
  byTag: Readonly<Record<string, References>>;
  /** With each tag, an image in which every program ends with code 1 at once; empty unless they were asked for. */
  crashing: Readonly<Record<string, string>>;
  /** All images in one archive, for `docker load` and `ctr images import`. */
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

const root = repository;
/** Node.js as images have it. */
export const nodeExecutable = join(root, 'node_modules/node/bin/node');

const say = (line: string) => process.stderr.write(`images: ${line}\n`);

/** What programs run on, on one platform. */
export interface Runtime {
  platform: Platform;
  /** The executable of Node.js. */
  node: string;
  /** What it links. */
  libraries: readonly LayerFile[];
}

/** What the machine itself has. */
export const machineRuntime = (): Runtime => ({
  platform: platformOfMachine,
  node: nodeExecutable,
  libraries: librariesOf(nodeExecutable),
});

/**
 * A small young generation, one arena and an eager trim keep idle processes small (docs/decisions/006-process-memory.md).
 */
export const imageEnv = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'NODE_OPTIONS=--max-semi-space-size=1 --max-old-space-size=512',
  'NODE_ENV=production',
  'MALLOC_ARENA_MAX=1',
  'MALLOC_TRIM_THRESHOLD_=65536',
];

/** Who processes are: numbers, since `runAsNonRoot` cannot judge a name. */
export const imageUser = '10001:10001';

const filesBelow = (folder: string): string[] =>
  execFileSync('find', [folder, '-type', 'f'], { cwd: root, encoding: 'utf8' }).trim().split('\n').sort();

/** The names of the images of a tag. */
export const referencesOf = (registry: string, tag: string): References =>
  Object.fromEntries(
    COMPONENTS.map((component) => [component, `${registry}/${component}:${tag}`]),
  ) as References;

/** When images say that they were made: SOURCE_DATE_EPOCH (seconds), else the beginning of time. */
const created = (): string => new Date(Number(process.env.SOURCE_DATE_EPOCH ?? 0) * 1000).toISOString();

const digestOf = (files: readonly string[], names: readonly string[]): string => {
  const hash = createHash('sha256').update([...names, created(), ...imageEnv].join(' '));
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
};

/** Builds what is missing and returns the images; progress goes to stderr. Expects dist/ to be built. */
export const buildImages = (options: ImageOptions): Images => {
  const registry = options.registry || projectRegistry;
  const tag = options.tag ?? `v${packageVersion()}`;
  const tags = [...new Set([tag, ...(options.moreTags ?? [])])];
  const byTag = Object.fromEntries(tags.map((each) => [each, referencesOf(registry, each)]));
  const crashing = Object.fromEntries(
    options.crashing ? tags.map((each) => [each, `${registry}/crashing:${each}`]) : [],
  );
  const digest = digestOf(
    [
      ...['images.ts', 'images/archive.ts', 'images/base.ts', 'images/image.ts', 'images/layer.ts'].map(
        (file) => `scripts/${file}`,
      ),
      'node_modules/node/package.json',
      ...programs.map((program) => `dist/${program}`),
      ...filesBelow('bundles'),
    ],
    [...Object.values(byTag).flatMap((each) => Object.values(each)), ...Object.values(crashing)],
  );
  const archive = join(options.cache, 'images', archiveName(tag, digest));
  if (!existsSync(archive)) {
    const store = join(options.cache, 'images/layers');
    const images = tags.flatMap((each) =>
      imagesOf({
        references: byTag[each]!,
        tag: each,
        dist: each === tag ? 'dist' : stamp(each),
        crashing: crashing[each],
        store,
      }),
    );
    say(`writing ${archive}`);
    writeArchive(images, archive);
    keepLayersInUse(store);
  }
  keepInUse(archive);
  return { references: referencesOf(registry, tag), byTag, crashing, archive };
};

interface OneTag {
  references: References;
  tag: string;
  /** Folder of the executables, absolute or from the repository's root. */
  dist: string;
  /** Reference of the image whose programs end at once. */
  crashing?: string;
  /** Folder of layers. */
  store: string;
  /** Default: the machine's. */
  runtime?: Runtime;
}

/** The images of one tag and one platform, in the order of `COMPONENTS`. */
export const imagesOf = ({ references, tag, dist, crashing, store, runtime }: OneTag): Image[] => {
  const { platform, ...basis } = runtime ?? machineRuntime();
  const shared = runtimeLayers(basis, store);
  const bundles = filesBelow('bundles').map((file) => ({ path: `/${file}`, from: join(root, file) }));
  const common = { platform, env: imageEnv, user: imageUser, created: created() };
  const images = COMPONENTS.map((component) => {
    say(`building ${references[component]}`);
    const executables = programsOf(component).map((program) => ({
      path: `/${program}`,
      from: resolve(root, dist, program),
      isExecutable: true,
    }));
    const own: LayerFile[][] = component === 'registration-operator' ? [bundles, executables] : [executables];
    const labels = {
      'org.opencontainers.image.title': component,
      'org.opencontainers.image.version': tag,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    };
    const layers = [...shared, ...own.map((files) => makeLayer(files, store))];
    return makeImage({ ...common, reference: references[component], layers, labels });
  });
  if (!crashing) return images;
  // What runs is always the entry point, whatever a Deployment gives as arguments.
  const entrypoint = ['/usr/local/bin/node', '--eval', 'process.exit(1)', '--'];
  return [...images, makeImage({ ...common, reference: crashing, layers: shared, labels: {}, entrypoint })];
};

/** What all images share, so that its text is in memory once on a node: the base, and Node.js. */
const runtimeLayers = ({ node, libraries }: Omit<Runtime, 'platform'>, store: string): Layer[] => {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const commonjs = join(root, 'dist/package.json');
  if (!existsSync(commonjs)) writeFileSync(commonjs, '{ "type": "commonjs" }\n');
  return [
    withBase(libraries, (files) => makeLayer(files, store)),
    makeLayer(
      [
        { path: '/usr/local/bin/node', from: node, isExecutable: true },
        { path: '/package.json', from: commonjs },
      ],
      store,
    ),
  ];
};

/** Bundles the executables with another version in them; returns the folder. */
const stamp = (tag: string): string => {
  const folder = join('dist', tag);
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), ...programs], {
    cwd: root,
    env: { ...process.env, VERSION: tag, DIST: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
};

if (import.meta.main) {
  const { references, archive } = buildImages({
    registry: process.env.IMAGE_REGISTRY,
    tag: process.env.IMAGE_TAG,
    cache: cacheFolder(),
  });
  for (const reference of Object.values(references)) process.stdout.write(`${reference}\n`);
  process.stdout.write(`${archive}\n`);
}
