import { isMap } from '../../runtime/client/json.ts';
import { Folder } from './folder.ts';
import { BundleError } from './types.ts';

/** A bundle that a program carries in itself, so that it is one file. */
class EmbeddedFolder extends Folder {
  private readonly files: Record<string, unknown>;
  private readonly prefix: string;

  constructor(files: Record<string, unknown>, prefix = '') {
    super('bundle of this program');
    this.files = files;
    this.prefix = prefix;
  }

  override read(file: string): Buffer {
    const path = this.prefix + file;
    const content = Object.hasOwn(this.files, path) ? this.files[path] : undefined;
    if (typeof content !== 'string')
      throw new BundleError(`${this.path}/${file}`, 'the file is missing', 'Install the program anew');
    return Buffer.from(content);
  }
}

/** Where the build puts what older bundles say of themselves: `older/v0.1.0/bundle.yaml`. */
const OLDER = /^older\/[^/]+\//;

const embeddedFiles = (): Record<string, unknown> | undefined => {
  if (process.env.OCM_BUNDLES || !process.env.OCM_EMBEDDED_BUNDLE) return undefined;
  const files: unknown = JSON.parse(process.env.OCM_EMBEDDED_BUNDLE);
  return isMap(files) ? files : undefined;
};

/**
 * The bundle that the build put into this program (scripts/build.ts): the newest, as far as it installs the operators.
 * Undefined in programs that read bundles from a folder, and where OCM_BUNDLES names one.
 */
export const embeddedBundle = (): Folder | undefined => {
  const files = embeddedFiles();
  return files && new EmbeddedFolder(files);
};

/** What the older bundles say of themselves, without their manifests; undefined as {@link embeddedBundle} is. */
export const embeddedOlderBundles = (): Folder[] | undefined => {
  const files = embeddedFiles();
  const folders = Object.keys(files ?? {}).flatMap((file) => OLDER.exec(file)?.[0] ?? []);
  return files && folders.map((folder) => new EmbeddedFolder(files, folder));
};
