/**
 * Floors: how long a bare client takes for the very writes that the product makes, against the same API servers in the same
 * run, with the webhooks in place and nobody else at work. What the product takes beyond that is its own.
 */
import { managedClusterCondition, manifestWorkCondition } from '../../operators/api/conditions.ts';
import {
  type AppliedManifestWork,
  type ManifestWork,
  appliedManifestWorks,
  managedClusters,
  manifestWorks,
} from '../../operators/api/index.ts';
import { clusterLease, finalizer } from '../../operators/api/names.ts';
import {
  clusterRoleBindingFor,
  clusterRoleFor,
  namespaceOf,
  registrationRoleBindingFor,
  workRoleBindingFor,
} from '../../operators/registration/hub/accept/permissions.ts';
import { firstWrite } from '../../operators/registration/hub/first-write.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  leases,
  namespaces,
  roleBindings,
} from '../../operators/runtime/client/kubernetes.ts';
import { timestamp } from '../../operators/runtime/controller/conditions.ts';
import { percentile, seconds } from './figures.ts';

/** A namespace of the hub in which no agent looks for works. */
const nobodys = 'bench-floor';

export const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** A work with one ConfigMap of its own name. */
export const workOf = (name: string, namespace: string): ManifestWork => ({
  metadata: { name, namespace },
  spec: {
    workload: {
      manifests: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'default' },
          data: { key: name },
        },
      ],
    },
  },
});

/** Milliseconds of one write after the other, p50: a ConfigMap on the hub, which no webhook sees. */
export const singleWrite = async (hub: Client): Promise<number> => {
  const times: number[] = [];
  for (const name of numbered('bench-write', 50)) {
    const start = performance.now();
    await hub.create(configMaps, { metadata: { name, namespace: 'default' }, data: { key: name } });
    times.push(performance.now() - start);
  }
  await Promise.all(
    numbered('bench-write', 50).map((name) => hub.delete(configMaps, { name, namespace: 'default' })),
  );
  return percentile(times, 0.5);
};

const condition = (type: string) => ({
  type,
  status: 'True' as const,
  reason: 'Floor',
  message: 'Written by a bare client',
  lastTransitionTime: timestamp(new Date()),
});

/** The writes of one work, in the agent's order. */
const writeWork = async (hub: Client, managed: Client, name: string): Promise<void> => {
  const work = await hub.create(manifestWorks, workOf(name, nobodys));
  const record: AppliedManifestWork = {
    metadata: { name: `${nobodys}-${name}` },
    spec: { hubHash: nobodys, manifestWorkName: name, agentID: nobodys },
  };
  const [, applied] = await Promise.all([
    hub.patch(
      manifestWorks,
      { name, namespace: nobodys },
      { type: 'merge', body: { metadata: { finalizers: [finalizer.manifestWork] } } },
    ),
    managed.create(appliedManifestWorks, record),
  ]);
  const { data } = work.spec!.workload!.manifests![0] as { data: Record<string, string> };
  const object = await managed.create(configMaps, { metadata: { name, namespace: 'default' }, data });
  const resourceMeta = { ordinal: 0, group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps' };
  const conditions = [manifestWorkCondition.applied, manifestWorkCondition.available].map(({ type }) =>
    condition(type),
  );
  const status = {
    conditions,
    resourceStatus: {
      manifests: [{ resourceMeta: { ...resourceMeta, name, namespace: 'default' }, conditions }],
    },
  };
  const { uid } = object.metadata;
  const appliedResources = [
    { group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name, uid },
  ];
  await Promise.all([
    hub.patch(
      manifestWorks,
      { name, namespace: nobodys },
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    ),
    managed.patch(
      appliedManifestWorks,
      { name: applied.metadata.name },
      { type: 'merge', body: { status: { appliedResources } } },
      { subresource: 'status' },
    ),
  ]);
};

/** Seconds for the writes of so many works, all at once. */
export const worksFloor = async (hub: Client, managed: Client, count: number): Promise<number> => {
  await hub.create(namespaces, { metadata: { name: nobodys } });
  const names = numbered(nobodys, count);
  const took = await seconds(() => Promise.all(names.map((name) => writeWork(hub, managed, name))));
  await Promise.all(
    names.flatMap((name) => [
      hub.patch(
        manifestWorks,
        { name, namespace: nobodys },
        { type: 'merge', body: { metadata: { finalizers: [] } } },
      ),
      managed.delete(appliedManifestWorks, { name: `${nobodys}-${name}` }),
      managed.delete(configMaps, { name, namespace: 'default' }),
    ]),
  );
  await hub.delete(namespaces, { name: nobodys });
  return took;
};

/** The writes of one accepted cluster, in the hub's order. */
const writeCluster = async (hub: Client, name: string): Promise<void> => {
  const cluster = await hub.create(managedClusters, { metadata: { name }, spec: { hubAcceptsClient: true } });
  const first = firstWrite(cluster, false);
  await hub.patch(managedClusters, { name }, { type: 'merge', body: first });
  await hub.create(namespaces, namespaceOf(name, {}));
  await Promise.all([
    hub.create(clusterRoles, clusterRoleFor(name, true, {})),
    hub.create(roleBindings, registrationRoleBindingFor(name, {})),
    hub.create(roleBindings, workRoleBindingFor(name, {})),
  ]);
  await hub.create(clusterRoleBindings, clusterRoleBindingFor(name, {}));
  const status = { conditions: [condition(managedClusterCondition.hubAccepted.type)] };
  await hub.patch(managedClusters, { name }, { type: 'merge', body: { status } }, { subresource: 'status' });
  await hub.create(leases, {
    metadata: { name: clusterLease, namespace: name },
    spec: { holderIdentity: clusterLease },
  });
};

/** Seconds for the writes of so many accepted clusters, all at once. The hub's controllers must be away. */
export const clustersFloor = (hub: Client, names: readonly string[]): Promise<number> =>
  seconds(() => Promise.all(names.map((name) => writeCluster(hub, name))));
