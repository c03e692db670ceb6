/**
 * Cuts a release: `node scripts/release.ts VERSION [FOLDER]`, by default into dist/release. VERSION must be package.json's.
 * IMAGE_REGISTRY names the registry that the release's images will be in, SOURCE_DATE_EPOCH (seconds) the time that they
 * carry, by default that of the commit. The same sources make the same files (docs/release.md).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRegistry } from '../operators/api/image-registry.ts';
import { cacheFolder } from '../test/cluster/paths.ts';
import { COMPONENTS, imagesOf, nodeExecutable, programsOf, referencesOf } from './images.ts';
import { writeArchive } from './images/archive.ts';
import { basePackages } from './images/base.ts';
import type { Image } from './images/image.ts';
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
const cutImages = (release: Release): Image[] => {
  const { tag, registry, folder, built } = release;
  const store = join(cacheFolder(), 'images/layers');
  const components = imagesOf({ references: referencesOf(registry, tag), tag, dist: built, store });
  const others = olmImages(inRegistry(registry)).map((image) => imageOfData(image, store));
  const all = [...components, ...others];
  say('writing the images');
  writeArchive(all, join(folder, `images-${tag}.tar`));
  write(
    release,
    'images.txt',
    all.map(({ reference, manifest }) => `${reference}@${manifest.digest}\n`).join(''),
  );

  const base = basePackages(nodeExecutable).map(debianComponent);
  const node = nodeComponent(nodeExecutable, hex(sha256(readFileSync(nodeExecutable))));
  const nodeMaterials = [
    ...lockedPackages(['node_modules/node']).map(npmMaterial),
    ...base.map(({ purl = '' }) => ({ uri: purl })),
  ];
  for (const { reference, manifest } of all) {
    const name = reference.slice(0, reference.lastIndexOf(':'));
    const subject = { name, digest: { sha256: hex(manifest.digest) } };
    const component = COMPONENTS.find((each) => name === `${registry}/${each}`);
    const title = reference.slice(registry.length + 1).replace(':', '-');
    if (!component) {
      attest(release, title, subject);
      continue;
    }
    const bundled = programsOf(component).flatMap((program) => bundledPackages(join(built, program)));
    // Programs of one image may share packages.
    const packages = [...new Map(bundled.map((each) => [`${each.name}@${each.version}`, each])).values()];
    attest(release, component, subject, [...nodeMaterials, ...packages.map(npmMaterial)]);
    const parts: Component[] = [...base, node, ...packages.map(npmComponent)];
    write(release, `sbom/${component}.cdx.json`, sbomOf(imageComponent(name, tag, manifest.digest), parts));
  }
  return all;
};

const cutClusteradm = (release: Release): void => {
  const { folder, built, tag } = release;
  const file = join(built, 'clusteradm');
  execFileSync('cp', [file, join(folder, 'clusteradm')]);
  const packages = bundledPackages(file);
  const component: Component = {
    type: 'application',
    'bom-ref': 'clusteradm',
    name: 'clusteradm',
    version: tag,
    hashes: [{ alg: 'SHA-256', content: hex(sha256(readFileSync(file))) }],
  };
  write(release, 'sbom/clusteradm.cdx.json', sbomOf(component, packages.map(npmComponent)));
  attestFile(release, 'clusteradm', packages.map(npmMaterial));
};

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
  cut({
    tag: `v${version}`,
    registry: process.env.IMAGE_REGISTRY || projectRegistry,
    folder: target,
    built: `${target}.built`,
  });
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
