import type { ClusterManager } from '../../api/generated/operator.ts';
import {
  type ResourceAttributes,
  serviceAccounts,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../runtime/client/kubernetes.ts';
import { mayDo } from '../../runtime/client/self-review.ts';
import type { Cluster } from '../apply/index.ts';
import { policySuffixOf } from './mode.ts';

const areAllowed = async ({ client }: Cluster, rights: readonly ResourceAttributes[]): Promise<boolean> =>
  (await Promise.all(rights.map((right) => mayDo(client, right)))).every(Boolean);

/**
 * Whether the operator may look after the policies that bound the add-on manager of a hub. It may not where they came with
 * the operator, which is why no answer is remembered: Helm changes that while the operator runs.
 */
export const mayWritePolicies = (cluster: Cluster, clusterManager: ClusterManager): Promise<boolean> => {
  const name = `addon-manager-tokens.${policySuffixOf(clusterManager)}`;
  const rights = [validatingAdmissionPolicies, validatingAdmissionPolicyBindings].flatMap(
    ({ group, plural: resource }) => [
      { verb: 'create', group, resource },
      ...['get', 'patch', 'delete'].map((verb) => ({ verb, group, resource, name })),
    ],
  );
  return areAllowed(cluster, rights);
};

const granters = new WeakSet<Cluster>();

/**
 * Whether the operator holds tokens of all ServiceAccounts of a hub, without which it may not grant them (addon.md 3.3). A yes
 * is remembered for as long as its connection, a no asked again.
 */
export const mayGrantTokens = async (cluster: Cluster): Promise<boolean> => {
  if (granters.has(cluster)) return true;
  const rights = ['create', 'subscribe'].map((verb) => ({
    verb,
    resource: serviceAccounts.plural,
    subresource: 'token',
  }));
  const may = await areAllowed(cluster, rights);
  if (may) granters.add(cluster);
  return may;
};

/** Whether policies were applied to a hub for a ClusterManager, so that they may have to go. */
export const hasHubPolicies = ({ status }: ClusterManager): boolean =>
  (status?.relatedResources ?? []).some(({ resource }) => resource === validatingAdmissionPolicies.plural);
