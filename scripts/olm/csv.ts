import minVersion from 'semver/ranges/min-version.js';
import { secret } from '../../operators/api/names.ts';
import {
  type Bundle,
  type OperatorName,
  policyParameters,
  render,
  type SetName,
} from '../../operators/registration-operator/bundle/index.ts';
import { expand } from '../../operators/registration-operator/bundle/template.ts';
import { type Schema, descriptorsOf } from './descriptors.ts';
import type { Edges } from './edges.ts';
import type { NameImage } from './images.ts';
import { icon, type Common, type Package } from './package.ts';

/** Parts of the operator's manifests, as the bundle renders them. */
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  rules?: object[];
  imagePullSecrets?: object[];
  spec?: { template: { spec: Record<string, unknown> & { containers?: Container[] } } };
}

interface RelatedImage {
  name: string;
  image: string;
}

interface Crd {
  metadata: { name: string };
  spec: {
    names: { kind: string };
    versions: { name: string; storage: boolean; schema: { openAPIV3Schema: Schema } }[];
  };
}

/** Where the operators are at home; no object of a bundle names it, but the operators' parameters ask for one. */
const namespace = 'open-cluster-management';

/** What a ClusterManager or Klusterlet makes, kind by kind, so that a console can list it. */
const resourcesOf = (bundle: Bundle, set: SetName): { kind: string; version: string; name: string }[] => {
  const files = bundle.sets[set]?.stages.flatMap(({ manifests }) => manifests.map(({ file }) => file)) ?? [];
  const kinds = files
    .flatMap((file) => bundle.documents(file))
    .map(({ apiVersion, kind }) => `${kind} ${apiVersion?.split('/').at(-1)}`);
  return [...new Set(kinds)]
    .sort()
    .map((each) => each.split(' '))
    .map(([kind = '', version = '']) => ({ kind, version, name: '' }));
};

const sets: Record<OperatorName, SetName> = { 'cluster-manager': 'clustermanager', klusterlet: 'klusterlet' };

const ownedCrd = (bundle: Bundle, { name, crd, specDescriptors, statusDescriptors }: Package): object => {
  const [document] = bundle.documents(`crds/${crd.file}`);
  const { metadata, spec } = document as unknown as Crd;
  const version = spec.versions.find(({ storage }) => storage);
  const schema = version?.schema.openAPIV3Schema;
  if (!version || !schema?.description) throw new Error(`${crd.file}: no stored version with a description`);
  return {
    name: metadata.name,
    version: version.name,
    kind: spec.names.kind,
    displayName: crd.displayName,
    description: schema.description,
    resources: resourcesOf(bundle, sets[name]),
    specDescriptors: descriptorsOf(schema.properties?.spec ?? {}, specDescriptors),
    statusDescriptors: descriptorsOf(schema.properties?.status ?? {}, statusDescriptors),
  };
};

interface Container {
  env?: { name: string; value?: string }[];
}

/** As the operators ask for the images of what they install, where a resource names none; mirroring rewrites these. */
const relatedImageVariable = (component: string): string =>
  `RELATED_IMAGE_${component.replaceAll('-', '_').toUpperCase()}`;

/** The operator's containers, told the images that the bundle lists. */
const withRelatedImages = (
  containers: readonly Container[],
  relatedImages: readonly RelatedImage[],
): Container[] => {
  const variables = relatedImages.map(({ name, image }) => ({ name: relatedImageVariable(name), value: image }));
  return containers.map((container) => ({ ...container, env: [...(container.env ?? []), ...variables] }));
};

/**
 * The strategy by which OLM installs the operator: the Deployment and the rights of its ServiceAccount as the bundle has
 * them. OLM makes the ServiceAccount itself, without the Secrets for pulling images, which therefore move to the Pod.
 */
const installOf = (
  name: OperatorName,
  manifests: readonly Manifest[],
  relatedImages: readonly RelatedImage[],
): object => {
  const rulesOf = (kind: string) => manifests.flatMap((each) => (each.kind === kind ? (each.rules ?? []) : []));
  const permissions = (kind: string) =>
    rulesOf(kind).length > 0 ? [{ serviceAccountName: name, rules: rulesOf(kind) }] : undefined;
  const pullSecrets = manifests.find(({ kind }) => kind === 'ServiceAccount')?.imagePullSecrets;
  const deployments = manifests
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata, spec }) => ({
      name: metadata.name,
      label: metadata.labels,
      spec: {
        ...spec,
        template: {
          ...spec?.template,
          spec: {
            ...(pullSecrets && { imagePullSecrets: pullSecrets }),
            ...spec?.template.spec,
            containers: withRelatedImages(spec?.template.spec.containers ?? [], relatedImages),
          },
        },
      },
    }));
  return {
    strategy: 'deployment',
    spec: {
      ...(permissions('Role') && { permissions: permissions('Role') }),
      clusterPermissions: permissions('ClusterRole'),
      deployments,
    },
  };
};

