import { type Klusterlet, klusterlets } from '../../../operators/api/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { requireManagedCluster } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { KLUSTERLET, KLUSTERLET_CRD, OPERATOR_NAMESPACE } from '../../names.ts';
import {
  componentBlock,
  crdBlock,
  deploymentLine,
  operatorBlock,
  relatedCrds,
  relatedDeployments,
} from '../../output/installation.ts';
import { table } from '../../output/table.ts';

export const define = (): void => undefined;

/** `clusteradm get klusterlet-info` (cli.md 10.3). */
export const run = async (context: CommandContext, _: object, args: string[]): Promise<void> => {
  if (args.length > 0) throw new Error('there should be no argument');
  const client = context.client();
  await requireManagedCluster(client);
  const klusterlet = await client.find(klusterlets, KLUSTERLET);
  if (!klusterlet) {
    context.output.print("No klusterlet detected! Please make sure you're using the correct context!\n");
    return;
  }
  const operator = { name: KLUSTERLET, namespace: OPERATOR_NAMESPACE };
  const lines = [
    ...conditionBlock(klusterlet),
    ...(await operatorBlock(client, operator, 'klusterlet', KLUSTERLET_CRD)),
    ...(await components(client, klusterlet)),
  ];
  context.output.print(`${lines.join('\n')}\n`);
};

const conditionBlock = ({ status }: Klusterlet): string[] => {
  const rows = (status?.conditions ?? []).map(
    ({ type, lastTransitionTime, reason, message, ...condition }) => [
      type,
      condition.status,
      lastTransitionTime,
      reason,
      message,
    ],
  );
  const text = table(['Type', 'Status', 'LastTransitionTime', 'Reason', 'Message'], rows, (title) => title);
  return [
    'Klusterlet Conditions:',
    ...text
      .split('\n')
      .filter(Boolean)
      .map((line) => `  ${line}`),
  ];
};

const components = async (client: Client, { spec, status }: Klusterlet): Promise<string[]> => {
  const related = status?.relatedResources ?? [];
  const find = relatedDeployments(client, related);
  const line = async (title: string, suffix: string) => deploymentLine('    ', title, await find(suffix));
  const single = spec?.deployOption?.mode?.startsWith('Singleton') ?? false;
  return [
    'Components:',
    ...(single
      ? await line('Controller', '-agent')
      : [
          ...componentBlock('Registration', [await line('Agent', '-registration-agent')]),
          ...componentBlock('Work', [await line('Agent', '-work-agent')]),
        ]),
    ...(await crdBlock(client, relatedCrds(related))),
  ];
};
