import { type Klusterlet, klusterlets, managedClusters } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { CommandContext } from '../context.ts';
import { OPERATOR_NAMESPACE } from '../names.ts';
import { installsOperator, type KlusterletValues } from '../objects/klusterlet.ts';
import { waitForPod } from '../pods.ts';
import { waitFor } from '../wait.ts';

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
    explain: async () => {
      try {
        return describeKlusterlet(await cluster.find(klusterlets, name));
      } catch (error) {
        return (error as Error).message;
      }
    },
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

/** Conditions that say why it takes so long, the most telling first. */
const TELLING = [
  { type: 'ReadyToApply', good: 'True' },
  { type: 'Applied', good: 'True' },
  { type: 'RegistrationDesiredDegraded', good: 'False' },
  { type: 'WorkDesiredDegraded', good: 'False' },
  { type: 'Available', good: 'True' },
  { type: 'HubConnectionDegraded', good: 'False' },
];

export const describeKlusterlet = (klusterlet: Klusterlet | undefined): string => {
  const conditions = klusterlet?.status?.conditions ?? [];
  for (const { type, good } of TELLING) {
    const bad = conditions.find((condition) => condition.type === type && condition.status !== good);
    if (bad) return `${type} is ${bad.status}: ${bad.reason}: ${bad.message}`;
  }
  return conditions.length === 0
    ? 'the operator has not reported on the Klusterlet yet'
    : 'all conditions of the Klusterlet are in order';
};
