/**
 * Brings the unreleased bundle in step: copies the CRDs from crds/, names the registry of images and writes the checksums
 * of all its files.
 * `--check` changes nothing and fails when something is out of step, in a released bundle as well.
 *
 *     node scripts/bundle.ts [--check] [vX.Y.Z …]      default: the newest bundle; with --check all of them
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import compare from 'semver/functions/compare.js';
import valid from 'semver/functions/valid.js';
import { projectRegistry } from '../operators/api/image-registry.ts';
import { checksumOf, loadBundle } from '../operators/registration-operator/bundle/index.ts';

const root = join(import.meta.dirname, '..');
const bundlesFolder = join(root, 'bundles');
const crdsFolder = join(root, 'crds');
const heading = 'checksums:\n';

/** The folders of bundles, oldest first. */
export const versions = (): string[] =>
  readdirSync(bundlesFolder)
    .filter((name) => name.startsWith('v') && valid(name))
    .sort(compare);

/** The files of a bundle besides bundle.yaml, by their paths in it. */
export const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => file !== 'bundle.yaml')
    .sort();

/** bundle.yaml with the checksums of the files as they are. */
export const withChecksums = (text: string, checksums: Record<string, string>): string => {
  const at = text.indexOf(`\n${heading}`);
  const head = at < 0 ? text : text.slice(0, at + 1);
  const lines = Object.entries(checksums).map(([file, checksum]) => `  ${file}: ${checksum}\n`);
  return `${head}${heading}${lines.join('')}`;
};

/** bundle.yaml with the images of a registry; which images there are stays. */
export const withRegistry = (text: string, registry: string): string =>
  text.replace(/(?<=^images:\n(?:  .*\n)*)  ([a-z-]+): .*$/gm, `  $1: ${registry}/$1`);

const checksumsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(filesOf(folder).map((file) => [file, checksumOf(readFileSync(join(folder, file)))]));

const copyCrds = (folder: string): void => {
  const target = join(folder, 'crds');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(crdsFolder)) copyFileSync(join(crdsFolder, file), join(target, file));
};

const staleCrds = (folder: string): string[] =>
  readdirSync(crdsFolder).filter((file) => {
    const copy = join(folder, 'crds', file);
    return !existsSync(copy) || !readFileSync(copy).equals(readFileSync(join(crdsFolder, file)));
  });

const write = (version: string): void => {
  const folder = join(bundlesFolder, version);
  copyCrds(folder);
  const file = join(folder, 'bundle.yaml');
  const text = withRegistry(readFileSync(file, 'utf8'), projectRegistry);
  writeFileSync(file, withChecksums(text, checksumsOf(folder)));
  loadBundle(folder);
};

/** What is out of step, as sentences. */
export const problems = (version: string, isNewest: boolean): string[] => {
  const folder = join(bundlesFolder, version);
  const text = readFileSync(join(folder, 'bundle.yaml'), 'utf8');
  const found: string[] = [];
  if (text !== withChecksums(text, checksumsOf(folder)))
    found.push(`${version}: the checksums in bundle.yaml are not those of its files`);
  // Released bundles keep the CRDs and the images that they were released with.
  if (isNewest) {
    found.push(...staleCrds(folder).map((file) => `${version}: crds/${file} differs from the source`));
    if (text !== withRegistry(text, projectRegistry))
      found.push(`${version}: its images are not those of ${projectRegistry}`);
  }
  try {
    loadBundle(folder);
  } catch (error) {
    found.push(error instanceof Error ? error.message : String(error));
  }
  return found;
};

const main = (args: string[]): number => {
  const all = versions();
  const newest = all.at(-1);
  const named = args.filter((argument) => !argument.startsWith('-'));
  if (args.includes('--check')) {
    const found = (named.length > 0 ? named : all).flatMap((version) =>
      problems(version, version === newest),
    );
    for (const problem of found) console.error(problem);
    if (found.length > 0) console.error('Run node scripts/bundle.ts');
    return found.length > 0 ? 1 : 0;
  }
  for (const version of named.length > 0 ? named : all.slice(-1)) write(version);
  return 0;
};

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
