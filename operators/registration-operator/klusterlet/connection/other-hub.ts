import { readKubeconfig } from '../../../runtime/client/kubeconfig/kubeconfig.ts';
import type { Secret } from '../../../runtime/client/kubernetes.ts';
import { connectionOfSecret } from '../../secrets/secret-connection.ts';
import { textOf } from '../../secrets/secret.ts';

/** Intervals of renewal after which a hub counts a cluster as out of reach (registration.md 4.5). */
const missedRenewals = 5;
const defaultLeaseSeconds = 60;

const clusterNameOf = (secret: Secret): unknown => {
  const config = readKubeconfig(textOf(secret, 'kubeconfig') ?? '');
  const context = config.contexts.get(config.currentContext ?? '');
  return context?.fields['cluster'];
};

/**
 * In what the way to the hub differs between bootstrap and hub kubeconfig: an agent does not use a hub kubeconfig that
 * leads elsewhere (registration.md 3.4). Nothing where one of them cannot be read, which is said otherwise.
 */
export const differences = (bootstrap: Secret | undefined, hub: Secret | undefined): string[] => {
  if (!bootstrap || !hub) return [];
  try {
    const [wanted, present] = [connectionOfSecret(bootstrap), connectionOfSecret(hub)];
    return [
      ...(wanted.server === present.server ? [] : ['server']),
      ...(wanted.caData?.trim() === present.caData?.trim() ? [] : ['certificate-authority']),
      ...(wanted.proxyUrl === present.proxyUrl ? [] : ['proxy-url']),
      ...(wanted.tlsServerName === present.tlsServerName ? [] : ['tls-server-name']),
      ...(clusterNameOf(bootstrap) === clusterNameOf(hub) ? [] : ['name of the cluster']),
    ];
  } catch {
    return [];
  }
};

/** A lease as far as its age goes. */
interface AgedLease {
  spec?: { renewTime?: string; leaseDurationSeconds?: number };
}

/** Whether a cluster's lease on the hub says that its agent has gone silent. Without a lease nobody was heard yet. */
export const isSilent = (lease: AgedLease | undefined, now: number): boolean => {
  const renewed = Date.parse(lease?.spec?.renewTime ?? '');
  const seconds = lease?.spec?.leaseDurationSeconds || defaultLeaseSeconds;
  return !Number.isNaN(renewed) && now - renewed > missedRenewals * seconds * 1000;
};
