import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { finalizer } from '../../api/names.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { type NextCondition, isTrue } from '../../runtime/controller/conditions.ts';
import { hasFinalizer } from '../../runtime/controller/finalizers.ts';

/** What is to be done about the works of an add-on now (addon.md 7.2). */

const isLeaving = (object: { metadata: { deletionTimestamp?: string } }): boolean =>
  object.metadata.deletionTimestamp !== undefined;

/** Whether what an object owns is removed before the object itself, by the garbage collector. */
export const isForeground = (object: KubeObject): boolean => hasFinalizer(object, 'foregroundDeletion');

export interface DeployFacts {
  addon: ManagedClusterAddOn;
  cluster: ManagedCluster;
  /** Whether nothing is rendered before condition Configured is True. */
  checksConfigured: boolean;
}

/**
 * Whether works on the managed cluster are made and kept up to date. While hooks are to run the add-on is deployed to the end;
 * otherwise what leaves is left as it is, for its works go with it.
 */
export const isDeployed = ({ addon, cluster, checksConfigured }: DeployFacts): boolean => {
  const hasHooks = hasFinalizer(addon, finalizer.addonPreDelete);
  if (!hasHooks && (isLeaving(addon) || isLeaving(cluster))) return false;
  if (isForeground(addon)) return false; // it would be removed again at once
  return !checksConfigured || isTrue(addon.status?.conditions, managedClusterAddOnCondition.configured.type);
};

/** What is to be done about works on the hosting cluster. */
export type HostedTask =
  /** Works and finalizer go. */
  | 'cleanUp'
  /** The finalizer comes before the first work. */
  | 'addFinalizer'
  | 'deploy'
  /** Everything stays as it is. */
  | 'nothing';

export interface HostedFacts extends DeployFacts {
  /** The hosting cluster that the add-on names; undefined in Default mode. */
  hosting?: string;
  /** It, as long as it is a managed cluster of this hub. */
  hostingCluster?: ManagedCluster;
}

const { type, reason } = managedClusterAddOnCondition.hostingClusterValidity;

/** Whether the hosting cluster that an add-on names is one; undefined in Default mode. */
export const hostingValidity = ({ hosting, hostingCluster }: HostedFacts): NextCondition | undefined => {
  if (!hosting) return undefined;
  return hostingCluster
    ? {
        type,
        status: 'True',
        reason: reason.HostingClusterValid,
        message: `hosting cluster ${hosting} is a managed cluster of the hub`,
      }
    : {
        type,
        status: 'False',
        reason: reason.HostingClusterInvalid,
        message: `hosting cluster ${hosting} is not a managed cluster of the hub`,
      };
};

export const hostedTask = (facts: HostedFacts): HostedTask => {
  const { addon, cluster, hosting, hostingCluster, checksConfigured } = facts;
  const isMarked = hasFinalizer(addon, finalizer.addonHostedWorks);
  const cleanUp = isMarked ? 'cleanUp' : 'nothing';
  if (!hosting || !hostingCluster) return cleanUp;
  if (!hasFinalizer(addon, finalizer.addonHostedPreDelete)) {
    if (isLeaving(hostingCluster) || isLeaving(addon)) return cleanUp;
    if (isLeaving(cluster)) return 'nothing';
  }
  const isConfigured =
    !checksConfigured || isTrue(addon.status?.conditions, managedClusterAddOnCondition.configured.type);
  if (!isConfigured) return 'nothing';
  if (isMarked) return 'deploy';
  return isLeaving(addon) ? 'nothing' : 'addFinalizer'; // no finalizer comes to what is being deleted
};
