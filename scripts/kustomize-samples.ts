import { bootstrapObjects } from '../cli/objects/bootstrap.ts';
import type { OperatorName } from '../operators/registration-operator/bundle/index.ts';

const group = 'operator.open-cluster-management.io';
const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
const folder = 'samples';

/** A file that a user puts beside the kustomization, as the only key of a Secret. */
const secretFrom = (name: string, namespace: string, key: string, file = name) => ({
  ...kustomization,
  generatorOptions: { disableNameSuffixHash: true },
  secretGenerator: [{ name, namespace, files: [`${key}=${file}`], type: 'Opaque' }],
});

const clusterManager = (images: (name: string) => string, deployOption: object) => ({
  apiVersion: `${group}/v1`,
  kind: 'ClusterManager',
  metadata: { name: 'cluster-manager' },
  spec: {
    registrationImagePullSpec: images('registration'),
    workImagePullSpec: images('work'),
    placementImagePullSpec: images('placement'),
    addOnManagerImagePullSpec: images('addon-manager'),
    deployOption,
    registrationConfiguration: { featureGates: [{ feature: 'DefaultClusterSet', mode: 'Enable' }] },
  },
});

const klusterlet = (images: (name: string) => string) => ({
  apiVersion: `${group}/v1`,
  kind: 'Klusterlet',
  metadata: { name: 'klusterlet' },
  spec: {
    deployOption: { mode: 'Singleton' },
    imagePullSpec: images('registration-operator'),
    registrationImagePullSpec: images('registration'),
    workImagePullSpec: images('work'),
    clusterName: 'cluster1',
    namespace: 'open-cluster-management-agent',
    externalServerURLs: [{ url: 'https://localhost' }],
  },
});

/** The custom resources of an operator, and a kustomization of those that most start with (packaging.md 6). */
export const customResources = (
  operator: OperatorName,
  registry: string,
  version: string,
): Record<string, object> => {
  const images = (name: string): string => `${registry}/${name}:${version}`;
  const plural = operator === 'cluster-manager' ? 'clustermanagers' : 'klusterlets';
  const file = `operator_open-cluster-management_${plural}.cr.yaml`;
  const common = { [`${folder}/kustomization.yaml`]: { ...kustomization, resources: [file] } };
  if (operator === 'klusterlet') return { ...common, [`${folder}/${file}`]: klusterlet(images) };
  const hosted = {
    registrationWebhookConfiguration: { address: 'management-control-plane', port: 30443 },
    workWebhookConfiguration: { address: 'management-control-plane', port: 31443 },
    addonWebhookConfiguration: { address: 'management-control-plane', port: 32443 },
  };
  return {
    ...common,
    [`${folder}/${file}`]: clusterManager(images, { mode: 'Default' }),
    [`${folder}/operator_open-cluster-management_clustermanagers_hosted.cr.yaml`]: clusterManager(images, {
      mode: 'Hosted',
      hosted,
    }),
  };
};

/** What agents ask for admission with, by a token of a ServiceAccount: a file for each object. */
export const bootstrapAccess = (operator: OperatorName): Record<string, object> => {
  if (operator === 'klusterlet') return {};
  const objects = bootstrapObjects({ createBootstrapSA: true, createBootstrapToken: false });
  const files = objects.map((object): [string, object] => [`${object.kind?.toLowerCase()}.yaml`, object]);
  return Object.fromEntries([
    [`${folder}/bootstrap/kustomization.yaml`, { ...kustomization, resources: files.map(([file]) => file) }],
    ...files.map(([file, object]) => [`${folder}/bootstrap/${file}`, object]),
  ]);
};

/** Kustomizations that make the Secrets of an operator's clusters from files of the user (packaging.md 6). */
export const generatedSecrets = (operator: OperatorName): Record<string, object> =>
  operator === 'cluster-manager'
    ? {
        [`${folder}/cluster-manager/kustomization.yaml`]: secretFrom(
          'external-hub-kubeconfig',
          'cluster-manager',
          'kubeconfig',
        ),
      }
    : {
        [`${folder}/bootstrap/kustomization.yaml`]: secretFrom(
          'bootstrap-hub-kubeconfig',
          'open-cluster-management-agent',
          'kubeconfig',
          'hub-kubeconfig',
        ),
        [`${folder}/managedcluster/kustomization.yaml`]: secretFrom(
          'external-managed-kubeconfig',
          'klusterlet',
          'kubeconfig',
        ),
      };
