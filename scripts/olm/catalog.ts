import type { OperatorName } from '../../operators/registration-operator/bundle/index.ts';
import { bundleOf, type Csv, csvIn, releases } from './bundle.ts';
import { channels, defaultChannel, type Release, type Withdrawn } from './edges.ts';
import type { Files } from '../in-step.ts';
import { toYaml } from './files.ts';
import { bundleImage, defaultRegistry, inRegistry, type NameImage } from './images.ts';
import { icon, packageNames, packageOf, withdrawn as allWithdrawn } from './package.ts';

const group = 'operator.open-cluster-management.io';

/** What a catalog says of a ClusterServiceVersion, so that nobody has to pull the image to show it. */
const metadataOf = ({ metadata, spec }: Csv): object => ({
  annotations: metadata.annotations,
  apiServiceDefinitions: {},
  crdDescriptions: spec.customresourcedefinitions,
  description: spec.description,
  displayName: spec.displayName,
  installModes: spec.installModes,
  keywords: spec.keywords,
  links: spec.links,
  ...(spec.maintainers !== undefined && { maintainers: spec.maintainers }),
  maturity: spec.maturity,
  minKubeVersion: spec.minKubeVersion,
  provider: spec.provider,
});

const bundleDocument = (packageName: OperatorName, version: string, nameImage: NameImage): object => {
  const csv = csvIn(packageName, bundleOf(packageName, version, nameImage));
  const image = nameImage(bundleImage(packageName), version);
  return {
    schema: 'olm.bundle',
    name: csv.metadata.name,
    package: packageName,
    image,
    properties: [
      ...csv.spec.customresourcedefinitions.owned.map(({ kind, version: served }) => ({
        type: 'olm.gvk',
        value: { group, kind, version: served },
      })),
      { type: 'olm.package', value: { packageName, version: csv.spec.version } },
      { type: 'olm.csv.metadata', value: metadataOf(csv) },
    ],
    relatedImages: [{ name: '', image }, ...csv.spec.relatedImages],
  };
};

const packageDocuments = (
  packageName: OperatorName,
  all: readonly Release[],
  withdrawn: Withdrawn,
  nameImage: NameImage,
): object[] => {
  const nameOf = (version: string) => `${packageName}.v${version}`;
  const lists = channels(packageName, all, withdrawn);
  const listed = new Set(lists.flatMap(({ entries }) => entries.map(({ name }) => name)));
  const offered = all.filter(({ version }) => listed.has(nameOf(version)));
  const deprecations = offered
    .filter(({ version }) => version in withdrawn)
    .map(({ version }) => ({
      reference: { schema: 'olm.bundle', name: nameOf(version) },
      message: withdrawn[version],
    }));
  const { description } = packageOf(packageName);
  const { base64data, mediatype } = icon();
  return [
    { schema: 'olm.package', name: packageName, defaultChannel, description, icon: { base64data, mediatype } },
    ...lists.map(({ name, entries }) => ({ schema: 'olm.channel', package: packageName, name, entries })),
    ...offered.map(({ version }) => bundleDocument(packageName, version, nameImage)),
    ...(deprecations.length > 0
      ? [{ schema: 'olm.deprecations', package: packageName, entries: deprecations }]
      : []),
  ];
};

/**
 * The catalog of both packages, a file for each, made of the bundles in olm/ (packaging.md 13, 15).
 * `all` are the versions that it offers; by default every one that there is a bundle for.
 */
export const catalogOf = (
  nameImage: NameImage = inRegistry(defaultRegistry),
  { all = releases(), withdrawn = allWithdrawn() }: { all?: readonly Release[]; withdrawn?: Withdrawn } = {},
): Files =>
  new Map(
    packageNames.map((name): [string, string] => [
      `${name}/catalog.yaml`,
      toYaml(...packageDocuments(name, all, withdrawn, nameImage)),
    ]),
  );
