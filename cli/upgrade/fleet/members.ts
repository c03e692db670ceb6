import {
  type Klusterlet,
  klusterlets,
  managedClusters,
  placementDecisions,
  placements,
} from '../../../operators/api/index.ts';
import { label } from '../../../operators/api/names.ts';
import { clustersOf } from '../../../operators/fleet/placement-decisions.ts';
import { groupsOf } from '../../../operators/fleet/rollout/groups.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { labelValue } from '../../../operators/runtime/client/legal-name.ts';
import { chosenConnection } from '../../cluster/chosen-cluster.ts';
import type { CommandContext } from '../../context.ts';
import { klusterletToUpgrade } from '../klusterlet-plan.ts';
import type { FleetFlags } from './flags.ts';

/**
 * The clusters to upgrade, in the groups in which they go one after the other: the decision groups of a placement.
 * @throws Error when there are none
 */
export const membersOf = async (
  hub: Client,
  { placement, selector }: Pick<FleetFlags, 'placement' | 'selector'>,
): Promise<string[][]> => {
  const groups = placement ? await chosenBy(hub, placement) : [await labelled(hub, selector)];
  if (groups.flat().length > 0) return groups;
  throw new Error(
    placement ? `placement ${placement} has chosen no cluster` : `no cluster has the labels ${selector}`,
  );
};

const chosenBy = async (hub: Client, placement: string): Promise<string[][]> => {
  const [namespace, name, ...rest] = placement.split('/');
  if (!namespace || !name || rest.length > 0) {
    throw new Error(`the name of the placement ${placement} must be in the format of <namespace>/<name>`);
  }
  await hub.get(placements, name, namespace);
  const labelSelector = `${label.placement}=${labelValue(name)}`;
  const { items } = await hub.list(placementDecisions, { namespace, labelSelector });
  // Placement controllers of before make no groups.
  const grouped = items.every(({ metadata }) => metadata.labels?.[label.decisionGroupIndex] !== undefined);
  return grouped ? groupsOf(items).map(({ clusters }) => [...clusters]) : [clustersOf(items).toSorted()];
};

const labelled = async (hub: Client, labelSelector: string): Promise<string[]> => {
  const { items } = await hub.list(managedClusters, { labelSelector });
  return items.map(({ metadata }) => metadata.name).toSorted();
};

/** Where the agents of a cluster of the hub are installed. */
export interface Member {
  cluster: string;
  client: Client;
  klusterlet: string;
}

/**
 * Finds the Klusterlet of a cluster: by the context of the cluster's own name, or by the one that the flags give it.
 * @throws Error that names the context
 */
export const memberOf = async (
  context: CommandContext,
  cluster: string,
  contexts: Record<string, string> = {},
): Promise<Member> => {
  const named = Object.hasOwn(contexts, cluster) ? contexts[cluster]! : cluster;
  try {
    const { kubeconfig } = context.globals;
    const client = context.connectTo(chosenConnection({ kubeconfig, context: named }));
    const { items } = await client.list(klusterlets);
    const isIts = ({ spec }: Klusterlet) => spec?.clusterName === cluster;
    const [found, ...others] = items.filter(isIts);
    if (!found || others.length > 0) {
      throw new Error(`it has ${found ? 'several Klusterlets' : 'no Klusterlet'} of cluster ${cluster}`);
    }
    await klusterletToUpgrade(client, found.metadata.name);
    return { cluster, client, klusterlet: found.metadata.name };
  } catch (error) {
    throw new Error(
      `cluster ${cluster}, context ${named}: ${(error as Error).message}; if it is reached by another context, say so with --cluster-contexts ${cluster}=CONTEXT`,
      { cause: error },
    );
  }
};
