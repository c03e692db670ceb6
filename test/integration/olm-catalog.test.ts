import { describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { DataImage } from '../../scripts/olm/archive.ts';
import { bundleOf, csvIn, releases } from '../../scripts/olm/bundle.ts';
import { imageOfCatalog, olmImages } from '../../scripts/olm/build-images.ts';
import { catalogOf } from '../../scripts/olm/catalog.ts';
import { mismatches } from '../../scripts/olm/check.ts';
import type { Files } from '../../scripts/in-step.ts';
import { toYaml } from '../../scripts/olm/files.ts';
import { bundleImage, inRegistry } from '../../scripts/olm/images.ts';
import { packageNames } from '../../scripts/olm/package.ts';
import type { Any } from './cli/harness.ts';
import { opmOn, type Outcome } from './olm/opm.ts';

const versions = releases().map(({ version }) => version);
const newest = versions.at(-1) ?? '';
const catalog = catalogOf();

const documentsOf = (files: Files): Any[] => [...files.values()].flatMap((text) => loadAll(text) as Any[]);

const validate = (files: Files): Promise<Outcome> => opmOn(files, (folder) => ['validate', folder]);

/** Serves a catalog, that is converts it into what OLM asks for, and ends. */
const convert = (files: Files): Promise<Outcome> =>
  opmOn(files, (folder) => ['serve', folder, '--cache-dir', `${folder}-cache`, '--cache-only']);

/** An image under the name that a candidate for the newest release would have. */
const ofCandidate = (image: DataImage): DataImage => ({
  ...image,
  reference: image.reference.replace(new RegExp(`:v${newest}$`), `:v${newest}-rc.1`),
});

const valid = { status: 0, stdout: '', stderr: '' };

describe('the catalog', () => {
  test('packaging.md 59: is valid, and is converted', async () => {
    expect(await validate(catalog)).toMatchObject(valid);
    expect(await convert(catalog)).toMatchObject({ status: 0 });
  });

  test('packaging.md 59: stable has the newest version of both packages as its head', async () => {
    const { stdout } = await opmOn(catalog, (folder) => ['alpha', 'list', 'channels', folder]);
    const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
    for (const name of packageNames) expect(lines).toContainEqual([name, 'stable', `${name}.v${newest}`]);
  });

  test('packaging.md 15.1: both operators are in it, of all versions, and neither needs anything else', () => {
    const documents = documentsOf(catalog);
    for (const name of packageNames) {
      const bundles = documents.filter((each) => each.schema === 'olm.bundle' && each.package === name);
      expect(bundles.map((each) => each.name)).toEqual(versions.map((version) => `${name}.v${version}`));
      expect(JSON.stringify(bundles)).not.toMatch(/olm\.(?:gvk|package)\.required|olm\.constraint/);
    }
  });

  test.each(packageNames.flatMap((name) => versions.map((version) => ({ name, version }))))(
    'packaging.md 64: what opm makes of the bundle $name $version is what the catalog says of it',
    async ({ name, version }) => {
      const image = `registry.example/ocm/${bundleImage(name)}:v{{.Version}}`;
      const nameImage = inRegistry('registry.example/ocm');
      const { stdout } = await opmOn(bundleOf(name, version, nameImage), (folder) => [
        'render',
        folder,
        '--alpha-image-ref-template',
        image,
        '--migrate-level',
        'bundle-object-to-csv-metadata',
        '--output',
        'json',
      ]);
      const document = documentsOf(catalogOf(nameImage)).find((each) => each.name === `${name}.v${version}`);
      const byImage = (images: Any[]) => images.toSorted((a, b) => (a.image < b.image ? -1 : 1));
      const rendered = JSON.parse(stdout);
      expect({ ...rendered, relatedImages: byImage(rendered.relatedImages) }).toEqual({
        ...document,
        relatedImages: byImage(document.relatedImages),
      });
    },
  );

  test('packaging.md 65: opm does not see that an image holds another version than the catalog says; a release does', async () => {
    const nameImage = inRegistry('registry.example/ocm');
    const images = olmImages(nameImage);
    expect(mismatches(catalogOf(nameImage), images)).toEqual([]);
    const [name] = packageNames;
    const renamed = new Map(
      [...catalogOf(nameImage)].map(([file, text]) => [file, text.replaceAll(newest, `${newest}-rc.1`)]),
    );
    expect(await validate(renamed)).toMatchObject(valid);
    expect(mismatches(renamed, images.map(ofCandidate))).toContain(
      `${name}.v${newest}-rc.1: its name in registry.example/ocm/${bundleImage(name!)}:v${newest}-rc.1 is ${name}.v${newest}, ` +
        `its version in registry.example/ocm/${bundleImage(name!)}:v${newest}-rc.1 is ${newest}`,
    );
  });

  test('packaging.md 91: the oldest versions replace nothing, so that they load in any form', () => {
    for (const name of packageNames)
      expect(csvIn(name, bundleOf(name, versions[0] ?? '')).spec).not.toHaveProperty('replaces');
  });

  test('packaging.md 66: a file that is no catalog is refused, unless .indexignore names it', async () => {
    const described = new Map([...catalog, ['README.md', '# Catalog\n']]);
    expect(await validate(described)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/missing root schema field|error (?:un)?marshaling|cannot unmarshal/),
    });
    expect(await validate(new Map([...described, ['.indexignore', 'README.md\n']]))).toMatchObject(valid);
  });
});

