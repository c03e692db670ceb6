import { label } from '../../operators/api/names.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { type Api, CLUSTER_NAME, HUB_NAMESPACE, json } from './fleet.ts';

/** The namespace of a tenant on the hub who places workloads, and the set of its own. */
export const TENANT = 'tenant';

const clusters = ['tenant-1', 'tenant-2', 'tenant-3', 'tenant-4', 'tenant-5'];
const api = 'cluster.open-cluster-management.io';

/** Of clusters without an agent nobody hears: they are unreachable, and it is tolerated. */
const tolerations = [{ key: `${api}/unreachable`, operator: 'Exists' }];

const make = (hub: Api, ...items: object[]): Promise<string> =>
  hub.kubectl(
    ['apply', '--server-side', '--validate=strict', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );

/** A namespace to which a set with five clusters is bound, beside the one with every cluster. */
export const createTenant = async (hub: Api): Promise<void> => {
  const binding = (clusterSet: string) => ({
    apiVersion: `${api}/v1beta2`,
    kind: 'ManagedClusterSetBinding',
    metadata: { name: clusterSet, namespace: TENANT },
    spec: { clusterSet },
  });
  await make(
    hub,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: TENANT } },
    { apiVersion: `${api}/v1beta2`, kind: 'ManagedClusterSet', metadata: { name: TENANT } },
    binding(TENANT),
    binding('global'),
    ...clusters.map((name) => ({
      apiVersion: `${api}/v1`,
      kind: 'ManagedCluster',
      metadata: { name, labels: { [label.clusterSet]: TENANT } },
      spec: { hubAcceptsClient: true },
    })),
  );
};

export const removeTenant = async (hub: Api): Promise<void> => {
  const gone = ['--ignore-not-found', patienceFlag];
  await hub.kubectl(['delete', 'namespace', TENANT, ...gone]);
  await hub.kubectl(['delete', 'managedclusters', ...clusters, ...gone]);
  await hub.kubectl(['delete', 'managedclusterset', TENANT, ...gone]);
  await hub.kubectl(['delete', 'namespaces', ...clusters, ...gone]);
};

/** Places over sets of the tenant; changes a Placement of that name. */
export const place = (hub: Api, name: string, spec: object): Promise<string> =>
  make(hub, {
    apiVersion: `${api}/v1beta1`,
    kind: 'Placement',
    metadata: { name, namespace: TENANT },
    spec: { tolerations, ...spec },
  });

interface Decision {
  status?: { decisions: { clusterName: string }[] };
}

/** Waits until a Placement has selected these clusters, and says whether that is what was asked for. */
export const selects = (hub: Api, name: string, names: readonly string[], says: string): Promise<unknown> =>
  waitFor(`${name} to select ${names.join(', ')}`, async () => {
    const { items } = await json<{ items: Decision[] }>(hub, [
      ...['get', 'placementdecisions', '--namespace', TENANT],
      ...['--selector', `${label.placement}=${name}`],
    ]);
    const selected = items
      .flatMap(({ status }) => status?.decisions ?? [])
      .map(({ clusterName }) => clusterName);
    const row = await hub.kubectl(['get', 'placement', name, '--namespace', TENANT, '--no-headers']);
    const isSo = selected.toSorted().join() === names.toSorted().join() && row.split(/\s+/)[1] === says;
    if (isSo) return true;
    throw new Error(`${selected.join()} ${row}`);
  });

export const theFive = clusters;
export const everyCluster = [CLUSTER_NAME, ...clusters];

/**
 * Waits until the debug server answers as it must, by what throws otherwise, to a Pod of the tenant, whose ServiceAccount
 * may ask: of a stored Placement, and of one that the Pod sends.
 */
export const askDebugServer = async (
  hub: Api,
  image: string,
  stored: string,
  must: Record<'get' | 'post', (answer: DebugAnswer) => void>,
): Promise<void> => {
  const { data } = await json<{ data: Record<string, string> }>(hub, [
    ...['get', 'configmap', 'ca-bundle-configmap', '--namespace', HUB_NAMESPACE],
  ]);
  const subjects = [{ kind: 'ServiceAccount', name: 'asker', namespace: TENANT }];
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'asker', namespace: TENANT } };
  const everywhere = { ...rbac, metadata: { name: 'placement-asker' } };
  const apiGroup = 'rbac.authorization.k8s.io';
  await make(
    hub,
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'asker', namespace: TENANT } },
    {
      ...rbac,
      kind: 'Role',
      rules: [{ apiGroups: [api], resources: ['placements'], verbs: ['get', 'create'] }],
    },
    { ...rbac, kind: 'RoleBinding', roleRef: { apiGroup, kind: 'Role', name: 'asker' }, subjects },
    {
      ...everywhere,
      kind: 'ClusterRole',
      rules: [{ nonResourceURLs: ['/debug/placements/*'], verbs: ['get', 'post'] }],
    },
    {
      ...everywhere,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'placement-asker' },
      subjects,
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'asker', namespace: TENANT },
      spec: {
        serviceAccountName: 'asker',
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'asker', image, command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1e6)'] },
        ],
      },
    },
  );
  await hub.kubectl(['wait', '--for=condition=Ready', 'pod/asker', '--namespace', TENANT, patienceFlag]);
  const script = `
    const [host, ca, path, body] = process.argv.slice(1);
    const token = require('node:fs').readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');
    const headers = { authorization: 'Bearer ' + token };
    require('node:https')
      .request({ host, port: 9443, path, ca, headers, method: body ? 'POST' : 'GET' }, (response) => response.pipe(process.stdout))
      .on('error', ({ message }) => console.log(JSON.stringify({ error: message })))
      .end(body);`;
  const host = `cluster-manager-placement.${HUB_NAMESPACE}.svc`;
  const ask = (check: (answer: DebugAnswer) => void, path: string, body = ''): Promise<boolean> =>
    waitFor(`an answer to ${body ? 'POST' : 'GET'} ${path}`, async () => {
      const text = await hub.kubectl([
        ...['exec', '--namespace', TENANT, 'asker', '--', '/usr/local/bin/node', '--eval', script],
        ...[host, data['ca-bundle.crt'] ?? '', `/debug/placements/${path}`, body],
      ]);
      const answer = JSON.parse(text) as DebugAnswer;
      // Permissions take a moment to be known, and the server hears of Placements, and of taints, by itself.
      if (answer.error !== undefined) throw new Error(text);
      check(answer);
      return true;
    });
  const sent = { metadata: { name: 'sent', namespace: TENANT }, spec: { clusterSets: ['global'] } };
  await ask(must.get, `${TENANT}/${stored}`);
  await ask(must.post, '', JSON.stringify(sent));
};

export interface DebugAnswer {
  error?: string;
  filteredPipelineResults: { name: string; filteredClusters: string[] }[];
  selectedClusters: string[];
}

/** Takes away what {@link askDebugServer} made outside of the tenant's namespace. */
export const forbidAsking = async (hub: Api): Promise<void> => {
  await hub.kubectl(['delete', 'clusterrole,clusterrolebinding', 'placement-asker', '--ignore-not-found']);
};
