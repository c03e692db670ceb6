import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import compare from 'semver/functions/compare.js';
import valid from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { Folder, one, parse } from './folder.ts';
import { type KnownFiles, readSet } from './set.ts';
import { type BundleFile, checkShape } from './shape.ts';
import { type Bundle, BundleError, type Bundles, type ManifestSet, type SetName, setNames } from './types.ts';

export interface LoadOptions {
  /** The parameters that the caller is able to supply to a set; one that is declared beyond them is an error. */
  supplies?: Partial<Record<SetName, readonly string[]>>;
  /** Load only these sets. Default: all that a bundle has. */
  sets?: readonly SetName[];
}

/**
 * Reads and checks one bundle folder: checksums, YAML, placeholders, `when` terms, overlays.
 * @throws BundleError that names the file and the remedy
 */
export const loadBundle = (
  directory: string | Folder,
  options: LoadOptions = {},
  known: KnownFiles = new Map(),
): Bundle => {
  const folder = typeof directory === 'string' ? new Folder(realpathSync(directory)) : directory;
  const path = join(folder.path, 'bundle.yaml');
  const file: BundleFile = checkShape.bundle(path, one(path, parse(path, folder.read('bundle.yaml'))));
  if (!valid(file.version))
    throw new BundleError(path, `version ${file.version} is no semantic version`, 'Correct it');
  for (const field of ['kubernetes', 'upgradesFrom', 'alsoServes'] as const)
    if (file[field] && validRange(file[field]) === null)
      throw new BundleError(path, `${field} ${file[field]} is no semver range`, 'Correct it');
  folder.expect(file.checksums ?? {});
  const sets: Partial<Record<SetName, ManifestSet>> = {};
  for (const name of options.sets ?? setNames) {
    const setFile = file.sets[name];
    if (setFile) sets[name] = readSet(folder, setFile, options.supplies?.[name], known);
  }
  return {
    version: file.version,
    kubernetes: file.kubernetes,
    upgradesFrom: file.upgradesFrom ?? '',
    alsoServes: file.alsoServes ?? '',
    images: file.images,
    sets,
    checksum: (name) => folder.checksum(name),
    documents: (name) => folder.documents(name) as UnknownObject[],
  };
};

/**
 * Reads and checks every `vX.Y.Z` folder of `directory`; files are read again, and their checksums checked again, when
 * they are rendered, so that a bundle that is not in use takes no memory.
 * @throws BundleError when a bundle is broken or there is none: it is never used in part
 */
export const loadBundles = (directory: string, options: LoadOptions = {}): Bundles => {
  const folders = existsSync(directory)
    ? readdirSync(directory).filter((name) => name.startsWith('v') && valid(name))
    : [];
  const known: KnownFiles = new Map();
  const [newest, ...older] = folders
    .sort((a, b) => compare(b, a))
    .map((name) => {
      const bundle = loadBundle(join(directory, name), options, known);
      if (`v${bundle.version}` !== name)
        throw new BundleError(
          join(directory, name),
          `its bundle.yaml says version ${bundle.version}`,
          'Rename it',
        );
      return bundle;
    });
  if (!newest)
    throw new BundleError(
      directory,
      'there is no bundle',
      'Point to the folder that holds the vX.Y.Z folders',
    );
  return [newest, ...older];
};

/** The folder `bundles` beside the program or above it; an environment variable `OCM_BUNDLES` wins. */
export const findBundles = (start: string = import.meta.dirname): string => {
  if (process.env.OCM_BUNDLES) return process.env.OCM_BUNDLES;
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'bundles');
    if (
      existsSync(candidate) &&
      readdirSync(candidate).some((name) => existsSync(join(candidate, name, 'bundle.yaml')))
    )
      return candidate;
    if (dirname(folder) === folder)
      throw new BundleError('bundles', `no such folder beside ${start} or above it`, 'Set OCM_BUNDLES');
  }
};
