import { group } from '../../api/names.ts';

/** What the events between a hub and the agents of its clusters can be about (registration.md 6). */
export const dataType = {
  clusters: `${group.cluster}.v1.managedclusters`,
  requests: 'certificates.k8s.io.v1.certificatesigningrequests',
  addons: `${group.addon}.v1beta1.managedclusteraddons`,
  oldAddons: `${group.addon}.v1alpha1.managedclusteraddons`,
  leases: 'coordination.k8s.io.v1.leases',
  events: 'events.k8s.io.v1.events',
  tokens: 'authentication.k8s.io.v1.tokenrequests',
  bundles: 'io.open-cluster-management.works.v1alpha1.manifestbundles',
} as const;

/** The source of what the server sends: the hub. */
export const hubSource = 'kube';
