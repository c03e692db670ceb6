import { managedClusterAddOnCondition } from '../../../api/conditions.ts';
import type { ManagedClusterAddOn } from '../../../api/generated/addon.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type TokenRequest, serviceAccounts } from '../../../runtime/client/kubernetes.ts';
import { type NextCondition, findCondition, timestamp } from '../../../runtime/controller/conditions.ts';
import { mapped } from '../../../runtime/controller/controller.ts';
import type { CredentialDriver } from '../credential/driver.ts';
import { addonAccount } from './registrations.ts';
import { accountUidIn, refreshAt } from './token.ts';

const { tokenRefreshed, tokenInfrastructureReady } = managedClusterAddOnCondition;

const refreshed = (expires: string): NextCondition => ({
  type: tokenRefreshed.type,
  status: 'True',
  reason: tokenRefreshed.reason.AddonTokenRefreshed,
  message: `Addon token refreshed, expires at ${expires}`,
});

const failed = (error: Error): NextCondition => ({
  type: tokenRefreshed.type,
  status: 'False',
  reason: tokenRefreshed.reason.TokenCreationFailed,
  message: `Failed to create token: ${error.message}`,
});

export interface TokenDriverOptions {
  hub: Client;
  addons: Informer<ManagedClusterAddOn>;
  clusterName: string;
  addon: string;
  expirationSeconds: number;
}

/** Gets tokens of the ServiceAccount that the add-on manager made for an add-on on this cluster (registration.md 5.4). */
export const tokenDriver = ({
  hub,
  addons,
  clusterName,
  addon,
  expirationSeconds,
}: TokenDriverOptions): CredentialDriver => ({
  watches: [mapped(addons, ({ metadata }) => (metadata.name === addon ? 'credential' : undefined))],
  keys: ['token'],
  async process(present, additional, signal) {
    const ready = findCondition(
      addons.get(addon, clusterName)?.status?.conditions,
      tokenInfrastructureReady.type,
    );
    if (ready?.status !== 'True') return {};
    const uid = accountUidIn(ready.message);
    const now = new Date();
    const textOf = (key: string) => present[key] && Buffer.from(present[key], 'base64').toString('utf8');
    const settled = Object.keys(additional).every((key) => textOf(key) === additional[key]);
    const next = settled ? refreshAt(textOf('token'), uid, now) : undefined;
    if (next) return { checkAfterMs: next.getTime() - now.getTime() };
    try {
      const { status } = await hub.createSubresource<TokenRequest>(
        serviceAccounts,
        { name: addonAccount(addon), namespace: clusterName },
        'token',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds } },
        { signal },
      );
      if (!status?.token) throw new Error('the hub answered without a token');
      return {
        credential: { token: status.token },
        condition: refreshed(timestamp(new Date(status.expirationTimestamp))),
      };
    } catch (error) {
      return { condition: failed(error as Error), error: error as Error };
    }
  },
});
