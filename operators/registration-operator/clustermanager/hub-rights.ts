import type { ClusterManager } from '../../api/generated/operator.ts';
import {
  type SelfSubjectAccessReview,
  selfSubjectAccessReviews,
  serviceAccounts,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../runtime/client/kubernetes.ts';
import type { Cluster } from '../apply/index.ts';

type Attributes = NonNullable<SelfSubjectAccessReview['spec']['resourceAttributes']>;

const isAllowed = async ({ client }: Cluster, resourceAttributes: Attributes): Promise<boolean> => {
  const review: SelfSubjectAccessReview = {
    // A review is no stored object: the API server wants no name of it.
    metadata: {} as SelfSubjectAccessReview['metadata'],
    spec: { resourceAttributes },
  };
  const { status } = await client.create(selfSubjectAccessReviews, review);
  return status?.allowed ?? false;
};

/** Whether all of these are allowed on a cluster. A yes is remembered for as long as its connection, a no asked again. */
const remembered = (rights: readonly Attributes[]): ((cluster: Cluster) => Promise<boolean>) => {
  const allowed = new WeakSet<Cluster>();
  return async (cluster) => {
    if (allowed.has(cluster)) return true;
    const answers = await Promise.all(rights.map((right) => isAllowed(cluster, right)));
    if (answers.every(Boolean)) allowed.add(cluster);
    return allowed.has(cluster);
  };
};

/** Whether the kubeconfig of a hosted hub lets the operator look after the policies that bound the add-on manager there. */
export const mayWritePolicies = remembered(
  [validatingAdmissionPolicies, validatingAdmissionPolicyBindings].flatMap(({ group, plural }) =>
    ['get', 'create', 'patch', 'delete'].map((verb) => ({ verb, group, resource: plural })),
  ),
);

/** Whether the operator holds tokens of all ServiceAccounts of a hub, without which it may not grant them (addon.md 3.3). */
export const mayGrantTokens = remembered(
  ['create', 'subscribe'].map((verb) => ({ verb, resource: serviceAccounts.plural, subresource: 'token' })),
);

/** Whether policies were applied to a hub for a ClusterManager, so that they may have to go. */
export const hasHubPolicies = ({ status }: ClusterManager): boolean =>
  (status?.relatedResources ?? []).some(({ resource }) => resource === validatingAdmissionPolicies.plural);
