import { type ClusterManager, clusterManagers } from '../../operators/api/index.ts';
import { waitForPod } from '../cluster/pods.ts';
import type { CommandContext } from '../context.ts';
import { CLUSTER_MANAGER, HUB_NAMESPACE, OPERATOR_NAMESPACE } from '../names.ts';
import { firstBad } from '../output/conditions.ts';

/** Waits for the operator and for the hub's registration (cli.md 1.8). */
export const waitForHub = async (context: CommandContext): Promise<void> => {
  const client = context.client();
  await waitForPod(context, client, OPERATOR_NAMESPACE, 'cluster-manager', {
    waiting: 'Waiting for registration operator to become ready...',
    done: 'Registration operator is now available.',
  });
  await waitForPod(
    context,
    client,
    HUB_NAMESPACE,
    'clustermanager-registration-controller',
    {
      waiting: 'Waiting for cluster manager registration to become ready...',
      done: 'ClusterManager registration is now available.',
    },
    async () => describeClusterManager(await client.find(clusterManagers, CLUSTER_MANAGER)),
  );
};

/** What the ClusterManager says is wrong with it; undefined when it says nothing of the kind. */
export const clusterManagerProblem = (clusterManager: ClusterManager | undefined): string | undefined => {
  if (!clusterManager) return 'there is no ClusterManager';
  const { conditions = [] } = clusterManager.status ?? {};
  if (conditions.length === 0) return 'the operator has not reported on the ClusterManager yet';
  return firstBad(conditions, {
    ValidFeatureGates: 'True',
    Applied: 'True',
    HubRegistrationDegraded: 'False',
    Progressing: 'False',
  });
};

/** What is wrong with the ClusterManager, as far as it says so itself. */
export const describeClusterManager = (clusterManager: ClusterManager | undefined): string =>
  clusterManagerProblem(clusterManager) ?? 'the ClusterManager reports no problem';
