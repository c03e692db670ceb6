/**
 * Cuts a release: `node scripts/release.ts VERSION [FOLDER]`, by default into dist/release. VERSION must be package.json's.
 * IMAGE_REGISTRY names the registry that the release's images will be in, PLATFORMS the platforms that they are for
 * (`amd64,arm64`; default: the machine's), SINGLE_FILES the machines that clusteradm is made for with Node.js in it
 * (`linux_amd64,windows_amd64`; default: this machine), SOURCE_DATE_EPOCH (seconds) the time that images carry, by default
 * that of the commit. The same sources make the same files (docs/release.md).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { projectRegistry } from '../operators/api/image-registry.ts';
import { cacheFolder } from '../test/cluster/paths.ts';
import {
  COMPONENTS,
  imagesOf,
  machineRuntime,
  nodeExecutable,
  programsOf,
  referencesOf,
  type Runtime,
} from './images.ts';
import { writeArchive } from './images/archive.ts';
import { basePackages, type DebianPackage } from './images/base.ts';
import { foreignBase } from './images/foreign.ts';
import { named, type Platform, platformOfMachine, platforms } from './images/image.ts';
import { sha256 } from './images/layer.ts';
import { imageOfData } from './release/data-image.ts';
import { olmImages } from './olm/build-images.ts';
import { inRegistry } from './olm/images.ts';
import { packChart, chartNames } from './release/chart.ts';
import { notesOf } from './release/notes.ts';
import { bundledPackages, lockedPackages, type NpmPackage } from './release/packages.ts';
import { type Material, provenanceOf, type Subject } from './release/provenance.ts';
import {
  type Component,
  debianComponent,
  imageComponent,
  nodeComponent,
  npmComponent,
  sbomOf,
} from './release/sbom.ts';
import {
  checkedTargets,
  makeSingleFile,
  nodeFor,
  packagesFor,
  packSingleFile,
  type Target,
} from './release/single-file.ts';
import { writeSums } from './release/sums.ts';
import { packageVersion, repository } from './repository.ts';

/** What a release is cut of. */
interface Release {
  /** With a `v`. */
  tag: string;
  registry: string;
  /** Where its files go. */
  folder: string;
  /** Folder of executables. */
  built: string;
  /** What its images run on, the machine's first. */
  runtimes: readonly ReleaseRuntime[];
  /** What clusteradm is made for in a single file. */
  targets: readonly Target[];
}

/** What images of one platform run on, and what that is from. */
interface ReleaseRuntime extends Runtime {
  packages: DebianPackage[];
}

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();

const say = (line: string) => process.stderr.write(`release: ${line}\n`);

const hex = (digest: string): string => digest.slice('sha256:'.length);

/**
 * The version that is to be released, without a `v`.
 * @throws Error when it is not the one that the sources are of, or something that belongs to it is missing
 */
export const checkedVersion = (
  asked: string | undefined,
  present: string,
  bundles: readonly string[],
): string => {
  const version = asked?.replace(/^v/, '');
  if (!version) throw new Error('name the version: make release VERSION=1.2.3');
  if (version !== present)
    throw new Error(`the sources are of version ${present}, not ${version}: correct package.json or VERSION`);
  if (!bundles.includes(`v${version}`))
    throw new Error(`bundles/v${version} is missing: a release adds a bundle (docs/release.md)`);
  return version;
};

/**
 * The platforms that PLATFORMS names, the machine's first.
 * @throws Error when one is none of a release's, or the machine's is missing: what is packed for it is taken from its images
 */
export const checkedPlatforms = (asked: string | undefined, machine: Platform): Platform[] => {
  const names = (asked || machine).split(',');
  const unknown = names.find((name) => !platforms.some((each) => each === name));
  if (unknown !== undefined) throw new Error(`PLATFORMS: "${unknown}" is none of ${platforms.join(', ')}`);
  if (!names.includes(machine))
    throw new Error(`PLATFORMS: ${machine}, the machine's own, must be among them`);
  return [machine, ...platforms.filter((each) => each !== machine && names.includes(each))];
};

