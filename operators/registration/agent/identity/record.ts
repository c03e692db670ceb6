import type { Client } from '../../../runtime/client/client.ts';
import { type ConfigMap, configMaps, type Secret, secrets } from '../../../runtime/client/kubernetes.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import type { RegistrationAgentFlags } from '../flags.ts';
import { type Identity, identityFile } from './identity.ts';

const fieldManager = 'registration-agent';

/** Where the agent's secrets are kept, and under which names. */
export interface Place {
  management: Client;
  agentNamespace: string;
  flags: RegistrationAgentFlags;
}

/** The ConfigMap that keeps names which were made up, beside the secret that will keep them. */
const nameOf = (flags: RegistrationAgentFlags): string => `${flags['hub-kubeconfig-secret']}-identity`;

/** Names given by flags need no keeping. */
const areGiven = (flags: RegistrationAgentFlags): boolean =>
  flags['spoke-cluster-name'] !== '' && flags['agent-id'] !== '';

/** The names that were recorded by an agent that had no certificate yet; those that are missing were not. */
export const recordedIdentity = async (
  { management, agentNamespace, flags }: Place,
  signal: AbortSignal,
): Promise<Partial<Identity>> => {
  if (areGiven(flags)) return {};
  const record = await management.find(configMaps, nameOf(flags), agentNamespace, { signal });
  return {
    clusterName: record?.data?.[identityFile.clusterName],
    agentName: record?.data?.[identityFile.agentName],
  };
};

/** Whether a secret holds both names of an agent and nothing else, as earlier versions left it. */
export const holdsNamesOnly = ({ data }: Secret): boolean => {
  const names: readonly string[] = Object.values(identityFile);
  return names.every((key) => data?.[key] !== undefined) && Object.keys(data ?? {}).length === names.length;
};

/**
 * Records names that were made up before anybody is asked for a certificate, so that an agent that restarts until then
 * asks under the same names (D25). Not in the hub kubeconfig secret: its being there means that the hub can be reached,
 * and operators start the work agent by it (operator.md 5.5).
 */
export const recordIdentity = async (
  { management, agentNamespace, flags }: Place,
  identity: Identity,
  signal: AbortSignal,
): Promise<void> => {
  if (areGiven(flags)) return;
  const secret = await management.find(secrets, flags['hub-kubeconfig-secret'], agentNamespace, { signal });
  if (secret?.data?.['kubeconfig'] !== undefined) return; // it keeps the names
  const data = {
    [identityFile.clusterName]: identity.clusterName,
    [identityFile.agentName]: identity.agentName,
  };
  const metadata = { name: nameOf(flags), namespace: agentNamespace };
  const present = await management.find(configMaps, metadata.name, agentNamespace, { signal });
  if (!Object.entries(data).every(([key, value]) => present?.data?.[key] === value))
    await management.apply<ConfigMap>(configMaps, { metadata, data }, { fieldManager, signal });
  if (secret && holdsNamesOnly(secret))
    await management.delete(secrets, secret.metadata, {
      uid: secret.metadata.uid,
      resourceVersion: secret.metadata.resourceVersion,
      signal,
    });
};

/** Drops the record once the hub kubeconfig secret keeps the names. A record that stays does no harm, and is logged. */
export const dropRecord = async (
  { management, agentNamespace, flags }: Place,
  log: Logger,
  signal: AbortSignal,
): Promise<void> => {
  try {
    const record = await management.find(configMaps, nameOf(flags), agentNamespace, { signal });
    if (record) await management.delete(configMaps, record.metadata, { uid: record.metadata.uid, signal });
  } catch (error) {
    log.warn('the record of names that the hub kubeconfig secret keeps now stays', { error });
  }
};
