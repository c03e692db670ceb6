import { klusterletCondition } from '../../../api/conditions.ts';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { clusterLease, secret as secretName } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { connect } from '../../../runtime/client/connect.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { leases, type ResourceAttributes, type Secret } from '../../../runtime/client/kubernetes.ts';
import { mayDo } from '../../../runtime/client/self-review.ts';
import { connectionOfSecret } from '../../secrets/secret-connection.ts';
import { describeSecret, textOf } from '../../secrets/secret.ts';
import {
  type Reviewed,
  bootstrapReviews,
  describeReview,
  grpcConfigKey,
  hubReviews,
} from './access-reviews.ts';
import type { Finding } from './connection-verdict.ts';
import { usesGrpc } from '../rendering/agent-arguments.ts';
import { isSilent } from './other-hub.ts';

const { reason: reasons } = klusterletCondition.hubConnectionDegraded;

/**
 * Asks the hub one review after the other, up to the first that is denied: whole fleets may ask at once.
 * @throws KubeconfigError, ApiError or ConnectionError
 */
const ask = async (
  secret: Secret,
  reviews: ResourceAttributes[],
  signal: AbortSignal,
  whenAllowed?: (client: Client) => Promise<void>,
): Promise<Reviewed> => {
  const client = connect(connectionOfSecret(secret), {
    userAgent: 'klusterlet-operator',
    requestTimeoutMs: 10_000,
  });
  try {
    for (const attributes of reviews) {
      if (!(await mayDo(client, attributes, signal)))
        return { allowed: false, server: client.server, denied: describeReview(attributes) };
    }
    await whenAllowed?.(client);
    return { allowed: true, server: client.server };
  } finally {
    await client.close();
  }
};

/** Whether a secret holds names of an agent and nothing else: earlier agents left them in it before they had a kubeconfig. */
export const holdsNamesOnly = ({ data }: Secret): boolean => {
  const keys = Object.keys(data ?? {});
  return keys.length > 0 && keys.every((key) => key === 'cluster-name' || key === 'agent-name');
};

/** What the hub kubeconfig secret has to hold. */
const keysOf = (klusterlet: Klusterlet): string[] => [
  'kubeconfig',
  ...(usesGrpc(klusterlet) ? [grpcConfigKey] : []),
];

/** The modules of gRPC are loaded only where an agent uses it; the kubeconfig beside it is needed, and not asked. */
const listening = async (
  phase: 'bootstrap' | 'hub',
  secret: Secret,
  cluster: string,
  signal: AbortSignal,
): Promise<Reviewed> => {
  connectionOfSecret(secret);
  const { listenAs } = await import('./grpc-check.ts');
  return listenAs(phase, secret, cluster, signal);
};

/** What was found of the agents' kubeconfig, and whether the hub has not heard of the cluster for long. */
export type HubFinding = Finding & { isSilent?: boolean };

/**
 * Whether the agents' kubeconfig serves (operator.md 5.8 step 1).
 * @param asksLease whether to look, where it serves, how old the cluster's lease on the hub is
 */
export const checkHubKubeconfig = async (
  klusterlet: Klusterlet,
  namespace: string,
  secret: Secret | undefined,
  signal: AbortSignal,
  asksLease = false,
): Promise<HubFinding> => {
  if (!secret)
    return {
      reason: reasons.HubKubeConfigSecretMissing,
      message: `Secret ${namespace}/${secretName.hubKubeconfig} does not exist; the registration agent writes it once the hub has approved its certificate signing request`,
    };
  const name = describeSecret(secret);
  const missing = keysOf(klusterlet).find((key) => textOf(secret, key) === undefined);
  if (missing)
    return {
      reason: holdsNamesOnly(secret) ? reasons.HubKubeConfigSecretMissing : reasons.HubKubeConfigMissing,
      message: `${name} has no key "${missing}" yet; the registration agent writes it once the hub has approved its certificate signing request`,
    };
  const cluster = klusterlet.spec?.clusterName || textOf(secret, 'cluster-name');
  try {
    connectionOfSecret(secret);
    if (!cluster)
      return {
        reason: reasons.ClusterNameMissing,
        message: `spec.clusterName is empty and ${name} has no key "cluster-name"; the registration agent writes it with the kubeconfig`,
      };
    let silent = false;
    const look = async (client: Client) => {
      silent = isSilent(await client.find(leases, clusterLease, cluster, { signal }), Date.now());
    };
    const result = usesGrpc(klusterlet)
      ? await listening('hub', secret, cluster, signal)
      : await ask(secret, hubReviews(cluster), signal, asksLease ? look : undefined);
    return result.allowed
      ? {
          reason: reasons.HubConnectionFunctional,
          message: `Hub kubeconfig ${name} to ${result.server} works`,
          ...(silent ? { isSilent: true } : {}),
        }
      : {
          reason: reasons.HubKubeConfigUnauthorized,
          message: `Hub kubeconfig ${name} may not ${result.denied} on ${result.server}; is ManagedCluster ${cluster} accepted on the hub?`,
        };
  } catch (error) {
    return {
      reason: reasons.HubKubeConfigError,
      message: `Hub kubeconfig ${name} cannot be used: ${messageOf(error)}`,
    };
  }
};

/** Of a hub kubeconfig that works and leads elsewhere than the bootstrap kubeconfig. */
export const unusedHubKubeconfig = ({ message }: Finding, differing: readonly string[]): Finding => ({
  reason: reasons.HubKubeConfigError,
  message: `${message}, but the agent does not use it: the bootstrap kubeconfig leads elsewhere (${differing.join(', ')}), where the hub has to know the agent's certificate or to let it join anew`,
});

/** Whether the bootstrap kubeconfig serves (operator.md 5.8 step 2). */
export const checkBootstrapKubeconfig = async (
  klusterlet: Klusterlet,
  namespace: string,
  secret: Secret | undefined,
  signal: AbortSignal,
): Promise<Finding> => {
  if (!secret)
    return {
      reason: reasons.BootstrapSecretMissing,
      message: `Secret ${namespace}/${secretName.bootstrapHubKubeconfig} does not exist; create it with a kubeconfig of the hub under the key "kubeconfig"`,
    };
  const name = describeSecret(secret);
  try {
    const result = usesGrpc(klusterlet)
      ? await listening('bootstrap', secret, klusterlet.spec?.clusterName || klusterlet.metadata.name, signal)
      : await ask(secret, bootstrapReviews(), signal);
    return result.allowed
      ? {
          reason: reasons.BootstrapSecretFunctional,
          message: `Bootstrap kubeconfig ${name} to ${result.server} works`,
        }
      : {
          reason: reasons.BootstrapSecretUnauthorized,
          message: `Bootstrap kubeconfig ${name} may not ${result.denied} on ${result.server}; give its user the bootstrap role, or take another token`,
        };
  } catch (error) {
    return {
      reason: reasons.BootstrapSecretError,
      message: `Bootstrap kubeconfig ${name} cannot be used: ${messageOf(error)}`,
    };
  }
};
