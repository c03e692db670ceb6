import { X509Certificate } from 'node:crypto';
import {
  clusterManagementAddOnsV1alpha1 as managementAddOns,
  clusterManagers,
  managedClusterAddOnsV1alpha1 as addOns,
  managedClusterSetBindings,
  managedClusterSets,
  manifestWorks,
  placements,
} from '../../../operators/api/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  endpointSlices,
  mutatingWebhookConfigurations,
  namespaces,
  validatingWebhookConfigurations,
} from '../../../operators/runtime/client/kubernetes.ts';
import { isHub } from '../../cluster/required-apis.ts';
import { BOOTSTRAP_ROLE, CLUSTER_MANAGER, HUB_NAMESPACE, OPERATOR_NAMESPACE } from '../../names.ts';
import { fleetFacts } from '../../status/gather.ts';
import type { HubFacts, WebhookFacts } from '../facts.ts';
import { leanClusterFacts, leanClusterManager, leanStatus, leanWork } from './lean.ts';
import type { Reader } from './reader.ts';
import { workload, workloadsIn } from './workloads.ts';

/** What a hub knows of itself and of its clusters; undefined where no hub was ever installed. */
export const hubFacts = async (client: Client, read: Reader): Promise<HubFacts | undefined> => {
  const served = await isHub(client);
  const operator = await read(
    'the operator',
    () => workload(client, OPERATOR_NAMESPACE, CLUSTER_MANAGER),
    undefined,
  );
  if (!served && !operator) return undefined;
  const installed = await client.resourceFor('operator.open-cluster-management.io/v1', 'ClusterManager');
  const find = async () =>
    installed ? ((await client.find(clusterManagers, CLUSTER_MANAGER)) ?? null) : null;
  const clusterManager = await read('the ClusterManager', find, undefined);
  return {
    clusterManager: clusterManager && leanClusterManager(clusterManager),
    operator,
    operands: await read(`the Pods in ${HUB_NAMESPACE}`, () => workloadsIn(client, HUB_NAMESPACE), []),
    webhooks: await read('the webhooks', () => webhooks(client), []),
    missingBootstrap: await read('the RBAC of joining', () => missingBootstrap(client), []),
    ...(served ? await fleet(client, read) : NO_FLEET),
  };
};

type Fleet = Omit<HubFacts, 'clusterManager' | 'operator' | 'operands' | 'webhooks' | 'missingBootstrap'>;

const NO_FLEET: Fleet = {
  clusters: [],
  namespaces: [],
  works: [],
  placements: [],
  setBindings: [],
  addons: [],
  managementAddons: [],
};

const fleet = async (client: Client, read: Reader): Promise<Fleet> => {
  const clusters = await read(
    'ManagedClusters',
    async () => (await fleetFacts(client)).map(leanClusterFacts),
    [],
  );
  const names = clusters.map(({ name }) => name);
  return {
    clusters,
    namespaces: await read('the namespaces of clusters', () => namespacesOf(client, names), []),
    works: await read(
      'ManifestWorks',
      async () => (await client.list(manifestWorks)).items.map(leanWork),
      [],
    ),
    placements: await read(
      'Placements',
      async () => (await client.list(placements)).items.map((placement) => leanStatus(placement)),
      [],
    ),
    setBindings: await read('ManagedClusterSetBindings', () => setBindings(client), []),
    addons: await read(
      'ManagedClusterAddOns',
      async () => (await client.list(addOns)).items.map((addon) => leanStatus(addon)),
      [],
    ),
    managementAddons: await read(
      'ClusterManagementAddOns',
      async () => (await client.list(managementAddOns)).items.map(({ metadata }) => metadata.name),
      [],
    ),
  };
};

const namespacesOf = async (client: Client, clusters: readonly string[]): Promise<Fleet['namespaces']> => {
  const { items } = await client.list(namespaces);
  const phases = new Map(items.map(({ metadata, status }) => [metadata.name, status?.phase ?? 'Active']));
  return clusters.map((cluster) => ({ cluster, phase: phases.get(cluster) ?? 'Missing' }));
};

const setBindings = async (client: Client): Promise<Fleet['setBindings']> => {
  const [bindings, sets] = await Promise.all([
    client.list(managedClusterSetBindings),
    client.list(managedClusterSets),
  ]);
  return bindings.items.map(({ metadata, spec }) => ({
    namespace: metadata.namespace ?? '',
    set: spec?.clusterSet ?? '',
    known: sets.items.some((set) => set.metadata.name === spec?.clusterSet),
  }));
};

const missingBootstrap = async (client: Client): Promise<string[]> => {
  const role = await client.find(clusterRoles, BOOTSTRAP_ROLE);
  const { items } = await client.list(clusterRoleBindings);
  const isBound = items.some(({ roleRef }) => roleRef.name === BOOTSTRAP_ROLE);
  return [
    ...(role ? [] : [`ClusterRole ${BOOTSTRAP_ROLE}`]),
    ...(isBound ? [] : [`a ClusterRoleBinding of ${BOOTSTRAP_ROLE}`]),
  ];
};

/** Configurations of webhooks are cluster-wide; these are the hub's own. */
const OWN = /\.admission\.(?:cluster|work|addon)\.open-cluster-management\.io$/;

const webhooks = async (client: Client): Promise<WebhookFacts[]> => {
  const [validating, mutating] = await Promise.all([
    client.list(validatingWebhookConfigurations),
    client.list(mutatingWebhookConfigurations),
  ]);
  const found: WebhookFacts[] = [];
  for (const { metadata, webhooks: all = [] } of [...validating.items, ...mutating.items]) {
    const { service, caBundle } = all[0]?.clientConfig ?? {};
    if (!OWN.test(metadata.name) || !service) continue;
    const { items } = await client.list(endpointSlices, {
      namespace: service.namespace,
      labelSelector: `kubernetes.io/service-name=${service.name}`,
    });
    const ready = items
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false);
    const caUntil = caBundle && expiryOf(caBundle);
    found.push({
      configuration: metadata.name,
      service: `${service.namespace}/${service.name}`,
      ready: ready.length,
      ...(caUntil && { caUntil }),
    });
  }
  return found;
};

/** When the last of the authorities ends. */
const expiryOf = (bundle: string): string | undefined => {
  const pems = Buffer.from(bundle, 'base64')
    .toString()
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    const ends = (pems ?? []).map((pem) => Date.parse(new X509Certificate(pem).validTo));
    return ends.length > 0 ? new Date(Math.max(...ends)).toISOString() : undefined;
  } catch {
    return undefined;
  }
};
