import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { versions } from '../../../scripts/bundle.ts';
import type { OperatorName } from '../../../operators/registration-operator/bundle/index.ts';
import type { DataImage } from '../../../scripts/olm/archive.ts';
import { imageOfCatalog } from '../../../scripts/olm/build-images.ts';
import { annotationsOf, bundleOf, type Csv } from '../../../scripts/olm/bundle.ts';
import { catalogOf } from '../../../scripts/olm/catalog.ts';
import type { Edges } from '../../../scripts/olm/edges.ts';
import type { Files } from '../../../scripts/in-step.ts';
import { readYaml, toYaml } from '../../../scripts/olm/files.ts';
import { bundleImage, defaultRegistry, inRegistry, type NameImage } from '../../../scripts/olm/images.ts';
import { packageNames } from '../../../scripts/olm/package.ts';

/*
 * A catalog of releases that went wrong, and of edges that the real one does not have: all bundles of the real catalog,
 * and each case in a channel of its own.
 */

interface Schema {
  required?: string[];
  properties: Record<string, Schema>;
  default?: unknown;
}

interface Crd {
  spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

/** A release after the newest that is not as it should be, in a channel of its own. */
interface Trial {
  version: string;
  /** Of its operator; that of the newest release by default. */
  image?: string;
  changeCrd?: (version: Crd['spec']['versions'][number]) => void;
  /** It depends on a package that there is none of. */
  needsPackage?: true;
}

interface Document {
  schema: string;
  name: string;
  image?: string;
  properties?: { type: string; value: Record<string, unknown> }[];
}

const releases = versions().map((version) => version.slice(1));
const newest = releases.at(-1)!;

/** An image that no registry has. */
const missingImage = 'registry.invalid/none/registration-operator:v1';

const [major, minor, patch] = newest.split('.').map(Number) as [number, number, number];
const after = (step: number): string => `${major}.${minor}.${patch + step}`;

/** By channel. The image of the bundle of `no-bundle` is in no registry at first. */
export const trials: Record<
  'no-image' | 'no-bundle' | 'drops-version' | 'refuses-present' | 'needs-package' | 'other-default',
  Trial
> = {
  'no-image': { version: after(1), image: missingImage },
  'no-bundle': { version: after(2) },
  'drops-version': { version: after(3), changeCrd: (version) => (version.name = 'v2') },
  'refuses-present': {
    version: after(4),
    changeCrd: ({ schema }) => (schema.openAPIV3Schema.required = ['trial']),
  },
  'needs-package': { version: after(5), needsPackage: true },
  'other-default': {
    version: after(6),
    changeCrd: ({ schema }) =>
      (schema.openAPIV3Schema.properties['spec']!.properties['workImagePullSpec']!.default = 'another'),
  },
};

/** The entries of all channels: edges between releases that the real catalog does not have, and the trials. */
const channelsOf = (name: OperatorName): Record<string, Edges[]> => {
  const of = (version?: string): string => `${name}.v${version}`;
  const [oldest, ...between] = releases.slice(0, -1);
  const steps = releases.map((version, at) => ({
    name: of(version),
    ...(at > 0 && { replaces: of(releases[at - 1]) }),
  }));
  const trial = ({ version }: Trial): Edges[] => [...steps, { name: of(version), replaces: of(newest) }];
  return {
    steps,
    direct: [...steps.slice(0, -1), { ...steps.at(-1)!, skipRange: `>=${oldest} <${newest}` }],
    withdrawn: [
      ...steps.slice(0, -1),
      { name: of(newest), replaces: of(oldest), skips: between.map(of) },
    ],
    ...Object.fromEntries(Object.entries(trials).map(([channel, each]) => [channel, trial(each)])),
  };
};

/** The files of a trial's bundle: those of the newest release, as another version. */
const trialBundle = (
  name: OperatorName,
  { version, image, changeCrd }: Trial,
  nameImage: NameImage,
): Files => {
  const files = new Map(bundleOf(name, newest, nameImage));
  let served = 'v1';
  for (const [file, text] of files) {
    if (!changeCrd || !/^manifests\/\w+\.operator\./.test(file)) continue;
    const crd = readYaml<Crd>(text);
    changeCrd(crd.spec.versions[0]!);
    served = crd.spec.versions[0]!.name;
    files.set(file, toYaml(crd));
  }
  const file = `manifests/${name}.clusterserviceversion.yaml`;
  const text = files.get(file)!;
  const csv = readYaml<Csv>(image ? text.replaceAll(nameImage('registration-operator', newest), image) : text);
  csv.metadata.name = `${name}.v${version}`;
  Object.assign(csv.spec, { version, replaces: `${name}.v${newest}` });
  csv.spec.customresourcedefinitions.owned[0]!.version = served;
  return files.set(file, toYaml(csv));
};

/** What the catalog says of a trial: what it says of the newest release, with another version. */
const trialDocument = (
  name: OperatorName,
  document: Document,
  { version, needsPackage }: Trial,
  nameImage: NameImage,
): Document => {
  const properties = document.properties!.map(({ type, value }) =>
    type === 'olm.package' ? { type, value: { ...value, version } } : { type, value },
  );
  const value = { packageName: 'nothing', versionRange: '>=1.0.0' };
  return {
    ...document,
    name: `${name}.v${version}`,
    image: nameImage(bundleImage(name), version),
    properties: needsPackage ? [...properties, { type: 'olm.package.required', value }] : properties,
  };
};

const trialCatalog = (nameImage: NameImage): Files => {
  const files = new Map(catalogOf(nameImage));
  for (const name of packageNames) {
    const file = `${name}/catalog.yaml`;
    const all = loadAll(files.get(file)!, { schema: CORE_SCHEMA }) as Document[];
    const head = all.find((document) => document.name === `${name}.v${newest}`)!;
    const kept = all.filter(({ schema }) => schema === 'olm.bundle');
    const channels = Object.entries(channelsOf(name)).map(([channel, entries]) => ({
      schema: 'olm.channel',
      package: name,
      name: channel,
      entries,
    }));
    const more = Object.values(trials).map((trial) => trialDocument(name, head, trial, nameImage));
    const ofPackage = { schema: 'olm.package', name, defaultChannel: 'steps' };
    files.set(file, toYaml(ofPackage, ...channels, ...kept, ...more));
  }
  return files;
};

const trialImages = (channels: readonly string[], nameImage: NameImage): DataImage[] =>
  Object.entries(trials)
    .filter(([channel]) => channels.includes(channel))
    .flatMap(([, trial]) =>
      packageNames.map((name) => ({
        reference: nameImage(bundleImage(name), trial.version),
        files: trialBundle(name, trial, nameImage),
        labels: annotationsOf(name, trial.version),
      })),
    );

/** The catalog of all trials, and the images of their bundles but for the one that is missing. */
export const trialCatalogImages = (
  nameImage: NameImage = inRegistry(defaultRegistry),
): [catalog: DataImage, ...bundles: DataImage[]] => [
  imageOfCatalog(trialCatalog(nameImage), 'trials', nameImage),
  ...trialImages(
    Object.keys(trials).filter((channel) => channel !== 'no-bundle'),
    nameImage,
  ),
];

/** The images that are missing at first. */
export const missingBundleImages = (nameImage: NameImage = inRegistry(defaultRegistry)): DataImage[] =>
  trialImages(['no-bundle'], nameImage);
