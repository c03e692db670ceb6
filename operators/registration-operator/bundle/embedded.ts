import { isMap } from '../../runtime/client/json.ts';
import { Folder } from './folder.ts';
import { BundleError } from './types.ts';

/** A bundle that a program carries in itself, so that it is one file. */
class EmbeddedFolder extends Folder {
  private readonly files: Record<string, unknown>;

  constructor(files: Record<string, unknown>) {
    super('bundle of this program');
    this.files = files;
  }

  override read(file: string): Buffer {
    const content = Object.hasOwn(this.files, file) ? this.files[file] : undefined;
    if (typeof content !== 'string')
      throw new BundleError(`${this.path}/${file}`, 'the file is missing', 'Install the program anew');
    return Buffer.from(content);
  }
}

/**
 * The bundle that the build put into this program (scripts/build.ts): the newest, as far as it installs the operators.
 * Undefined in programs that read bundles from a folder, and where OCM_BUNDLES names one.
 */
export const embeddedBundle = (): Folder | undefined => {
  if (process.env.OCM_BUNDLES || !process.env.OCM_EMBEDDED_BUNDLE) return undefined;
  const files: unknown = JSON.parse(process.env.OCM_EMBEDDED_BUNDLE);
  return isMap(files) ? new EmbeddedFolder(files) : undefined;
};
