import type { Client } from '../../runtime/client/client.ts';
import { secrets } from '../../runtime/client/kubernetes.ts';
import { identityFile } from './identity.ts';
import type { Settings } from './settings.ts';

/**
 * Keeps names that were made up in the hub kubeconfig secret at once: an agent that restarts before its first
 * certificate then asks under the same names (D25). Names given by flags need no keeping.
 */
export const persistIdentity = async (
  management: Client,
  { flags, identity, agentNamespace }: Settings,
  signal: AbortSignal,
): Promise<void> => {
  if (flags['spoke-cluster-name'] && flags['agent-id']) return;
  const name = flags['hub-kubeconfig-secret'];
  const present = await management.find(secrets, name, agentNamespace, { signal });
  const encoded = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  const data = {
    [identityFile.clusterName]: encoded(identity.clusterName),
    [identityFile.agentName]: encoded(identity.agentName),
  };
  if (Object.entries(data).every(([key, value]) => present?.data?.[key] === value)) return;
  if (present?.data?.['tls.crt'] !== undefined) return; // a secret in use changes as a whole, with its certificate
  await management.apply(
    secrets,
    { metadata: { name, namespace: agentNamespace }, data },
    { fieldManager: 'registration-agent', signal },
  );
};
