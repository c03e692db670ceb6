import { managedClusterCondition } from '../../../operators/api/conditions.ts';
import { managedClusters } from '../../../operators/api/index.ts';
import { clusterLease } from '../../../operators/api/names.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { leases } from '../../../operators/runtime/client/kubernetes.ts';
import { waitFor } from '../../cluster/wait.ts';
import type { CommandContext } from '../../context.ts';
import { conditionOf } from '../../status/step.ts';

/**
 * Waits until the agents of a cluster, which are new ones now, come back to the hub: they renew its lease, and the hub says
 * that it is available. That the lease changes is looked at, not what time it tells: two clocks are not compared.
 */
export const waitUntilBack = async (context: CommandContext, hub: Client, cluster: string): Promise<void> => {
  const renewed = (await hub.find(leases, clusterLease, cluster))?.spec?.renewTime;
  await waitFor(context, hub, {
    resource: leases,
    scope: { namespace: cluster, fieldSelector: `metadata.name=${clusterLease}` },
    waiting: 'Waiting for its agents to come back to the hub...',
    done: 'Its agents are back.',
    look: ([lease]) => ({
      reached: lease?.spec?.renewTime !== undefined && lease.spec.renewTime !== renewed,
      state: `they have not renewed its lease yet (last at ${renewed ?? 'no time'})`,
    }),
    explain: async () => (await problemOnHub(hub, cluster)) ?? '',
  });
  await waitFor(context, hub, {
    resource: managedClusters,
    scope: { fieldSelector: `metadata.name=${cluster}` },
    waiting: 'Waiting for the hub to find it available...',
    done: 'It is available.',
    look: async () => {
      const problem = await problemOnHub(hub, cluster);
      return { reached: problem === undefined, state: problem ?? '' };
    },
  });
};

/** Why a hub does not count a cluster as available; undefined when it does. */
export const problemOnHub = async (hub: Client, name: string): Promise<string | undefined> => {
  const cluster = await hub.find(managedClusters, name);
  if (!cluster) return `the hub has no ManagedCluster ${name}`;
  const said = conditionOf(cluster.status?.conditions, managedClusterCondition.available.type);
  if (said?.status === 'True') return undefined;
  return `the hub does not find it available: ${said?.message || 'its agents have not reported yet'}`;
};
