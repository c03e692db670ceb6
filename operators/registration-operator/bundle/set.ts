import { join } from 'node:path';
import type { Operation } from 'fast-json-patch';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { type Folder, one } from './folder.ts';
import { parsePatch, patched } from './overlay.ts';
import { checkShape, type SetFile } from './shape.ts';
import { misuseOf, placeholdersOf } from './template.ts';
import { BundleError, type ManifestSet, type Overlay } from './types.ts';
import { whenProblem } from './when.ts';

/** An overlay with its patch, and the manifests in which it has found something to patch. */
interface CheckedOverlay {
  overlay: Overlay;
  where: string;
  patch: Operation[];
  fits: Set<string>;
}

/** Reads the list of stages of a set and checks every file that it names, one at a time: none is kept in memory. */
class SetReader {
  private readonly folder: Folder;
  private readonly file: string;
  private readonly path: string;
  private readonly set: ManifestSet;

  constructor(folder: Folder, file: string) {
    this.folder = folder;
    this.file = file;
    this.path = join(folder.path, file);
    const content: SetFile = checkShape.set(this.path, one(this.path, folder.documents(file)));
    this.set = {
      modes: content.modes,
      features: content.features ?? [],
      parameters: content.parameters ?? {},
      stages: content.stages,
      overlays: content.overlays ?? [],
    };
  }

  read(supplied: readonly string[] | undefined): ManifestSet {
    for (const name of Object.keys(this.set.parameters))
      if (supplied && !supplied.includes(name))
        throw new BundleError(
          this.path,
          `it asks for parameter ${name}, which this operator does not know`,
          'Use a newer operator',
        );
    const manifests = this.set.stages.flatMap((stage) => stage.manifests);
    for (const entry of [...manifests, ...this.set.overlays]) {
      const problem = whenProblem(entry.when, this.set);
      if (problem) throw new BundleError(this.path, `${entry.file}: ${problem}`, 'Correct the `when`');
    }
    const overlays = this.set.overlays.map((overlay) => this.checkOverlay(overlay));
    for (const file of new Set(manifests.map((manifest) => manifest.file)))
      this.checkManifest(file, overlays);
    for (const { overlay, fits } of overlays)
      for (const target of overlay.patches)
        if (!fits.has(target))
          throw new BundleError(
            this.path,
            `overlay ${overlay.file} patches ${target}, in which nothing fits`,
            'Correct `patches`',
          );
    return this.set;
  }

  private checkOverlay(overlay: Overlay): CheckedOverlay {
    const where = join(this.folder.path, overlay.file);
    const patch = parsePatch(where, one(where, this.folder.documents(overlay.file)));
    this.checkPlaceholders(where, patch);
    return { overlay, where, patch, fits: new Set() };
  }

  private checkManifest(file: string, overlays: readonly CheckedOverlay[]): void {
    const where = join(this.folder.path, file);
    for (const document of this.folder.documents(file)) {
      const object: UnknownObject = checkShape.object(where, document);
      this.checkPlaceholders(where, object);
      for (const { overlay, where: from, patch, fits } of overlays) {
        if (!overlay.patches.includes(file) || (overlay.kind && overlay.kind !== object.kind)) continue;
        fits.add(file);
        patched(from, object, patch);
      }
    }
  }

  private checkPlaceholders(where: string, document: unknown): void {
    for (const use of placeholdersOf(document)) {
      const problem = misuseOf(use, this.set.parameters[use.name]);
      if (problem)
        throw new BundleError(where, problem, `Declare it in ${this.file}, or correct the placeholder`);
    }
  }
}

/**
 * Reads and checks one set of a bundle.
 * @param supplied the parameters that the caller is able to supply; undefined for any
 * @throws BundleError that names the file and the remedy
 */
export const readSet = (folder: Folder, file: string, supplied: readonly string[] | undefined): ManifestSet =>
  new SetReader(folder, file).read(supplied);
