import { type ClusterManager, clusterManagers } from '../../../operators/api/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { CLUSTER_MANAGER, CLUSTER_MANAGER_CRD, OPERATOR_NAMESPACE } from '../../names.ts';
import {
  componentBlock,
  crdBlock,
  deploymentLine,
  operatorBlock,
  relatedCrds,
  relatedDeployments,
} from '../../output/installation.ts';

export const define = (): void => undefined;

/** `clusteradm get hub-info` (cli.md 10.2). */
export const run = async (context: CommandContext, _: object, args: string[]): Promise<void> => {
  if (args.length > 0) throw new Error('there should be no argument');
  const client = context.client();
  await requireHub(client);
  const operator = { name: CLUSTER_MANAGER, namespace: OPERATOR_NAMESPACE };
  const lines = await operatorBlock(client, operator, 'registration-operator', CLUSTER_MANAGER_CRD);
  const clusterManager = await client.find(clusterManagers, CLUSTER_MANAGER);
  lines.push(...(clusterManager ? await components(client, clusterManager) : ['Components:\t<uninstalled>']));
  context.output.print(`${lines.join('\n')}\n`);
};

const components = async (client: Client, { spec, status }: ClusterManager): Promise<string[]> => {
  const related = status?.relatedResources ?? [];
  const find = relatedDeployments(client, related);
  const line = async (title: string, suffix: string) => deploymentLine('    ', title, await find(suffix));
  const { addOnManagerConfiguration: addOns, workConfiguration: work } = spec ?? {};
  const withAddOns = !addOns || enabled(addOns.featureGates, 'AddonManagement');
  const withReplicaSets = enabled(work?.featureGates, 'ManifestWorkReplicaSet');
  return [
    'Components:',
    ...(withAddOns
      ? componentBlock('AddOn Manager', [await line('Controller', '-addon-manager-controller')])
      : []),
    ...componentBlock('Registration', [
      await line('Controller', '-registration-controller'),
      await line('Webhook', '-registration-webhook'),
    ]),
    ...componentBlock('Work', [
      withReplicaSets ? await line('Controller', '-work-controller') : [],
      await line('Webhook', '-work-webhook'),
    ]),
    ...componentBlock('Placement', [await line('Controller', '-placement-controller')]),
    ...(await crdBlock(client, relatedCrds(related))),
  ];
};

const enabled = (gates: { feature: string; mode?: string }[] | undefined, gate: string): boolean =>
  gates?.some(({ feature, mode }) => feature === gate && mode === 'Enable') ?? false;
