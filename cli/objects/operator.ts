import { findBundles, loadBundles, render } from '../../operators/registration-operator/bundle/index.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';

export const OPERATOR_NAMESPACE = 'open-cluster-management';
export const PULL_SECRET = 'open-cluster-management-image-pull-credentials';

/** What the operator's Deployment takes from the command line (packaging.md 2.3, 3.3). */
export interface OperatorInstall {
  operator: 'cluster-manager' | 'klusterlet';
  image: string;
  replicas: number;
  syncLabels: boolean;
}

/** CRD, ServiceAccount, RBAC and Deployment of one operator, from the newest bundle. */
export const operatorObjects = (install: OperatorInstall): UnknownObject[] => {
  const [newest] = loadBundles(findBundles(), { sets: [`install/${install.operator}`] });
  const stages = render(newest, `install/${install.operator}`, {
    mode: 'Default',
    features: [],
    parameters: {
      namespace: OPERATOR_NAMESPACE,
      image: install.image,
      replicas: install.replicas,
      syncLabels: install.syncLabels ? '--enable-sync-labels' : null,
    },
  });
  return stages.flatMap(({ objects }) => objects.map(({ object }) => object));
};

export const namespaceObject = (name: string): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations: { 'workload.openshift.io/allowed': 'management' } },
});

/** The pull secret of all images; `{}` when no credentials were given. */
export const pullSecret = (dockerConfigJson: string, app: string): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: PULL_SECRET, namespace: OPERATOR_NAMESPACE, labels: { app } },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from(dockerConfigJson || '{}').toString('base64') },
});

export const opaqueSecret = (
  namespace: string,
  name: string,
  values: Record<string, string>,
): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type: 'Opaque',
  data: Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});

/** `--image-registry`, `--bundle-version` and overrides of a values file, as one image reference. */
export const imageOf = (
  images: { registry: string; tag: string; overrides?: Record<string, string> },
  component: 'registration-operator' | 'registration' | 'work' | 'placement' | 'addon-manager',
): string => {
  const override = images.overrides?.[OVERRIDES[component]];
  return override || `${images.registry.replace(/\/+$/, '')}/${component}:${images.tag}`;
};

const OVERRIDES = {
  'registration-operator': 'operatorImage',
  registration: 'registrationImage',
  work: 'workImage',
  placement: 'placementImage',
  'addon-manager': 'addOnManagerImage',
} as const;
