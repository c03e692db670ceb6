import { expect, test } from '@jest/globals';
import { olmImages } from './build-images.ts';
import { catalogOf } from './catalog.ts';
import { mismatches } from './check.ts';
import { inRegistry } from './images.ts';

const nameImage = inRegistry('registry.example');
const catalog = catalogOf(nameImage);
const images = olmImages(nameImage);

test('packaging.md 65: the images of a release hold what its catalog says', () => {
  expect(mismatches(catalog, images)).toEqual([]);
});

test('packaging.md 65: a bundle image with another version than the catalog says is found', () => {
  const changed = images.map((image) =>
    image.reference.endsWith('/klusterlet-bundle:v0.2.0')
      ? {
          ...image,
          files: new Map(
            [...image.files].map(([file, text]) => [file, text.replace(/^  version: .*$/m, '  version: 0.2.1')]),
          ),
        }
      : image,
  );
  expect(mismatches(catalog, changed)).toEqual([
    'klusterlet.v0.2.0: its version in registry.example/klusterlet-bundle:v0.2.0 is 0.2.1',
  ]);
});

test('packaging.md 65: so are an image of another package, and one that is missing', () => {
  const swapped = images.map((image) =>
    image.reference.endsWith('/klusterlet-bundle:v0.2.0')
      ? { ...image, reference: 'registry.example/cluster-manager-bundle:v0.2.0' }
      : image,
  );
  expect(mismatches(catalog, swapped.toReversed())).toEqual([
    'cluster-manager.v0.2.0: its name in registry.example/cluster-manager-bundle:v0.2.0 is klusterlet.v0.2.0, ' +
      'its package in registry.example/cluster-manager-bundle:v0.2.0 is klusterlet',
    'klusterlet.v0.2.0: there is no image registry.example/klusterlet-bundle:v0.2.0',
  ]);
});
