import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadBundle } from '../../operators/registration-operator/bundle/index.ts';
import { bundleOf, csvIn, generateBundle, releases } from './bundle.ts';
import { filesIn } from '../in-step.ts';
import { repository } from '../repository.ts';
import { olmFolder } from './files.ts';
import { inRegistry } from './images.ts';
import { packageNames } from './package.ts';

const hashOf = (folder: string): string => {
  const hash = createHash('sha256');
  for (const [file, text] of filesIn(folder)) hash.update(`${file}\n${text}\n`);
  return hash.digest('hex').slice(0, 16);
};

/** Bundles that came out. Whoever cuts a release adds what was the newest, and changes none. */
const released: Record<string, string> = {
  'cluster-manager/0.1.0': '61ab81b04788412c',
  'cluster-manager/0.2.0': 'e29243cdf0929db0',
  'cluster-manager/0.3.0': 'c3c1dfced1f79bd4',
  'klusterlet/0.1.0': 'a09280305d030935',
  'klusterlet/0.2.0': '5a7ba56dfd6715d2',
  'klusterlet/0.3.0': 'c2cb71733b23e01c',
};

const versions = releases().map(({ version }) => version);
const newest = versions.at(-1) ?? '';
const all = packageNames.flatMap((name) => versions.map((version) => ({ name, version })));

describe('bundles that came out', () => {
  test('packaging.md 20.5: each version but the newest is one of them', () => {
    expect(Object.keys(released).sort()).toEqual(
      all
        .filter(({ version }) => version !== newest)
        .map(({ name, version }) => `${name}/${version}`)
        .sort(),
    );
  });

  test.each(Object.entries(released))('packaging.md 20.5: %s is as it came out', (folder, hash) => {
    expect(hashOf(join(olmFolder, folder))).toBe(hash);
  });
});

test.each(packageNames)('packaging.md 20.2: the newest bundle of %s is what bundles/ makes of it', (name) => {
  expect(bundleOf(name, newest)).toEqual(generateBundle(name, newest));
});

describe.each(all)('$name $version', ({ name, version }) => {
  const csv = csvIn(name, bundleOf(name, version));

  test('packaging.md, section 11: name and version of the CSV are those of the folder, and images have that version', () => {
    expect(csv.metadata.name).toBe(`${name}.v${version}`);
    expect(csv.spec.version).toBe(version);
    for (const { image } of csv.spec.relatedImages) expect(image).toMatch(new RegExp(`:v${version}$`));
  });

  test('packaging.md, section 11: related images are those of the bundle, and each image that it names is among them', () => {
    const bundle = loadBundle(join(repository, 'bundles', `v${version}`));
    expect(csv.spec.relatedImages.map((image) => image.name)).toEqual(Object.keys(bundle.images));
    const registry = csv.spec.relatedImages[0]?.image.replace(/\/[^/]*$/, '') ?? '';
    const named = JSON.stringify(csv).match(new RegExp(`${registry.replaceAll('.', '\\.')}/[^"\\\\]+`, 'g'));
    expect(new Set(named)).toEqual(new Set(csv.spec.relatedImages.map(({ image }) => image)));
  });

  test('packaging.md, section 11: in another registry every image is there, and nothing else changes', () => {
    const before = bundleOf(name, version);
    const moved = bundleOf(name, version, inRegistry('registry.example/mirror'));
    const text = [...moved.values()].join('\n');
    for (const { image } of csv.spec.relatedImages) expect(text).not.toContain(image);
    expect(bundleOf(name, version, inRegistry('a'))).not.toEqual(before);
    const [first] = csv.spec.relatedImages;
    const registry = first?.image.slice(0, -`/${first.name}:v${version}`.length) ?? '';
    expect(bundleOf(name, version, inRegistry(registry))).toEqual(before);
  });
});