/** What images of a platform run on; `state` is a folder of this process. */
const runtimeOf = (platform: Platform, state: string): ReleaseRuntime => {
  const own = machineRuntime();
  const packages = basePackages(nodeExecutable);
  if (platform === own.platform) return { ...own, packages };
  say(`fetching what images for ${platform} run on`);
  // Certificates are the same on every platform.
  const needed = packages.filter(({ name }) => name !== 'ca-certificates');
  const folders = { state: join(state, platform), cache: join(cacheFolder(), 'images') };
  const { packages: foreign, ...base } = foreignBase(platform, own.libraries, needed, folders);
  const certificates = packages.filter(({ name }) => name === 'ca-certificates');
  return { platform, ...base, packages: [...foreign, ...certificates] };
};

const buildExecutables = ({ tag, registry, built }: Release): void => {
  say('building the executables');
  execFileSync(process.execPath, [join(repository, 'scripts/build.ts')], {
    cwd: repository,
    env: {
      ...process.env,
      VERSION: tag,
      DIST: built,
      IMAGE_REGISTRY: registry,
      COMMIT: git('rev-parse', 'HEAD'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

const write = ({ folder }: Release, name: string, content: string | object): void => {
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
};

const npmMaterial = (found: NpmPackage): Material => {
  const { purl: uri = '', hashes } = npmComponent(found);
  return { uri, digest: hashes && { sha512: hashes[0]?.content ?? '' } };
};

/** What everything is built from: the commit, the pinned packages, and for images Node.js and the base. */
const sources = (): Material[] => [
  { uri: 'urn:git:commit', digest: { gitCommit: git('rev-parse', 'HEAD') } },
  {
    uri: 'file:package-lock.json',
    digest: { sha256: hex(sha256(readFileSync(join(repository, 'package-lock.json')))) },
  },
];

const attest = (
  release: Release,
  name: string,
  subject: Subject,
  materials: readonly Material[] = [],
): void => {
  const { tag, registry } = release;
  const statement = provenanceOf({
    subject: [subject],
    parameters: { version: tag, imageRegistry: registry },
    isChanged: git('status', '--porcelain') !== '',
    materials: [...sources(), ...materials],
  });
  write(release, `provenance/${name}.intoto.json`, statement);
};

const attestFile = (release: Release, name: string, materials: readonly Material[] = []): void =>
  attest(
    release,
    name,
    { name, digest: { sha256: hex(sha256(readFileSync(join(release.folder, name)))) } },
    materials,
  );

/** The images of the components and of OLM, in one archive, each with what it is made of and how. */
const cutImages = (release: Release): void => {
  const { tag, registry, folder, built, runtimes } = release;
  const store = join(cacheFolder(), 'images/layers');
  const references = referencesOf(registry, tag);
  const components = runtimes.flatMap((runtime) =>
    imagesOf({ references, tag, dist: built, store, runtime }),
  );
  const others = olmImages(inRegistry(registry)).map((image) => imageOfData(image, store));
  const all = [...components, ...others];
  say('writing the images');
  writeArchive(all, join(folder, `images-${tag}.tar`));
  const names = named(all);
  write(release, 'images.txt', names.map(({ reference, digest }) => `${reference}@${digest}\n`).join(''));

  const nodeMaterials = [
    ...lockedPackages(['node_modules/node']).map(npmMaterial),
    ...runtimes
      .flatMap(({ packages }) => packages.map(debianComponent))
      .map(({ purl = '' }) => ({ uri: purl })),
  ];
  for (const { reference, digest, images } of names) {
    const name = reference.slice(0, reference.lastIndexOf(':'));
    const subject = { name, digest: { sha256: hex(digest) } };
    const component = COMPONENTS.find((each) => name === `${registry}/${each}`);
    const title = reference.slice(registry.length + 1).replace(':', '-');
    if (!component) {
      attest(release, title, subject);
      continue;
    }
    const programs = programsOf(component).flatMap((program) => bundledPackages(join(built, program)));
    // Programs of one image may share packages.
    const bundled = [...new Map(programs.map((each) => [`${each.name}@${each.version}`, each])).values()];
    attest(release, component, subject, [...nodeMaterials, ...bundled.map(npmMaterial)]);
    for (const { platform, manifest } of images) {
      const { node, packages } = runtimes.find((runtime) => runtime.platform === platform)!;
      // The same version has the same parts on every platform.
      const parts: Component[] = [
        ...packages.map(debianComponent),
        nodeComponent(nodeExecutable, hex(sha256(readFileSync(node)))),
        ...bundled.map(npmComponent),
      ];
      const suffix = platform === platformOfMachine ? '' : `-${platform}`;
      const image = imageComponent(name, tag, manifest.digest);
      write(release, `sbom/${component}${suffix}.cdx.json`, sbomOf(image, parts));
    }
  }
};

const cutClusteradm = (release: Release): void => {
  const { folder, built } = release;
  const file = join(built, 'clusteradm');
  const packages = bundledPackages(file);
  execFileSync('cp', [file, join(folder, 'clusteradm')]);
  write(
    release,
    'sbom/clusteradm.cdx.json',
    sbomOf(toolComponent(release, file), packages.map(npmComponent)),
  );
  attestFile(release, 'clusteradm', packages.map(npmMaterial));
  for (const target of release.targets) cutSingleFile(release, target, packages);
};

/** clusteradm with Node.js in it, for a target. */
const cutSingleFile = (release: Release, target: Target, packages: readonly NpmPackage[]): void => {
  say(`writing clusteradm for ${target}`);
  const { folder, built } = release;
  const executable = join(built, target);
  const node = nodeFor(target, join(cacheFolder(), 'images'));
  makeSingleFile(join(built, 'clusteradm'), node, executable);
  const archive = packSingleFile(executable, target, folder);
  const parts = [
    // The same version has the same parts everywhere.
    nodeComponent(nodeExecutable, hex(sha256(readFileSync(node)))),
    ...packages.map(npmComponent),
  ];
  write(release, `sbom/clusteradm_${target}.cdx.json`, sbomOf(toolComponent(release, executable), parts));
  attestFile(release, archive, [...packages, ...packagesFor(target)].map(npmMaterial));
};

const toolComponent = ({ tag }: Release, executable: string): Component => ({
  type: 'application',
  'bom-ref': 'clusteradm',
  name: 'clusteradm',
  version: tag,
  hashes: [{ alg: 'SHA-256', content: hex(sha256(readFileSync(executable))) }],
});

const cut = (release: Release): void => {
  const { tag, registry, folder, built } = release;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const changelog = readFileSync(join(repository, 'CHANGELOG.md'), 'utf8');
  write(release, 'NOTES.md', notesOf(changelog, tag.slice(1)));
  try {
    buildExecutables(release);
    cutImages(release);
    cutClusteradm(release);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
  for (const name of chartNames) attestFile(release, packChart(name, tag, registry, folder));
  writeSums(folder);
};

const main = (): void => {
  const [asked, folder = join(repository, 'dist/release')] = process.argv.slice(2);
  const bundles = readdirSync(join(repository, 'bundles'));
  const version = checkedVersion(asked, packageVersion(), bundles);
  say('checking that bundles, charts and packages are in step');
  execFileSync('npm', ['run', '--silent', 'check:generated'], {
    cwd: repository,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.env.SOURCE_DATE_EPOCH ??= git('log', '-1', '--format=%ct');
  const target = resolve(folder);
  const names = checkedPlatforms(process.env.PLATFORMS, platformOfMachine);
  const targets = checkedTargets(process.env.SINGLE_FILES);
  const state = mkdtempSync(join(tmpdir(), 'release-'));
  try {
    cut({
      tag: `v${version}`,
      registry: process.env.IMAGE_REGISTRY || projectRegistry,
      folder: target,
      built: `${target}.built`,
      runtimes: names.map((platform) => runtimeOf(platform, state)),
      targets,
    });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
  process.stdout.write(`${target}\n`);
};

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    say((error as Error).message);
    process.exitCode = 1;
  }
}
