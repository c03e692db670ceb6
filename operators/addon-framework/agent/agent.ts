import type {
  ClusterManagementAddOn,
  ManagedClusterAddOn,
  ManagedClusterAddOnRegistration,
  ManagedClusterAddOnStatus,
} from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import type { ManifestConfig } from '../../api/generated/work.ts';
import type { CertificateSigningRequest, RoleBinding } from '../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import type { ConfigResource } from '../configuration/references.ts';
import type { Prober } from '../health/availability.ts';
import type { KeptWork } from '../works/kept.ts';
import type { Credential } from '../registration/approval.ts';

/** How the agent of an add-on is known to the hub, and what it may do there (addon.md 7.1). */
export interface AgentRegistration {
  /** What the status says, as the agent of the cluster recorded it where that is its part. */
  registrations: ManagedClusterAddOnRegistration[];
  /** Where the agent is installed on the managed cluster. */
  namespace: string;
  /** What it may do, given the registrations; undefined while it is not known who it is. */
  bindings: (addon: ManagedClusterAddOn) => RoleBinding[] | undefined;
}

/** What an add-on deploys on one cluster. */
export interface AgentManifests {
  manifests: readonly UnknownObject[];
  /** What the work agent is asked for each object, beside what the health of the add-on needs. */
  manifestConfigs: readonly ManifestConfig[];
}

/**
 * What makes an add-on: the part of its manager that differs from add-on to add-on. One may stand for several add-ons. All
 * of it is decided from what is given and from caches; a rejection or an error says, in words for the add-on's users, what
 * is to be done.
 */
export interface AddonAgent {
  /** Whether the hashes of this add-on's configurations are this manager's to say. */
  isManagerOf(managementAddon: ClusterManagementAddOn): boolean;
  /** Whether an add-on on a cluster is this manager's; an add-on that leaves is until its end. */
  manages(addon: ManagedClusterAddOn): boolean;
  supportedConfigs: readonly ConfigResource[];
  /** Whether nothing is deployed before condition Configured is True. */
  checksConfigured: boolean;
  prober: Prober;
  /** @throws NotInTurn; anything else is told in condition RegistrationApplied */
  registration(addon: ManagedClusterAddOn): AgentRegistration;
  /** @throws NotInTurn; anything else is told in condition ManifestApplied */
  manifests(addon: ManagedClusterAddOn, cluster: ManagedCluster): AgentManifests;
  /** What else the same process tells in the status of an add-on with these works, so that all is told at once. */
  toldWith?(
    addon: ManagedClusterAddOn,
    works: readonly KeptWork[],
    now: Date,
  ): ManagedClusterAddOnStatus | undefined;
  /** The certificates that the agent may have. */
  credentials(addon: ManagedClusterAddOn): Credential[];
  /** The certificate, in PEM, for a request of a signer of the add-on's own. */
  sign(
    addon: ManagedClusterAddOn,
    request: CertificateSigningRequest,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

/** What is there is not what the add-on is to have now: all stays as it is until that comes. */
export class NotInTurn extends Error {
  override readonly name = 'NotInTurn';
}
