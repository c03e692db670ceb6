import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import compare from 'semver/functions/compare.js';
import valid from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { parsePatch, patched } from './overlay.ts';
import { checkShape, type BundleFile, type SetFile } from './shape.ts';
import { misuseOf, placeholdersOf } from './template.ts';
import { type Bundle, BundleError, type Bundles, type ManifestSet, type SetName, setNames } from './types.ts';
import { whenProblem } from './when.ts';

export interface LoadOptions {
  /** The parameters that the caller is able to supply to a set; one that is declared beyond them is an error. */
  supplies?: Partial<Record<SetName, readonly string[]>>;
  /** Load only these sets. Default: all that a bundle has. */
  sets?: readonly SetName[];
}

/** Digest of a file as `checksums` in bundle.yaml writes it. */
export const checksumOf = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Reads the files of one bundle folder, and nothing outside of it. */
class Folder {
  readonly path: string;
  private checksums: Record<string, string> = {};

  constructor(path: string) {
    this.path = path;
  }

  expect(checksums: Record<string, string>): void {
    this.checksums = checksums;
  }

  read(file: string): Buffer {
    const path = join(this.path, file);
    const refuse = (problem: string, remedy: string): never => {
      throw new BundleError(path, problem, remedy);
    };
    if (!path.startsWith(this.path + sep)) refuse('it lies outside the bundle', 'Name a file of the bundle');
    if (!existsSync(path)) refuse('the file is missing', 'Install the bundle anew');
    if (!realpathSync(path).startsWith(this.path + sep))
      refuse('it is a link that leads out of the bundle', 'Name a file of the bundle');
    return readFileSync(path);
  }

  /** The YAML documents of a file whose content must be as the bundle was released. */
  documents(file: string): unknown[] {
    const content = this.read(file);
    const path = join(this.path, file);
    const expected = this.checksums[file];
    if (expected === undefined)
      throw new BundleError(path, 'bundle.yaml has no checksum for it', 'Run scripts/bundle.ts');
    if (checksumOf(content) !== expected)
      throw new BundleError(path, 'its checksum is not that of bundle.yaml', 'Install the bundle anew');
    return parse(path, content);
  }
}

const parse = (path: string, content: Buffer): unknown[] => {
  try {
    return loadAll(content.toString('utf8'), { schema: CORE_SCHEMA }).filter((document) => document != null);
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);
    throw new BundleError(path, `it is no YAML (${problem})`, 'Correct the file');
  }
};

const one = (path: string, documents: unknown[]): unknown => {
  if (documents.length !== 1)
    throw new BundleError(path, `it has ${documents.length} documents`, 'Write exactly one');
  return documents[0];
};

const readSet = (folder: Folder, file: string, supplied: readonly string[] | undefined): ManifestSet => {
  const path = join(folder.path, file);
  const refuse = (where: string, problem: string, remedy: string): never => {
    throw new BundleError(where, problem, remedy);
  };
  const content: SetFile = checkShape.set(path, one(path, folder.documents(file)));
  const set: ManifestSet = {
    modes: content.modes,
    features: content.features ?? [],
    parameters: content.parameters ?? {},
    stages: content.stages,
    overlays: content.overlays ?? [],
  };
  for (const name of Object.keys(set.parameters))
    if (supplied && !supplied.includes(name))
      refuse(
        path,
        `it asks for parameter ${name}, which this operator does not know`,
        'Use a newer operator',
      );

  const manifests = set.stages.flatMap((stage) => stage.manifests);
  for (const entry of [...manifests, ...set.overlays]) {
    const problem = whenProblem(entry.when, set);
    if (problem) refuse(path, `${entry.file}: ${problem}`, 'Correct the `when`');
  }
  const objects = new Map<string, UnknownObject[]>();
  const checkPlaceholders = (where: string, document: unknown): void => {
    for (const use of placeholdersOf(document)) {
      const problem = misuseOf(use, set.parameters[use.name]);
      if (problem) refuse(where, problem, `Declare it in ${file}, or correct the placeholder`);
    }
  };
  for (const manifest of manifests) {
    const where = join(folder.path, manifest.file);
    const documents = folder.documents(manifest.file).map((document) => checkShape.object(where, document));
    for (const document of documents) checkPlaceholders(where, document);
    objects.set(manifest.file, documents);
  }
  for (const overlay of set.overlays) {
    const where = join(folder.path, overlay.file);
    const patch = parsePatch(where, one(where, folder.documents(overlay.file)));
    checkPlaceholders(where, patch);
    for (const target of overlay.patches) {
      const documents = objects.get(target)?.filter(({ kind }) => !overlay.kind || overlay.kind === kind);
      if (!documents || documents.length === 0)
        return refuse(
          path,
          `overlay ${overlay.file} patches ${target}, in which nothing fits`,
          'Correct `patches`',
        );
      for (const document of documents) patched(where, document, patch);
    }
  }
  return set;
};

/**
 * Reads and checks one bundle folder: checksums, YAML, placeholders, `when` terms, overlays.
 * @throws BundleError that names the file and the remedy
 */
export const loadBundle = (directory: string, options: LoadOptions = {}): Bundle => {
  const folder = new Folder(realpathSync(directory));
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
    if (setFile) sets[name] = readSet(folder, setFile, options.supplies?.[name]);
  }
  return {
    version: file.version,
    kubernetes: file.kubernetes,
    upgradesFrom: file.upgradesFrom ?? '',
    alsoServes: file.alsoServes ?? '',
    images: file.images,
    sets,
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
  const [newest, ...older] = folders
    .sort((a, b) => compare(b, a))
    .map((name) => {
      const bundle = loadBundle(join(directory, name), options);
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