describe('images of the catalog', () => {
  test('packaging.md, section 11: a bundle image says of itself what is in it', () => {
    for (const { files, labels, reference } of olmImages(inRegistry('registry.example')).slice(0, -1)) {
      const { annotations } = (loadAll(files.get('metadata/annotations.yaml') ?? '') as Any[])[0];
      expect({ reference, labels }).toEqual({ reference, labels: annotations });
    }
  });

  test('packaging.md, section 13: the image of the catalog holds it, and says where', () => {
    expect(imageOfCatalog(catalog, newest, inRegistry('registry.example'))).toEqual({
      reference: `registry.example/catalog:v${newest}`,
      labels: { 'operators.operatorframework.io.index.configs.v1': '/configs' },
      files: new Map([...catalog].map(([file, text]) => [`configs/${file}`, text])),
    });
  });
});

describe('versions that are withdrawn', () => {
  // Between releases that upgrade from two versions back.
  const all = releases().map(({ version }) => ({ version, upgradesFrom: `<${version}` }));
  const [, between = ''] = versions;

  test('packaging.md 61: are skipped and deprecated, and the catalog is valid', async () => {
    const files = catalogOf(undefined, { all, withdrawn: { [between]: 'It lost works.' } });
    expect(await validate(files)).toMatchObject(valid);
    expect(documentsOf(files)).toContainEqual({
      schema: 'olm.deprecations',
      package: 'klusterlet',
      entries: [
        {
          reference: { schema: 'olm.bundle', name: `klusterlet.v${between}` },
          message: 'It lost works.',
        },
      ],
    });
  });

  test('packaging.md 61: without being skipped they are a second head', async () => {
    const files = catalogOf(undefined, { all, withdrawn: { [between]: 'It lost works.' } });
    const documents = documentsOf(files);
    for (const { entries = [] } of documents) for (const entry of entries) delete entry.skips;
    const { status, stderr } = await validate(new Map([['catalog.yaml', toYaml(...documents)]]));
    expect(stderr).toContain('multiple channel heads found in graph');
    expect(status).toBe(1);
  });
});

/** The documents of the klusterlet's catalog, with only the channel stable, to be broken. */
interface Parts {
  documents: Any[];
  pack: Any;
  channel: Any;
  entries: Any[];
  bundles: Any[];
}

const name = 'klusterlet';
const [first = '', second = ''] = versions;

const changed = (change: (parts: Parts) => unknown): Files => {
  const [pack, ...others] = documentsOf(new Map([...catalog].filter(([file]) => file.startsWith(name))));
  const channel = others.find((each) => each.schema === 'olm.channel' && each.name === 'stable');
  const bundles = others.filter((each) => each.schema === 'olm.bundle');
  const documents = [pack, channel, ...bundles];
  change({ documents, pack, channel, bundles, entries: channel.entries });
  return new Map([['catalog.yaml', toYaml(...documents)]]);
};

/** A copy that js-yaml takes: structuredClone makes objects of another realm in a test. */
const copied = (value: Any): Any => JSON.parse(JSON.stringify(value));

const propertyOf = (bundle: Any, type: string): Any =>
  bundle.properties.find((each: Any) => each.type === type);

