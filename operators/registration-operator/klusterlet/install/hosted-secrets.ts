import type { Klusterlet } from '../../../api/generated/operator.ts';
import { secret as secretName } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { syncKubeconfigSecret } from '../../secrets/kubeconfig-secret.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import type { ManagedCluster } from '../managed-clusters.ts';
import { agentNamespace, isSingleton, klusterletNamespace, type Mode, serviceAccountName } from '../mode.ts';
import { agentLabels } from '../rendering/parameters.ts';
import { InstallError } from './applied-status.ts';

/** Which ServiceAccount of the managed cluster each secret of a hosted mode speaks for (operator.md 3.2). */
const hostedSecrets = (klusterlet: string, mode: Mode): { secret: string; account: string }[] =>
  isSingleton(mode)
    ? [{ secret: secretName.externalManagedKubeconfigAgent, account: serviceAccountName.work(klusterlet) }]
    : [
        {
          secret: secretName.externalManagedKubeconfigRegistration,
          account: serviceAccountName.registration(klusterlet),
        },
        { secret: secretName.externalManagedKubeconfigWork, account: serviceAccountName.work(klusterlet) },
      ];

/**
 * Keeps the kubeconfigs by which agents of hosted modes reach their cluster (operator.md 5.5).
 * @returns when the first of their tokens is to be renewed, in milliseconds since the epoch
 */
export const syncHostedSecrets = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  mode: Mode,
  { cluster, hosted }: ManagedCluster,
  signal: AbortSignal,
): Promise<number> => {
  if (!hosted) return Infinity;
  const renewals: number[] = [];
  for (const { secret, account } of hostedSecrets(klusterlet.metadata.name, mode)) {
    try {
      const renewal = await syncKubeconfigSecret(
        {
          home: deps.management.client,
          secret: { name: secret, namespace: agentNamespace(klusterlet, mode) },
          labels: agentLabels(klusterlet, deps.settings.syncLabels),
          fieldManager,
          folder: '/spoke/config',
          away: cluster.client,
          connection: hosted.connection,
          serviceAccount: { name: account, namespace: klusterletNamespace(klusterlet) },
        },
        { signal },
      );
      renewals.push(renewal);
    } catch (cause) {
      throw new InstallError(
        'KlusterletApplyFailed',
        `Secret ${secret} with the kubeconfig of the managed cluster: ${messageOf(cause)}`,
        { cause },
      );
    }
  }
  return Math.min(...renewals);
};
