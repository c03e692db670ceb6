import { label } from '../../operators/api/names.ts';
import { ApiError } from '../../operators/runtime/client/errors.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import type { Client, DiscoveredResource } from '../../operators/runtime/client/client.ts';
import { type KubeObject, keyOf } from '../../operators/runtime/client/object.ts';
import { qualifiedName } from '../../operators/runtime/client/resource.ts';
import type { Api } from './fleet.ts';

/** Records of what happened, and heartbeats of the machine: they come and go by themselves. */
const isPassing = (entry: string): boolean =>
  /^(events|events\.events\.k8s\.io|componentstatuses) /.test(entry) ||
  /^leases\.coordination\.k8s\.io kube-(system|node-lease)\//.test(entry);

/** At the end of an entry: what is on its way out. */
const going = '(going)';
export const isGoing = (entry: string): boolean => entry.endsWith(` ${going}`);

/** One version of each kind that can be listed. */
const kindsOf = async (client: Client): Promise<DiscoveredResource[]> => {
  const listable = (await client.discover()).filter(({ verbs }) => verbs.includes('list'));
  return [...new Map(listable.toReversed().map((each) => [qualifiedName(each), each])).values()];
};

/**
 * Made by a controller for another object, which it comes and goes with: Pods, ReplicaSets and EndpointSlices, whose
 * names differ each time, and what a ClusterManager has, which is that of another bundle after an upgrade.
 */
const isOwned = ({ metadata }: KubeObject): boolean =>
  (metadata.ownerReferences?.some(({ controller }) => controller) ?? false) ||
  metadata.labels?.[label.createdByClusterManager] !== undefined;

const entriesOf = async (client: Client, resource: DiscoveredResource, owned: boolean): Promise<string[]> => {
  try {
    const { items } = await client.list(resource, { metadataOnly: true });
    return items
      .filter((object) => owned || !isOwned(object))
      .map(({ metadata }) => {
        const entry = `${qualifiedName(resource)} ${keyOf(metadata)}`;
        return metadata.deletionTimestamp ? `${entry} ${going}` : entry;
      });
  } catch (error) {
    // A CRD that goes is no longer served.
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  }
};

/**
 * Every object of a cluster, of every kind that it serves: `<plural>.<group> <namespace>/<name>`, in order.
 * @param owned with those that controllers make for others, whose names may differ from time to time
 */
export const inventory = async ({ kubeconfigPath }: Api, owned = true): Promise<string[]> => {
  const client = connect(loadConnection(kubeconfigPath), { userAgent: 'inventory' });
  try {
    const kinds = await kindsOf(client);
    const entries = await Promise.all(kinds.map((kind) => entriesOf(client, kind, owned)));
    return entries
      .flat()
      .filter((entry) => !isPassing(entry))
      .sort();
  } finally {
    await client.close();
  }
};

/** What has come and what has gone, as lines of a message; empty when nothing differs. */
export const differences = (before: readonly string[], after: readonly string[]): string[] => [
  ...after.filter((entry) => !before.includes(entry)).map((entry) => `+ ${entry}`),
  ...before.filter((entry) => !after.includes(entry)).map((entry) => `- ${entry}`),
];
