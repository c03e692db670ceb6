import { type Klusterlet, klusterlets, managedClusters } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { waitForPod } from '../cluster/pods.ts';
import { waitFor } from '../cluster/wait.ts';
import type { CommandContext } from '../context.ts';
import { OPERATOR_NAMESPACE } from '../names.ts';
import { installsOperator, type KlusterletValues } from '../objects/klusterlet.ts';
import { firstBad } from '../output/conditions.ts';

/** Waits for the operator, the agents, and the cluster's appearance on the hub (cli.md 1.8, 5.7). */
export const waitForJoin = async (
  context: CommandContext,
  cluster: Client,
  hub: Client,
  values: KlusterletValues,
): Promise<void> => {
  const { name, clusterName } = values.klusterlet;
  if (installsOperator(values)) {
    await waitForPod(context, cluster, OPERATOR_NAMESPACE, 'klusterlet', {
      waiting: 'Waiting for registration operator to become ready...',
      done: 'Registration operator is now available.',
    });
  }
  await waitFor(context, cluster, {
    resource: klusterlets,
    scope: { fieldSelector: `metadata.name=${name}` },
    waiting: 'Waiting for klusterlet agent to become ready...',
    done: 'Klusterlet is now available.',
    look: ([klusterlet]) => ({ reached: agentsReady(klusterlet), state: describeKlusterlet(klusterlet) }),
  });
  await waitFor(context, hub, {
    resource: managedClusters,
    scope: { fieldSelector: `metadata.name=${clusterName}` },
    waiting: 'Waiting for managed cluster to be created...',
    done: 'Managed cluster is created.',
    look: (found) => ({
      reached: found.length > 0,
      state: `the hub has no ManagedCluster ${clusterName} yet`,
    }),
    // The agents know why they cannot reach the hub.
    explain: async () => describeKlusterlet(await cluster.find(klusterlets, name)),
  });
};

/** Whether the operator has seen the present spec and found both agents in order. */
export const agentsReady = (klusterlet: Klusterlet | undefined): boolean => {
  const { generation = 0 } = klusterlet?.metadata ?? {};
  const { observedGeneration = generation, conditions = [] } = klusterlet?.status ?? {};
  return (
    observedGeneration >= generation &&
    ['RegistrationDesiredDegraded', 'WorkDesiredDegraded'].every((type) =>
      conditions.some((condition) => condition.type === type && condition.status === 'False'),
    )
  );
};

/** What a Klusterlet says is wrong with it; undefined when it says nothing of the kind. */
export const klusterletProblem = (klusterlet: Klusterlet | undefined): string | undefined => {
  const conditions = klusterlet?.status?.conditions ?? [];
  if (conditions.length === 0) return 'the operator has not reported on the Klusterlet yet';
  return firstBad(conditions, {
    ReadyToApply: 'True',
    Applied: 'True',
    RegistrationDesiredDegraded: 'False',
    WorkDesiredDegraded: 'False',
    Available: 'True',
    HubConnectionDegraded: 'False',
  });
};

/** What is wrong with a Klusterlet, as far as it says so itself. */
export const describeKlusterlet = (klusterlet: Klusterlet | undefined): string =>
  klusterletProblem(klusterlet) ?? 'the Klusterlet reports no problem';
