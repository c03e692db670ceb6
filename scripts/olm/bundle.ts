import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBundle, type OperatorName } from '../../operators/registration-operator/bundle/index.ts';
import { versions } from '../bundle.ts';
import { csvOf } from './csv.ts';
import { channelsOf, defaultChannel, entriesOf, type Release } from './edges.ts';
import { type Files, filesIn } from '../in-step.ts';
import { repository } from '../repository.ts';
import { olmFolder, readYaml, toYaml } from './files.ts';
import { defaultRegistry, inRegistry, type NameImage } from './images.ts';
import { common, packageOf, withdrawn } from './package.ts';

const prefix = 'operators.operatorframework.io.bundle';

/** The annotations of a bundle, which are the labels of its image as well (packaging.md 11). */
export const annotationsOf = (packageName: string, version: string): Record<string, string> => ({
  [`${prefix}.mediatype.v1`]: 'registry+v1',
  [`${prefix}.manifests.v1`]: 'manifests/',
  [`${prefix}.metadata.v1`]: 'metadata/',
  [`${prefix}.package.v1`]: packageName,
  [`${prefix}.channels.v1`]: channelsOf(version).join(','),
  [`${prefix}.channel.default.v1`]: defaultChannel,
});

/** Every version that there is a bundle for, oldest first, without a `v`, with the range that it upgrades from. */
export const releases = (): Release[] =>
  versions().map((name) =>
    readYaml<Release>(readFileSync(join(repository, 'bundles', name, 'bundle.yaml'), 'utf8')),
  );

const replicasOf = (packageName: OperatorName): number =>
  readYaml<{ replicaCount: number }>(
    readFileSync(join(repository, 'charts', packageName, 'values.yaml'), 'utf8'),
  ).replicaCount;

/** What bundles/vVERSION makes of a bundle of OLM: the folder olm/PACKAGE/VERSION, when that version comes out. */
export const generateBundle = (packageName: OperatorName, version: string): Files => {
  const bundle = loadBundle(join(repository, 'bundles', `v${version}`));
  const pack = packageOf(packageName);
  const entries = entriesOf(packageName, releases(), withdrawn());
  const edges = entries.find(({ name }) => name === `${packageName}.v${version}`);
  if (!edges) throw new Error(`${packageName} ${version} is withdrawn, or there is no bundle for it`);
  const csv = csvOf({
    bundle,
    package: pack,
    common: common(),
    edges,
    nameImage: inRegistry(defaultRegistry),
    replicas: replicasOf(packageName),
  });
  const crd = readFileSync(join(repository, 'bundles', `v${version}`, 'crds', pack.crd.file), 'utf8');
  return new Map([
    [`manifests/${packageName}.clusterserviceversion.yaml`, toYaml(csv)],
    [`manifests/${pack.crd.file}`, crd],
    ['metadata/annotations.yaml', toYaml({ annotations: annotationsOf(packageName, version) })],
  ]);
};

/** The ClusterServiceVersion of a bundle, as text. */
const csvFile = (packageName: OperatorName): string => `manifests/${packageName}.clusterserviceversion.yaml`;

/** The parts of a ClusterServiceVersion that a catalog says as well. */
export interface Csv {
  metadata: { name: string; annotations: Record<string, string>; labels?: Record<string, string> };
  spec: Record<string, unknown> & {
    version: string;
    relatedImages: { name: string; image: string }[];
    customresourcedefinitions: { owned: { name: string; kind: string; version: string }[] };
  };
}

/** The ClusterServiceVersion of a bundle. */
export const csvIn = (packageName: OperatorName, files: Files): Csv =>
  readYaml<Csv>(files.get(csvFile(packageName)) ?? '');

/**
 * A bundle as it came out, with its images named in another way: in another registry, or by their digests. Every place
 * that names one of the bundle's related images follows, examples among them.
 */
export const bundleOf = (
  packageName: OperatorName,
  version: string,
  nameImage: NameImage = inRegistry(defaultRegistry),
): Files => {
  const files = filesIn(join(olmFolder, packageName, version));
  if (files.size === 0) throw new Error(`olm/${packageName}/${version} is missing: npm run generate`);
  const { relatedImages } = csvIn(packageName, files).spec;
  const renamed = relatedImages.reduce(
    (text, { name, image }) => text.replaceAll(image, nameImage(name, version)),
    files.get(csvFile(packageName)) ?? '',
  );
  return new Map([...files, [csvFile(packageName), renamed]]);
};