/** Kinds that a CSV says in its own words, or that OLM makes of it. */
const inCsv = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Deployment',
  'Role',
  'RoleBinding',
  'ServiceAccount',
]);

/** The operator's manifests, rendered as for a namespace of OLM. Throws for a kind that no CSV can say. */
const operatorManifests = (
  bundle: Bundle,
  { name }: Package,
  image: string,
  replicas: number,
): readonly Manifest[] => {
  const manifests = render(bundle, `install/${name}`, {
    mode: 'Default',
    features: [],
    parameters: {
      namespace,
      image,
      replicas,
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: [{ name: secret.imagePull }],
      imagePullSecretName: secret.imagePull,
      ...policyParameters(name, false),
      arguments: [],
    },
  }).flatMap(({ objects }) => objects.map(({ object }) => object as unknown as Manifest));
  for (const { kind, metadata } of manifests)
    if (!inCsv.has(kind) || (kind === 'Role' && metadata.namespace !== namespace))
      throw new Error(`${kind} ${metadata.name}: OLM does not install it. Leave it out or change scripts/olm`);
  return manifests;
};

const installModes = [
  { type: 'OwnNamespace', supported: true },
  { type: 'SingleNamespace', supported: true },
  { type: 'MultiNamespace', supported: false },
  { type: 'AllNamespaces', supported: true },
];

/** What a ClusterServiceVersion is made of. */
export interface CsvInput {
  bundle: Bundle;
  package: Package;
  common: Common;
  edges: Edges;
  nameImage: NameImage;
  /** Pods of the operator. */
  replicas: number;
}

/** The ClusterServiceVersion of one version of an operator (packaging.md 7.1, 11). */
export const csvOf = ({ bundle, package: pack, common, edges, nameImage, replicas }: CsvInput): object => {
  const imageOf = (component: string) => nameImage(component, bundle.version);
  const operatorImage = imageOf('registration-operator');
  const images = {
    operatorImage,
    registrationImage: imageOf('registration'),
    workImage: imageOf('work'),
    placementImage: imageOf('placement'),
    addOnManagerImage: imageOf('addon-manager'),
  };
  const sample = expand(pack.sample, images);
  const relatedImages = Object.keys(bundle.images).map((name) => ({ name, image: imageOf(name) }));
  const kubernetes = minVersion(bundle.kubernetes);
  if (!kubernetes) throw new Error(`bundle ${bundle.version}: no version is in ${bundle.kubernetes}`);
  return {
    apiVersion: 'operators.coreos.com/v1alpha1',
    kind: 'ClusterServiceVersion',
    metadata: {
      name: `${pack.name}.v${bundle.version}`,
      namespace: 'placeholder',
      annotations: {
        'alm-examples': JSON.stringify([sample], null, 2),
        capabilities: common.capabilities,
        categories: common.categories,
        certified: 'false',
        containerImage: operatorImage,
        description: pack.summary,
        ...(edges.skipRange && { 'olm.skipRange': edges.skipRange }),
        'operatorframework.io/initialization-resource': JSON.stringify(sample, null, 2),
        'operatorframework.io/suggested-namespace': namespace,
        support: common.provider.name,
      },
    },
    spec: {
      displayName: pack.displayName,
      description: pack.description,
      icon: [icon()],
      version: bundle.version,
      ...(edges.replaces && { replaces: edges.replaces }),
      ...(edges.skips && { skips: edges.skips }),
      minKubeVersion: kubernetes.version,
      maturity: common.maturity,
      provider: common.provider,
      ...(common.maintainers && { maintainers: common.maintainers }),
      keywords: pack.keywords,
      links: common.links,
      installModes,
      selector: { matchLabels: { app: pack.name } },
      customresourcedefinitions: { owned: [ownedCrd(bundle, pack)] },
      install: installOf(pack.name, operatorManifests(bundle, pack, operatorImage, replicas), relatedImages),
      relatedImages,
    },
  };
};
