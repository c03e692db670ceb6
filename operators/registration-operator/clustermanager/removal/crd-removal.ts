import { ApiError } from '../../../runtime/client/errors.ts';
import { customResourceDefinitions } from '../../../runtime/client/kubernetes.ts';
import { keyOf, type KubeObject } from '../../../runtime/client/object.ts';
import { type Applier, type Cluster, releaseCrd } from '../../apply/index.ts';

/** CRDs whose objects the controllers still clean up, in the order in which they must go (operator.md 4.10). */
const orderedCrds = [
  'managedclusteraddons.addon.open-cluster-management.io',
  'manifestworks.work.open-cluster-management.io',
  'managedclusters.cluster.open-cluster-management.io',
  'manifestworkreplicasets.work.open-cluster-management.io',
];
/** Stays for other tools, and for good (operator.md 4.2). */
const keptCrds = ['clusterprofiles.multicluster.x-k8s.io'];

/**
 * Deletes CRDs one after another, each gone before the next, while the controllers clean up their objects.
 * @returns those that must be waited for; empty when all are gone
 */
export const removeCrds = async (
  applier: Applier,
  hub: Cluster,
  all: readonly string[],
): Promise<string[]> => {
  const rest = all.filter((name) => !orderedCrds.includes(name) && !keptCrds.includes(name));
  for (const group of [...orderedCrds.map((name) => [name]), rest]) {
    const present = await Promise.all(
      group.map((name) => applier.remove(hub, { resource: customResourceDefinitions, name })),
    );
    const waiting = group.filter((_, at) => present[at]);
    if (waiting.length > 0) return waiting;
  }
  return [];
};

/** Lets any operator take over the CRDs that stay (operator.md 4.10). */
export const releaseCrds = async (hub: Cluster, version: string): Promise<void> => {
  for (const name of orderedCrds) await releaseCrd(hub, name, version);
};

/** The objects of a CRD; undefined when there is no such CRD, or its objects cannot be seen. */
const objectsOf = async (hub: Cluster, name: string): Promise<KubeObject[] | undefined> => {
  const crd = await hub.client.find(customResourceDefinitions, name);
  const version = crd?.spec.versions.find(({ served }) => served)?.name;
  if (!crd || !version) return undefined;
  const { group, names, scope } = crd.spec;
  const { plural, kind } = names;
  const resource = { group, version, plural, kind, namespaced: scope === 'Namespaced' };
  try {
    return (await hub.client.list(resource, { metadataOnly: true })).items;
  } catch (error) {
    // A CRD that goes is no longer served, or the operator may not list its objects.
    if (error instanceof ApiError) return undefined;
    throw error;
  }
};

/** A CRD with the first few of its objects that are still there. */
export const remaining = async (hub: Cluster, name: string): Promise<string> => {
  const objects = (await objectsOf(hub, name)) ?? [];
  const some = objects.slice(0, 3).map(({ metadata }) => keyOf(metadata));
  return objects.length === 0 ? name : `${name} (${objects.length} objects left: ${some.join(', ')})`;
};

/** Whether a CRD goes with all its objects: no more can be made, and those that are there only wait for finalizers. */
export const isEmptying = async (hub: Cluster, name: string): Promise<boolean> => {
  const crd = await hub.client.find(customResourceDefinitions, name);
  if (!crd?.metadata.deletionTimestamp) return false;
  const objects = await objectsOf(hub, name);
  return objects?.every(({ metadata }) => metadata.deletionTimestamp !== undefined) ?? false;
};
