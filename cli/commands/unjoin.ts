import type { Command } from 'commander';
import { appliedManifestWorks, type Klusterlet, klusterlets } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
  secrets,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import { KLUSTERLET_CRD } from '../checks.ts';
import type { CommandContext } from '../context.ts';
import { bool } from '../flags.ts';
import { AGENT_NAMESPACE, isHosted } from '../objects/klusterlet.ts';
import { OPERATOR_NAMESPACE } from '../objects/operator.ts';
import { remove, type Target, waitUntilGone } from '../remove.ts';

interface UnjoinFlags {
  clusterName: string;
  purgeOperator: boolean;
}

export const defineUnjoin = (command: Command): Command => {
  command
    .description('Take this cluster out of its hub: remove the klusterlet and its agents')
    .option('--cluster-name <string>', 'name of the cluster on the hub (required)', '')
    .option('--output-file <file>', 'accepted for compatibility, without effect', '');
  return bool(command, 'purge-operator', 'remove the operator as well', true);
};

/** `clusteradm unjoin` (cli.md 7). The hub's ManagedCluster is left alone. */
export const unjoin = async (context: CommandContext, flags: UnjoinFlags): Promise<void> => {
  const { output } = context;
  const name = flags.clusterName;
  if (!name) throw new Error('name is missing');
  const client = await context.client();
  output.print(`Remove applied resources in the managed cluster ${name} ... \n`);
  if (!(await client.resourceFor('operator.open-cluster-management.io/v1', 'Klusterlet'))) {
    output.print('klusterlet CRD not found, there is no need to unjoin.\n');
    return;
  }
  const all = (await client.list(klusterlets)).items;
  const klusterlet = all.find(({ spec }) => spec?.clusterName === name);
  if (!klusterlet) {
    output.print(`klusterlet corresponds to ${name} not found\n`);
    return;
  }
  const remaining = await remainingWorks(context, client, klusterlet);
  if (remaining.length > 0) {
    output.print(
      `appliedManifestWorks [${remaining.join(' ')}] still exist on the managed cluster,you should manually clean them, uninstall kluster will cause those works out of control.\n`,
    );
    return;
  }
  await removeKlusterlet(context, client, klusterlet);
  if (flags.purgeOperator) {
    if (all.length > 1) {
      output.print('operator not purged: there are other klusterlet on cluster\n');
      return;
    }
    await remove(context, client, operatorParts);
  }
  output.print(
    `Applied resources have been deleted during the ${name} joined stage. The status of mcl ${name} will be unknown in the hub cluster.\n`,
  );
};

const agentNamespaceOf = ({ metadata, spec }: Klusterlet): string =>
  isHosted(spec?.deployOption?.mode ?? '') ? metadata.name : spec?.namespace || AGENT_NAMESPACE;

const remainingWorks = async (
  context: CommandContext,
  client: Client,
  klusterlet: Klusterlet,
): Promise<string[]> => {
  const managed = isHosted(klusterlet.spec?.deployOption?.mode ?? '')
    ? await hostedClient(context, client, klusterlet)
    : client;
  if (!managed) return [];
  if (!(await managed.resourceFor('work.open-cluster-management.io/v1', 'AppliedManifestWork'))) return [];
  const { items } = await managed.list(appliedManifestWorks);
  return items
    .filter(({ spec }) => !spec?.agentID || spec.agentID === klusterlet.metadata.uid)
    .map(({ metadata }) => metadata.name);
};

const hostedClient = async (
  context: CommandContext,
  client: Client,
  klusterlet: Klusterlet,
): Promise<Client | undefined> => {
  const secret = await client.find(secrets, 'external-managed-kubeconfig', klusterlet.metadata.name);
  const kubeconfig = secret?.data?.kubeconfig;
  if (!kubeconfig) {
    context.output.note(
      `WARNING: Secret ${klusterlet.metadata.name}/external-managed-kubeconfig has no kubeconfig; works on the managed cluster are not checked\n`,
    );
    return undefined;
  }
  const text = Buffer.from(kubeconfig, 'base64').toString();
  return context.connectTo(
    parseKubeconfig(text, { source: `Secret ${klusterlet.metadata.name}/external-managed-kubeconfig` }),
  );
};

const removeKlusterlet = async (
  context: CommandContext,
  client: Client,
  klusterlet: Klusterlet,
): Promise<void> => {
  const { name, uid } = klusterlet.metadata;
  const deleted = await client.delete(klusterlets, { name }, { uid, ...dryRunOption(context) });
  if (!deleted) context.output.print(`klusterlet ${name} is cleaned up already\n`);
  if (!context.globals.dryRun) {
    await waitUntilGone(context, client, klusterlets, { name }, 'klusterlet still exists');
  }
  const namespace = agentNamespaceOf(klusterlet);
  if (!(await client.delete(namespaces, { name: namespace }, dryRunOption(context)))) {
    context.output.print(`namespace ${namespace} is cleaned up already\n`);
  }
};

const dryRunOption = ({ globals }: CommandContext) => ({ dryRun: globals.dryRun });

const operatorParts: Target[] = [
  { resource: deployments, name: { name: 'klusterlet', namespace: OPERATOR_NAMESPACE } },
  { resource: serviceAccounts, name: { name: 'klusterlet', namespace: OPERATOR_NAMESPACE } },
  { resource: clusterRoleBindings, name: { name: 'klusterlet' } },
  { resource: clusterRoles, name: { name: 'klusterlet' } },
  { resource: customResourceDefinitions, name: { name: KLUSTERLET_CRD } },
];
