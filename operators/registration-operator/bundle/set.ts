import { join } from 'node:path';
import type { Operation } from 'fast-json-patch';
import { type Folder, one } from './folder.ts';
import { parsePatch, patched } from './overlay.ts';
import { checkShape, type SetFile } from './shape.ts';
import { misuseOf, placeholdersOf, type Use } from './template.ts';
import { BundleError, type ManifestSet, type Overlay } from './types.ts';
import { whenProblem } from './when.ts';

/** An overlay with its patch, and the manifests in which it has found something to patch. */
interface CheckedOverlay {
  overlay: Overlay;
  where: string;
  patch: Operation[];
  fits: Set<string>;
}

/** What a manifest file asks for, whichever bundle it is in. */
interface Findings {
  uses: Use[];
  /** Which of the overlays that patch the file have found something to patch, in their order. */
  fits: boolean[];
}

/**
 * Findings by the checksums of a manifest and of its overlays. Bundles have most of their files in common: what was
 * found in one need not be parsed for the next.
 */
export type KnownFiles = Map<string, Findings>;

/** Reads the list of stages of a set and checks every file that it names, one at a time: none is kept in memory. */
class SetReader {
  private readonly folder: Folder;
  private readonly file: string;
  private readonly path: string;
  private readonly set: ManifestSet;
  private readonly known: KnownFiles;

  constructor(folder: Folder, file: string, known: KnownFiles) {
    this.folder = folder;
    this.known = known;
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
    this.checkPlaceholders(where, placeholdersOf(patch));
    return { overlay, where, patch, fits: new Set() };
  }

  private checkManifest(file: string, overlays: readonly CheckedOverlay[]): void {
    const patching = overlays.filter(({ overlay }) => overlay.patches.includes(file));
    this.folder.verified(file);
    const key = [
      this.folder.checksum(file),
      ...patching.map(({ overlay }) => `${this.folder.checksum(overlay.file)} ${overlay.kind ?? ''}`),
    ].join();
    const findings = this.known.get(key) ?? this.lookInto(file, patching);
    this.known.set(key, findings);
    this.checkPlaceholders(join(this.folder.path, file), findings.uses);
    patching.forEach(({ fits }, index) => {
      if (findings.fits[index]) fits.add(file);
    });
  }

  private lookInto(file: string, patching: readonly CheckedOverlay[]): Findings {
    const where = join(this.folder.path, file);
    const objects = this.folder.documents(file).map((document) => checkShape.object(where, document));
    return {
      uses: objects.flatMap((object) => placeholdersOf(object)),
      fits: patching.map(({ overlay, where: from, patch }) => {
        const fitting = objects.filter(({ kind }) => !overlay.kind || overlay.kind === kind);
        for (const object of fitting) patched(from, object, patch);
        return fitting.length > 0;
      }),
    };
  }

  private checkPlaceholders(where: string, uses: readonly Use[]): void {
    for (const use of uses) {
      const problem = misuseOf(use, this.set.parameters[use.name]);
      if (problem)
        throw new BundleError(where, problem, `Declare it in ${this.file}, or correct the placeholder`);
    }
  }
}

/**
 * Reads and checks one set of a bundle.
 * @param supplied the parameters that the caller is able to supply; undefined for any
 * @param known what was found in files before, to which this adds
 * @throws BundleError that names the file and the remedy
 */
export const readSet = (
  folder: Folder,
  file: string,
  supplied: readonly string[] | undefined,
  known: KnownFiles,
): ManifestSet => new SetReader(folder, file, known).read(supplied);
