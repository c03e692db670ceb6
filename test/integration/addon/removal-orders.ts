import { expect } from '@jest/globals';
import {
  addOnTemplates,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../../operators/api/generated/addon.ts';
import { managedClusters } from '../../../operators/api/generated/cluster.ts';
import { manifestWorks } from '../../../operators/api/generated/work.ts';
import { annotation, finalizer } from '../../../operators/api/names.ts';
import { configMaps, namespaces, roleBindings } from '../../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../../operators/runtime/controller/conditions.ts';
import { waitFor } from '../../cluster/index.ts';
import type { AddonRig } from './rig.ts';
import { hook, settings, templateConfig, templateOf } from './template.ts';

/** What users may delete, in any order. */
export type Deleted = 'owner' | 'template' | 'addon' | 'cluster';

/** An add-on with a hook on a cluster whose agents are gone for ever, of which the last that they did holds its work. */
export interface LeftBehind {
  cluster: string;
  deletions: Record<Deleted, () => Promise<unknown>>;
  /** Somebody lets go of the work in place of the agents. */
  release: () => Promise<unknown>;
}

export const leaveBehind = async (rig: AddonRig, name: string): Promise<LeftBehind> => {
  const cluster = `${name}-cluster`;
  const { client: hub } = rig;
  const work = { name: `addon-${name}-deploy-0`, namespace: cluster };
  await hub.create(managedClusters, { metadata: { name: cluster }, spec: { hubAcceptsClient: true } });
  await waitFor(`namespace ${cluster}`, () => hub.find(namespaces, cluster));
  await hub.create(addOnTemplates, {
    metadata: { name },
    spec: templateOf(name, [settings('x'), hook()]),
  });
  await rig.manage(name, { defaultConfigs: [templateConfig(name)] });
  await rig.install(name, cluster);
  await rig.untilWork(work.name, cluster);
  await rig.untilAddon(name, cluster, 'held', ({ metadata }) => metadata.finalizers?.length === 1);
  const held = (finalizers: string[]) =>
    hub.patch(manifestWorks, work, { type: 'merge', body: { metadata: { finalizers } } });
  await held([finalizer.manifestWork]); // the last that an agent did
  return {
    cluster,
    deletions: {
      owner: () => hub.delete(clusterManagementAddOns, { name }),
      template: () => hub.delete(addOnTemplates, { name }),
      addon: () => hub.delete(managedClusterAddOns, { name, namespace: cluster }),
      cluster: () => hub.delete(managedClusters, { name: cluster }),
    },
    release: () => held([]),
  };
};

/**
 * Takes an add-on with a hook off a cluster whose agents are gone for ever, in one order of deletions: what stays is told of
 * the cluster and of the add-on, and all goes once a time limit is set and the work that agents held is let go.
 */
export const removeInOrder = async (
  rig: AddonRig,
  name: string,
  order: readonly Deleted[],
): Promise<void> => {
  const { client: hub } = rig;
  const { cluster, deletions, release } = await leaveBehind(rig, name);
  for (const each of order) await deletions[each]();

  const remains = (resource: string) =>
    waitFor(`${cluster} to name ${resource}`, async () => {
      const { status } = await hub.get(managedClusters, cluster);
      const message = findCondition(status?.conditions, 'Deleting')?.message ?? '';
      if (message.includes(`The resource ${resource} `)) return message;
      throw new Error(message);
    });
  expect(await remains('managedclusteraddons')).toContain('the finalizer pending count is 1');
  await rig.says(name, cluster, 'HookManifestCompleted', 'HookManifestIsNotCompleted');
  await rig.annotateCluster(cluster, { [annotation.addonPreDeleteTimeout]: '1s' });
  await rig.isOn(name);
  expect(await remains('manifestworks')).toContain('the finalizer pending count is 1');
  await release();
  await waitFor(`${cluster} to go`, async () => !(await hub.find(managedClusters, cluster)));
  await waitFor(`all of ${name} to go`, async () => {
    const labelSelector = 'open-cluster-management.io/addon-name';
    const left = await Promise.all([
      hub.list(manifestWorks, { namespace: cluster }),
      hub.list(configMaps, { namespace: cluster, labelSelector }),
      hub.list(roleBindings, { namespace: cluster, labelSelector }),
    ]);
    const names = left.flatMap(({ items }) =>
      (items as { metadata: { name: string } }[]).map((each) => each.metadata.name),
    );
    if (names.length === 0) return true;
    throw new Error(names.join());
  });
};
