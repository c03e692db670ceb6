import type { Klusterlet } from '../../../api/generated/operator.ts';
import { secret as secretName } from '../../../api/names.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { addressesOf } from '../../network/addresses.ts';
import { apiServerAddresses } from '../../network/api-server-ports.ts';
import { wantsPolicies } from '../../network/policies.ts';
import type { Dependencies } from '../dependencies.ts';
import { agentNamespace, type Mode } from '../mode.ts';
import { multipleHubs } from '../rendering/agent-arguments.ts';

/** Secrets of agent namespaces that lead somewhere; of other names the operator may read none. */
const leading: readonly string[] = [
  secretName.bootstrapHubKubeconfig,
  secretName.hubKubeconfig,
  secretName.externalManagedKubeconfig,
];

/**
 * What the agents have to reach, for network policies: the API servers of their cluster, of the managed one and of the
 * hub, by what their secrets say, and proxies and gRPC servers. Undefined stands for a hub whose secret has a name that
 * its user chose. Nothing where no policies are wanted.
 * @throws ApiError or ConnectionError
 */
export const dialledOf = async (
  { agentSecrets, management }: Pick<Dependencies, 'agentSecrets' | 'management'>,
  klusterlet: Klusterlet,
  mode: Mode,
  log: Logger,
): Promise<(string | number | undefined)[]> => {
  if (!wantsPolicies(klusterlet.spec?.registrationConfiguration?.featureGates)) return [];
  const namespace = agentNamespace(klusterlet, mode);
  const secrets = leading.flatMap(
    (name) => agentSecrets.map((informer) => informer.get(name, namespace)).find((found) => found) ?? [],
  );
  const isUnknown = multipleHubs(klusterlet)?.secrets.some((name) => !leading.includes(name)) ?? false;
  return [
    ...(await apiServerAddresses(management.client, log)),
    ...secrets.flatMap(addressesOf),
    ...(isUnknown ? [undefined] : []),
  ];
};