describe('catalogs', () => {
  test.each<[says: string, change: (parts: Parts) => unknown]>([
    ['is missing root schema field', ({ pack }) => delete pack.schema],
    [`duplicate package "${name}"`, ({ documents, pack }) => documents.push({ ...pack })],
    [
      'invalid package name "Not_A_Label"',
      ({ documents }) => {
        for (const each of documents)
          each[each.schema === 'olm.package' ? 'name' : 'package'] = 'Not_A_Label';
        for (const { properties = [] } of documents)
          for (const { value } of properties) if (value.packageName) value.packageName = 'Not_A_Label';
      },
    ],
    ['default channel must be set', ({ pack }) => delete pack.defaultChannel],
    [
      'invalid channel "fast": channel must contain at least one bundle',
      ({ pack }) => (pack.defaultChannel = 'fast'),
    ],
    ['unknown package "zzz" for channel "stable"', ({ channel }) => (channel.package = 'zzz')],
    [
      `package "${name}" has duplicate channel "stable"`,
      ({ documents, channel }) => documents.push(copied(channel)),
    ],
    ['duplicate entry', ({ entries }) => entries.push({ ...entries[0] })],
    [
      'invalid channel "empty": channel must contain at least one bundle',
      ({ documents, channel }) => documents.push({ ...channel, name: 'empty', entries: [] }),
    ],
    [
      `no olm.bundle blobs found in package "${name}" for olm.channel entries [${name}.v9.0.0]`,
      ({ entries }) => entries.push({ name: `${name}.v9.0.0`, replaces: `${name}.v${newest}` }),
    ],
    [`bundle "${name}.v${newest}" not found in any channel entries`, ({ entries }) => entries.pop()],
    [
      `package "${name}" has duplicate bundle "${name}.v${first}"`,
      ({ documents, bundles }) => documents.push(copied(bundles[0])),
    ],
    [
      'must have exactly 1 "olm.package" property, found 2',
      ({ bundles: [bundle] }) => bundle.properties.push({ ...propertyOf(bundle, 'olm.package') }),
    ],
    [
      `package "${name}" does not match "olm.package" property "other"`,
      ({ bundles: [bundle] }) => (propertyOf(bundle, 'olm.package').value.packageName = 'other'),
    ],
    [
      'Invalid character(s) found in major number "v1"',
      ({ bundles: [bundle] }) => (propertyOf(bundle, 'olm.package').value.version = 'v1.0.0'),
    ],
    [
      'duplicate versions found in bundles',
      ({ bundles: [bundle] }) => (propertyOf(bundle, 'olm.package').value.version = second),
    ],
    ['bundle image must be set', ({ bundles: [bundle] }) => (bundle.image = '')],
    ['multiple channel heads found in graph', ({ entries }) => delete entries[2].replaces],
    ['no channel head found in graph', ({ entries }) => (entries[0].replaces = entries.at(-1).name)],
    [
      'detected cycle in replaces chain of upgrade graph',
      ({ entries }) => (entries[0].replaces = entries[1].name),
    ],
    ['skip[0] is empty', ({ entries }) => (entries[1].skips = [''])],
    [
      `cannot deprecate bundle "other" for package "${name}": bundle not found`,
      ({ documents }) =>
        documents.push({
          schema: 'olm.deprecations',
          package: name,
          entries: [{ reference: { schema: 'olm.bundle', name: 'other' }, message: 'Gone.' }],
        }),
    ],
  ])('packaging.md 60: %s', async (says, change) => {
    const { status, stderr } = await validate(changed(change));
    // Messages are a tree; these are its lines in one.
    expect(stderr.replaceAll(/\\n\s*└── /g, ' ').replaceAll('\\"', '"')).toContain(says);
    expect(status).toBe(1);
  });

  test('packaging.md 92: whoever has what nothing replaces and nothing skips is stranded', async () => {
    const files = changed(({ entries }) => {
      delete entries[2].replaces;
      entries[2].skips = [entries[1].name];
    });
    expect(await validate(files)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`channel contains one or more stranded bundles: ${name}.v${first}`),
    });
  });

  test.each<[what: string, change: (parts: Parts) => unknown]>([
    [
      'packaging.md 62: the oldest replaces what is not there',
      ({ entries }) => (entries[0].replaces = `${name}.v0.0.1`),
    ],
    [
      'packaging.md, section 14: a document of a schema that nobody knows',
      ({ documents }) => documents.push({ schema: 'a.b' }),
    ],
    [
      'packaging.md, section 14: the same bundles in two channels',
      ({ documents, channel }) => documents.push({ ...channel, name: 'candidate' }),
    ],
  ])('%s is taken', async (_, change) => {
    expect(await validate(changed(change))).toMatchObject(valid);
  });

  test('packaging.md 63: what is said of a CSV twice is found only when the catalog is converted', async () => {
    const files = changed(({ bundles: [bundle] }) =>
      bundle.properties.push(propertyOf(bundle, 'olm.csv.metadata')),
    );
    expect(await validate(files)).toMatchObject(valid);
    expect(await convert(files)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('expected at most 1 property of type'),
    });
  });
});
