import type { Command } from 'commander';
import { appliedManifestWorks, type Klusterlet, klusterlets } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { deployments, namespaces, secrets } from '../../operators/runtime/client/kubernetes.ts';
import { operatorParts, remove, removeOne, waitUntilGone } from '../cluster/remove.ts';
import type { CommandContext } from '../context.ts';
import { bool, string } from '../flags/flags.ts';
import { requireLabel } from '../flags/legal-names.ts';
import {
  CLUSTER_MANAGER,
  KLUSTERLET,
  KLUSTERLET_CRD,
  MANAGED_KUBECONFIG_SECRET,
  OPERATOR_NAMESPACE,
  PULL_SECRET,
} from '../names.ts';
import { agentNamespace, isHosted } from '../objects/klusterlet.ts';

interface UnjoinFlags {
  clusterName: string;
  purgeOperator: boolean;
}

export const define = (command: Command): void => {
  string(command, '--cluster-name', 'name of the cluster on the hub (required)');
  bool(command, '--purge-operator', 'remove the operator as well', true);
  string(command, '--output-file', 'accepted for compatibility, without effect');
};

/** `clusteradm unjoin` (cli.md 7). The hub's ManagedCluster is left alone. */
export const run = async (context: CommandContext, flags: UnjoinFlags): Promise<void> => {
  const { print } = context.output;
  const name = flags.clusterName;
  if (!name) throw new Error('name is missing');
  requireLabel('a cluster', name);
  const client = context.client();
  print(`Remove applied resources in the managed cluster ${name} ... \n`);
  if (!(await client.resourceFor('operator.open-cluster-management.io/v1', 'Klusterlet'))) {
    print('klusterlet CRD not found, there is no need to unjoin.\n');
    return;
  }
  const { items: all } = await client.list(klusterlets);
  const klusterlet = all.find(({ spec }) => spec?.clusterName === name);
  if (!klusterlet) {
    print(`klusterlet corresponds to ${name} not found\n`);
    return;
  }
  const others = all.filter((other) => other !== klusterlet);
  const works = await remainingWorks(context, klusterlet, others);
  if (works.length > 0) {
    print(
      `appliedManifestWorks [${works.join(' ')}] still exist on the managed cluster,you should manually clean them, uninstall kluster will cause those works out of control.\n`,
    );
    return;
  }
  await removeKlusterlet(context, klusterlet);
  await removeNamespace(context, klusterlet, others);
  if (flags.purgeOperator && others.length > 0) {
    print('operator not purged: there are other klusterlet on cluster\n');
    return;
  }
  if (flags.purgeOperator) await removeOperator(context);
  print(
    `Applied resources have been deleted during the ${name} joined stage. The status of mcl ${name} will be unknown in the hub cluster.\n`,
  );
};

const modeOf = ({ spec }: Klusterlet): string | undefined => spec?.deployOption?.mode;

const namespaceOf = (klusterlet: Klusterlet): string =>
  agentNamespace({
    name: klusterlet.metadata.name,
    namespace: klusterlet.spec?.namespace,
    mode: modeOf(klusterlet),
  });

/** What the hub installed on the managed cluster and nobody would look after any more. */
const remainingWorks = async (
  context: CommandContext,
  klusterlet: Klusterlet,
  others: Klusterlet[],
): Promise<string[]> => {
  if (!isHosted(modeOf(klusterlet))) return worksOn(context.client(), others);
  // A managed cluster that is gone for good must not keep its Klusterlet from being removed.
  try {
    return await worksOn(await hostedClient(context, klusterlet), others);
  } catch (error) {
    context.output.note(
      `WARNING: cannot look for works on the managed cluster: ${(error as Error).message}\n`,
    );
    return [];
  }
};

const worksOn = async (managed: Client, others: Klusterlet[]): Promise<string[]> => {
  if (!(await managed.resourceFor('work.open-cluster-management.io/v1', 'AppliedManifestWork'))) return [];
  const { items } = await managed.list(appliedManifestWorks);
  const foreign = others.map(({ metadata }) => metadata.uid);
  return items.filter(({ spec }) => !foreign.includes(spec?.agentID)).map(({ metadata }) => metadata.name);
};

const hostedClient = async (context: CommandContext, klusterlet: Klusterlet): Promise<Client> => {
  const namespace = namespaceOf(klusterlet);
  const source = `Secret ${namespace}/${MANAGED_KUBECONFIG_SECRET}`;
  const secret = await context.client().find(secrets, MANAGED_KUBECONFIG_SECRET, namespace);
  const kubeconfig = secret?.data?.kubeconfig;
  if (!kubeconfig) throw new Error(`${source} has no kubeconfig`);
  return context.connectTo(parseKubeconfig(Buffer.from(kubeconfig, 'base64').toString(), { source }));
};

const removeKlusterlet = async (
  context: CommandContext,
  { metadata: { name, uid } }: Klusterlet,
): Promise<void> => {
  const client = context.client();
  const deleted = await removeOne(context, client, klusterlets, { name }, uid);
  if (!deleted) context.output.print(`klusterlet ${name} is cleaned up already\n`);
  if (context.globals.dryRun) return;
  try {
    await waitUntilGone(context, client, klusterlets, { name });
  } catch (error) {
    throw new Error(
      `klusterlet still exists: ${(error as Error).message}; is the operator running in namespace ${OPERATOR_NAMESPACE}?`,
      { cause: error },
    );
  }
};

/** Removes the agents' namespace, unless it is not theirs alone. */
const removeNamespace = async (
  context: CommandContext,
  klusterlet: Klusterlet,
  others: Klusterlet[],
): Promise<void> => {
  const { print } = context.output;
  const name = namespaceOf(klusterlet);
  const shared = others.some((other) => namespaceOf(other) === name);
  if (shared || name === OPERATOR_NAMESPACE || name === 'default' || name.startsWith('kube-')) {
    print(`namespace ${name} is kept, it is not of this klusterlet alone\n`);
  } else if (await context.client().find(namespaces, name)) {
    await remove(context, context.client(), [{ resource: namespaces, name: { name } }]);
  } else {
    print(`namespace ${name} is cleaned up already\n`);
  }
};

/** A hub in the same cluster shares the namespace and the pull secret, which then stay. */
const removeOperator = async (context: CommandContext): Promise<void> => {
  const client = context.client();
  await remove(context, client, await operatorParts(client, KLUSTERLET, KLUSTERLET_CRD));
  if (await client.find(deployments, CLUSTER_MANAGER, OPERATOR_NAMESPACE)) return;
  await remove(context, client, [
    { resource: secrets, name: { name: PULL_SECRET, namespace: OPERATOR_NAMESPACE } },
  ]);
  const others = await client.list(deployments, { namespace: OPERATOR_NAMESPACE });
  if (others.items.length === 0) {
    await remove(context, client, [{ resource: namespaces, name: { name: OPERATOR_NAMESPACE } }]);
  }
};
