import { appliedManifestWorks, klusterlets } from '../../../operators/api/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { CommandContext } from '../../context.ts';
import { KLUSTERLET, OPERATOR_NAMESPACE } from '../../names.ts';
import { agentNamespace, isHosted } from '../../objects/klusterlet.ts';
import type { ManagedFacts } from '../facts.ts';
import { credentialFacts } from './credentials.ts';
import { leanKlusterlet, leanMetadata } from './lean.ts';
import type { Reader } from './reader.ts';
import { workload, workloadsIn } from './workloads.ts';

/** What a managed or hosting cluster knows of itself; undefined where no klusterlet was ever installed. */
export const managedFacts = async (
  context: CommandContext,
  client: Client,
  read: Reader,
): Promise<ManagedFacts | undefined> => {
  if (!(await client.resourceFor('operator.open-cluster-management.io/v1', 'Klusterlet'))) return undefined;
  const found = await read('Klusterlets', async () => (await client.list(klusterlets)).items, undefined);
  const operator = await read(
    'the operator',
    () => workload(client, OPERATOR_NAMESPACE, KLUSTERLET),
    undefined,
  );
  if (found?.length === 0 && operator === null) return undefined;
  const agents: ManagedFacts['agents'] = [];
  const credentials: ManagedFacts['credentials'] = [];
  for (const { metadata, spec } of found ?? []) {
    const { mode } = spec?.deployOption ?? {};
    const namespace = agentNamespace({ name: metadata.name, namespace: spec?.namespace, mode });
    agents.push(...(await read(`the agents in ${namespace}`, () => workloadsIn(client, namespace), [])));
    const secrets = () =>
      credentialFacts(context, client, namespace, spec?.clusterName ?? '', isHosted(mode));
    credentials.push(...(await read(`the credentials in ${namespace}`, secrets, [])));
  }
  const served = await client.resourceFor('work.open-cluster-management.io/v1', 'AppliedManifestWork');
  const works = async () =>
    served
      ? (await client.list(appliedManifestWorks)).items.map(({ metadata }) => ({
          metadata: leanMetadata(metadata),
        }))
      : [];
  return {
    klusterlets: found?.map(leanKlusterlet),
    operator,
    agents,
    credentials,
    appliedWorks: await read('AppliedManifestWorks', works, []),
  };
};
