import type { Command } from 'commander';
import { clusterManagers, managedClusters } from '../../operators/api/index.ts';
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
import { CLUSTER_MANAGER_CRD, hasCrd } from '../checks.ts';
import type { CommandContext } from '../context.ts';
import { bool } from '../flags.ts';
import { BOOTSTRAP_SERVICE_ACCOUNT } from '../objects/cluster-manager.ts';
import { OPERATOR_NAMESPACE } from '../objects/operator.ts';
import { remove, type Target, waitUntilGone } from '../remove.ts';

interface CleanFlags {
  name: string;
  purgeOperator: boolean;
}

export const defineClean = (command: Command): Command => {
  command
    .description('Remove the hub from this cluster')
    .option('--name <string>', 'name of the ClusterManager', 'cluster-manager')
    .option('--output-file <file>', 'accepted for compatibility, without effect', '');
  return bool(command, 'purge-operator', 'remove the operator as well', true);
};

/** `clusteradm clean` (cli.md 8). */
export const clean = async (context: CommandContext, flags: CleanFlags): Promise<void> => {
  const { output, globals } = context;
  const client = await context.client();
  if (!(await hasCrd(client, CLUSTER_MANAGER_CRD))) throw new Error('hub has not been initialized');
  const available = await availableClusters(client);
  if (available.length > 0) {
    output.print('Please detach all managed clusters from the hub control plane\n');
    output.note(`still available: ${available.join(', ')}; run unjoin on each\n`);
    return;
  }
  await remove(context, client, [...bootstrapParts, ...(await bootstrapTokens(client))]);
  if (!(await client.delete(clusterManagers, { name: flags.name }, { dryRun: globals.dryRun }))) {
    output.print('The multicluster hub control plane is cleand up already\n');
    return;
  }
  if (!globals.dryRun) {
    await waitUntilGone(
      context,
      client,
      clusterManagers,
      { name: flags.name },
      'cluster manager still exists',
    );
  }
  if (flags.purgeOperator) await remove(context, client, operatorParts);
  output.print('The multicluster hub control plane has been clean up successfully!\n');
};

/** ManagedClusters that are available; none when the hub's CRDs are gone already. */
const availableClusters = async (client: Client): Promise<string[]> => {
  if (!(await client.resourceFor('cluster.open-cluster-management.io/v1', 'ManagedCluster'))) return [];
  const { items } = await client.list(managedClusters);
  return items
    .filter(({ status }) =>
      status?.conditions?.some(
        (condition) => condition.type === 'ManagedClusterConditionAvailable' && condition.status === 'True',
      ),
    )
    .map(({ metadata }) => metadata.name);
};

const bootstrapTokens = async (client: Client): Promise<Target[]> => {
  const { items } = await client.list(secrets, {
    namespace: 'kube-system',
    labelSelector: 'app=cluster-manager',
  });
  return items.map(({ metadata }) => ({
    resource: secrets,
    name: { name: metadata.name, namespace: 'kube-system' },
  }));
};

/** What init made for joining, with the names of older releases too. */
const bootstrapParts: Target[] = [
  ...[
    'open-cluster-management:bootstrap:agent-registration',
    'open-cluster-management:bootstrap:managedcluster',
    'cluster-bootstrap',
    'cluster-bootstrap-sa',
  ].map((name) => ({ resource: clusterRoleBindings, name: { name } })),
  ...['open-cluster-management:bootstrap', 'system:open-cluster-management:bootstrap'].map((name) => ({
    resource: clusterRoles,
    name: { name },
  })),
  ...[BOOTSTRAP_SERVICE_ACCOUNT, 'cluster-bootstrap'].map((name) => ({
    resource: serviceAccounts,
    name: { name, namespace: OPERATOR_NAMESPACE },
  })),
];

const operatorParts: Target[] = [
  { resource: deployments, name: { name: 'cluster-manager', namespace: OPERATOR_NAMESPACE } },
  { resource: serviceAccounts, name: { name: 'cluster-manager', namespace: OPERATOR_NAMESPACE } },
  { resource: customResourceDefinitions, name: { name: CLUSTER_MANAGER_CRD } },
  { resource: clusterRoleBindings, name: { name: 'cluster-manager' } },
  { resource: clusterRoles, name: { name: 'cluster-manager' } },
  { resource: namespaces, name: { name: OPERATOR_NAMESPACE } },
];
