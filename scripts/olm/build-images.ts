/**
 * Writes the images of olm/ as one archive and prints their names: a bundle image for each version of each package, and
 * the image of the catalog. IMAGE_REGISTRY is where they and the images that they name are to be.
 *
 *     node scripts/olm/build-images.ts [archive]      default: dist/olm-images.tar
 */
import { join } from 'node:path';
import { type DataImage, writeArchive } from './archive.ts';
import { annotationsOf, bundleOf, releases } from './bundle.ts';
import { catalogOf } from './catalog.ts';
import { mismatches } from './check.ts';
import type { Files } from '../in-step.ts';
import { repository } from '../repository.ts';
import { bundleImage, catalogImage, defaultRegistry, inRegistry, type NameImage } from './images.ts';
import { packageNames } from './package.ts';

/** Where a catalog image has its catalog, and what says so. */
const catalogFolder = 'configs';
const catalogLabels = { 'operators.operatorframework.io.index.configs.v1': `/${catalogFolder}` };

const below = (folder: string, files: Files): Files =>
  new Map([...files].map(([file, text]): [string, string] => [join(folder, file), text]));

/** The image of a catalog under the name of a version; it holds data only. */
export const imageOfCatalog = (files: Files, version: string, nameImage: NameImage): DataImage => ({
  reference: nameImage(catalogImage, version),
  files: below(catalogFolder, files),
  labels: catalogLabels,
});

/** All images of olm/: bundles, and last the catalog under the newest version. */
export const olmImages = (nameImage: NameImage): DataImage[] => {
  const versions = releases().map(({ version }) => version);
  const bundles = packageNames.flatMap((name) =>
    versions.map((version) => ({
      reference: nameImage(bundleImage(name), version),
      files: bundleOf(name, version, nameImage),
      labels: annotationsOf(name, version),
    })),
  );
  return [...bundles, imageOfCatalog(catalogOf(nameImage), versions.at(-1) ?? '', nameImage)];
};

if (import.meta.main) {
  const archive = process.argv[2] ?? join(repository, 'dist/olm-images.tar');
  const nameImage = inRegistry(process.env.IMAGE_REGISTRY || defaultRegistry);
  const images = olmImages(nameImage);
  const wrong = mismatches(catalogOf(nameImage), images);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  writeArchive(archive, images);
  for (const { reference } of images) process.stdout.write(`${reference}\n`);
  process.stdout.write(`${archive}\n`);
}
