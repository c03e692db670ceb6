import type { ResourceAttributes } from '../../../runtime/client/kubernetes.ts';
import { virtualResource } from '../../../api/identities.ts';
import { clusterLease, group } from '../../../api/names.ts';

/** The key of a secret with the configuration of a gRPC client (registration.md 5.2). */
export const grpcConfigKey = 'config.yaml';

/** What it came to to ask a hub as an agent; what was denied, in words. */
export type Reviewed = { allowed: true; server: string } | { allowed: false; server: string; denied: string };

const each = (attributes: ResourceAttributes, ...verbs: string[]): ResourceAttributes[] =>
  verbs.map((verb) => ({ ...attributes, verb }));

const signingRequests: ResourceAttributes = {
  group: 'certificates.k8s.io',
  resource: 'certificatesigningrequests',
};
const managedClusters: ResourceAttributes = { group: group.cluster, resource: 'managedclusters' };

/** What a bootstrap kubeconfig must be allowed on the hub, in the order of asking (operator.md 5.8). */
export const bootstrapReviews = (): ResourceAttributes[] => [
  ...each(managedClusters, 'create', 'get'),
  ...each(signingRequests, 'create', 'get', 'list', 'watch'),
];

/** What the agents' hub kubeconfig must be allowed: 24 reviews, in the order of asking (operator.md 5.8). */
export const hubReviews = (cluster: string): ResourceAttributes[] => {
  const { renew } = virtualResource;
  const works: ResourceAttributes = { group: group.work, resource: 'manifestworks', namespace: cluster };
  const events = (eventGroup: string): ResourceAttributes => ({
    group: eventGroup,
    resource: 'events',
    namespace: cluster,
  });
  return [
    ...each(signingRequests, 'get', 'list', 'watch'),
    ...each({ ...managedClusters, name: cluster }, 'get', 'list', 'update', 'watch'),
    ...each({ ...managedClusters, name: cluster, subresource: 'status' }, 'patch', 'update'),
    ...each({ group: renew.group, resource: renew.resource, subresource: renew.subresource }, renew.verb),
    ...each(
      { group: 'coordination.k8s.io', resource: 'leases', namespace: cluster, name: clusterLease },
      'get',
      'update',
    ),
    ...each(events(''), 'create', 'patch', 'update'),
    ...each(events('events.k8s.io'), 'create', 'patch', 'update'),
    ...each(works, 'get', 'list', 'watch', 'update'),
    ...each({ ...works, subresource: 'status' }, 'patch', 'update'),
  ];
};

/** A review as people read it: `update managedclusters.cluster.open-cluster-management.io/status "c1"`. */
export const describeReview = ({
  verb,
  group: apiGroup,
  resource,
  subresource,
  namespace,
  name,
}: ResourceAttributes): string =>
  [
    verb,
    `${resource}${apiGroup ? `.${apiGroup}` : ''}${subresource ? `/${subresource}` : ''}`,
    ...(name ? [`"${name}"`] : []),
    ...(namespace ? [`in namespace "${namespace}"`] : []),
  ].join(' ');
