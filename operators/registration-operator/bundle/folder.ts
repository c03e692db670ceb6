import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { BundleError } from './types.ts';

/** Digest of a file as `checksums` in bundle.yaml writes it. */
export const checksumOf = (content: Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** Reads the files of one bundle folder, and nothing outside of it. */
export class Folder {
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

  /** What bundle.yaml says is the checksum of a file. */
  checksum(file: string): string {
    const expected = this.checksums[file];
    if (expected === undefined)
      throw new BundleError(
        join(this.path, file),
        'bundle.yaml has no checksum for it',
        'Run scripts/bundle.ts',
      );
    return expected;
  }

  /** The content of a file, which must be as the bundle was released. */
  verified(file: string): Buffer {
    const content = this.read(file);
    if (checksumOf(content) !== this.checksum(file))
      throw new BundleError(
        join(this.path, file),
        'its checksum is not that of bundle.yaml',
        'Install the bundle anew',
      );
    return content;
  }

  /** The YAML documents of a file whose content must be as the bundle was released. */
  documents(file: string): unknown[] {
    return parse(join(this.path, file), this.verified(file));
  }
}

export const parse = (path: string, content: Buffer): unknown[] => {
  try {
    return loadAll(content.toString('utf8'), { schema: CORE_SCHEMA }).filter((document) => document != null);
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);
    throw new BundleError(path, `it is no YAML (${problem})`, 'Correct the file');
  }
};

export const one = (path: string, documents: unknown[]): unknown => {
  if (documents.length !== 1)
    throw new BundleError(path, `it has ${documents.length} documents`, 'Write exactly one');
  return documents[0];
};
