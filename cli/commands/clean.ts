import type { Command } from 'commander';
import { clusterManagers, managedClusters } from '../../operators/api/index.ts';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
  secrets,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import { operatorParts, remove, removeOne, type Target, waitUntilGone } from '../cluster/remove.ts';
import { isHub } from '../cluster/required-apis.ts';
import type { CommandContext } from '../context.ts';
import { bool, string } from '../flags/flags.ts';
import {
  BOOTSTRAP_ROLE,
  BOOTSTRAP_SERVICE_ACCOUNT,
  CLUSTER_MANAGER,
  CLUSTER_MANAGER_CRD,
  KLUSTERLET,
  OPERATOR_NAMESPACE,
} from '../names.ts';
import { conditionValue } from '../output/conditions.ts';

interface CleanFlags {
  name: string;
  purgeOperator: boolean;
}

export const define = (command: Command): void => {
  string(command, '--name', 'name of the ClusterManager', CLUSTER_MANAGER);
  bool(command, '--purge-operator', 'remove the operator as well', true);
  string(command, '--output-file', 'accepted for compatibility, without effect');
};

/** `clusteradm clean` (cli.md 8). */
export const run = async (context: CommandContext, flags: CleanFlags): Promise<void> => {
  const { print, note } = context.output;
  const client = context.client();
  if (!(await client.find(customResourceDefinitions, CLUSTER_MANAGER_CRD))) {
    throw new Error('hub has not been initialized');
  }
  const available = await availableClusters(client);
  if (available.length > 0) {
    print('Please detach all managed clusters from the hub control plane\n');
    note(`Still available: ${available.join(', ')}. Run clusteradm unjoin on each.\n`);
    return;
  }
  await remove(context, client, [...bootstrapParts, ...(await bootstrapTokens(client))]);
  if (!(await removeClusterManager(context, flags.name))) {
    print('The multicluster hub control plane is cleand up already\n');
    return;
  }
  if (flags.purgeOperator) await removeOperator(context, flags.name);
  print('The multicluster hub control plane has been clean up successfully!\n');
};

/** ManagedClusters that are available; none when the hub's CRDs are gone already. */
const availableClusters = async (client: Client): Promise<string[]> => {
  if (!(await isHub(client))) return [];
  const { items } = await client.list(managedClusters);
  const { type } = managedClusterCondition.available;
  return items
    .filter(({ status }) => conditionValue(status?.conditions, type) === 'true')
    .map(({ metadata }) => metadata.name);
};

const bootstrapTokens = async (client: Client): Promise<Target[]> => {
  const namespace = 'kube-system';
  const { items } = await client.list(secrets, { namespace, labelSelector: 'app=cluster-manager' });
  return items.map(({ metadata: { name } }) => ({ resource: secrets, name: { name, namespace } }));
};

/** What init made for joining, and what older releases called it. */
const bootstrapParts: Target[] = [
  ...[
    `${BOOTSTRAP_ROLE}:agent-registration`,
    `${BOOTSTRAP_ROLE}:managedcluster`,
    'cluster-bootstrap',
    'cluster-bootstrap-sa',
  ].map((name) => ({ resource: clusterRoleBindings, name: { name } })),
  ...[BOOTSTRAP_ROLE, `system:${BOOTSTRAP_ROLE}`].map((name) => ({ resource: clusterRoles, name: { name } })),
  ...[BOOTSTRAP_SERVICE_ACCOUNT, 'cluster-bootstrap'].map((name) => ({
    resource: serviceAccounts,
    name: { name, namespace: OPERATOR_NAMESPACE },
  })),
];

/** Resolves to false when there was none. */
const removeClusterManager = async (context: CommandContext, name: string): Promise<boolean> => {
  const client = context.client();
  if (!(await removeOne(context, client, clusterManagers, { name }))) return false;
  if (context.globals.dryRun) return true;
  try {
    await waitUntilGone(context, client, clusterManagers, { name });
  } catch (error) {
    throw new Error(
      `cluster manager still exists: ${(error as Error).message}; is the operator running in namespace ${OPERATOR_NAMESPACE}?`,
      { cause: error },
    );
  }
  return true;
};

/** The operator serves other ClusterManagers too, and its namespace may hold a klusterlet operator. */
const removeOperator = async (context: CommandContext, name: string): Promise<void> => {
  const client = context.client();
  const { items } = await client.list(clusterManagers);
  if (items.some(({ metadata }) => metadata.name !== name)) {
    context.output.print('operator not purged: there are other cluster managers on cluster\n');
    return;
  }
  await remove(context, client, await operatorParts(client, CLUSTER_MANAGER, CLUSTER_MANAGER_CRD));
  if (await client.find(deployments, KLUSTERLET, OPERATOR_NAMESPACE)) {
    context.output.print(`namespace ${OPERATOR_NAMESPACE} is kept: a klusterlet operator runs in it\n`);
    return;
  }
  await remove(context, client, [{ resource: namespaces, name: { name: OPERATOR_NAMESPACE } }]);
};
