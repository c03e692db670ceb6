import type { ClusterManager } from '../../../api/generated/operator.ts';
import { secret as secretName } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import type { Context } from '../../../runtime/controller/controller.ts';
import type { Applied } from '../../apply/index.ts';
import { syncKubeconfigSecret } from '../../secrets/kubeconfig-secret.ts';
import { deleteSecret } from '../../secrets/secret.ts';
import { removeCopy, syncSecret } from '../../secrets/sync-secret.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { hubAccounts, kubeconfigSecretOf } from '../hub-accounts.ts';
import type { Hub } from '../hub-clusters.ts';
import { hubNamespaceOf } from '../mode.ts';
import { syncPullSecret } from '../pull-secret.ts';
import { operandLabels } from '../rendering/operand-labels.ts';
import { foreignWorkDriver } from '../rendering/parameters.ts';
import { SyncError } from './applied-status.ts';

/** Copies what operands mount to where they run (operator.md 4.6, D8). */
export const syncSecrets = async (
  deps: Dependencies,
  clusterManager: ClusterManager,
  { log }: Context,
): Promise<void> => {
  const { client } = deps.management;
  const namespace = hubNamespaceOf(clusterManager);
  const labels = operandLabels(clusterManager, deps.settings.syncLabels);
  const copy = (name: string) =>
    syncSecret({
      from: { client, name, namespace: deps.settings.operatorNamespace },
      to: { client, name, namespace },
      labels,
      fieldManager,
    });
  try {
    await syncPullSecret(deps, clusterManager, log);
    if (foreignWorkDriver(clusterManager)) await copy(secretName.workDriverConfig);
    else await removeCopy(client, { name: secretName.workDriverConfig, namespace });
  } catch (cause) {
    throw new SyncError(
      'HubResourceApplyFailed',
      `Secrets cannot be copied to ${namespace}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
};

/** Removes the kubeconfigs of operands that are switched off. */
const removeKubeconfigsBut = async (
  { management, mountedSecrets }: Dependencies,
  accounts: readonly string[],
  namespace: string,
): Promise<void> => {
  const kept = new Set(accounts.map(kubeconfigSecretOf));
  for (const name of hubAccounts.map(kubeconfigSecretOf)) {
    const present = mountedSecrets
      .map((informer) => informer.get(name, namespace))
      .find((found) => found !== undefined);
    if (present && !kept.has(name)) await deleteSecret(management.client, present);
  }
};

/**
 * Hosted mode: gives each operand, `onHub` having the ServiceAccounts of all, a kubeconfig of the hub (operator.md 4.7).
 * Resolves to when to renew the first.
 */
export const syncHubKubeconfigs = async (
  deps: Dependencies,
  clusterManager: ClusterManager,
  { cluster, connection }: Hub,
  onHub: readonly Applied[],
  context: Context,
): Promise<number | undefined> => {
  if (!connection) return undefined;
  const namespace = hubNamespaceOf(clusterManager);
  const accounts = onHub
    .filter(({ ref }) => ref.resource.kind === 'ServiceAccount')
    .map(({ ref }) => ref.name)
    // Operands that ask nothing of the hub get no way to.
    .filter((name) => hubAccounts.includes(name));
  try {
    await removeKubeconfigsBut(deps, accounts, namespace);
    const renewals = await Promise.all(
      accounts.map((name) =>
        syncKubeconfigSecret(
          {
            home: deps.management.client,
            secret: { name: kubeconfigSecretOf(name), namespace },
            folder: '/var/run/secrets/hub',
            away: cluster.client,
            connection,
            serviceAccount: { name, namespace },
            fieldManager,
          },
          { signal: context.signal },
        ),
      ),
    );
    const first = Math.min(...renewals);
    return Number.isFinite(first) ? first : undefined;
  } catch (cause) {
    throw new SyncError('ServiceAccountSyncFailed', messageOf(cause), { cause });
  }
};
