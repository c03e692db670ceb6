import {
  clusterRoleOf,
  commonClusterRole,
  registrationRoleBindingOf,
  workRoleBindingOf,
} from '../../../api/identities.ts';
import { manifestWorks } from '../../../api/generated/work.ts';
import { finalizer, label } from '../../../api/names.ts';
import type { Informer, Informers } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isAlreadyExists, isNotFound } from '../../../runtime/client/errors.ts';
import {
  type ClusterRole,
  type ClusterRoleBinding,
  type Namespace,
  type RoleBinding,
  clusterRoleBindings,
  clusterRoles,
  namespaces,
  roleBindings,
} from '../../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../../runtime/client/object.ts';
import { ensure, ensureAbsent, isAsWanted } from '../../../runtime/controller/ensure.ts';
import { removeFinalizer } from '../../../runtime/controller/finalizers.ts';
import {
  type Labels,
  clusterRoleBindingFor,
  clusterRoleFor,
  commonClusterRolesFor,
  namespaceOf,
  registrationRoleBindingFor,
  workRoleBindingFor,
} from './permissions.ts';

/** Under this name the API server records what registration made for clusters. */
const fieldManager = 'registration-controller';

/** Objects that registration made for clusters; those of add-ons are the add-on manager's. */
const ours = `${label.clusterName},!${label.addonName}`;

/** What is known of the objects by which clusters have their place and permissions on the hub. */
export interface PermissionCaches {
  namespaces: Informer<Namespace>;
  clusterRoles: Informer<ClusterRole>;
  clusterRoleBindings: Informer<ClusterRoleBinding>;
  roleBindings: Informer<RoleBinding>;
}

/** Keeps of an object what is compared with what is wanted. */
const trim = <T extends KubeObject>(object: T): T => {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, labels, finalizers } = object.metadata;
  return {
    ...object,
    metadata: { name, namespace, uid, resourceVersion, deletionTimestamp, labels, finalizers },
  };
};

export const permissionCaches = (informers: Informers): PermissionCaches => ({
  namespaces: informers.informer(namespaces, { labelSelector: label.clusterName, metadataOnly: true, trim }),
  clusterRoles: informers.informer(clusterRoles, { labelSelector: ours, trim }),
  clusterRoleBindings: informers.informer(clusterRoleBindings, { labelSelector: ours, trim }),
  roleBindings: informers.informer(roleBindings, { labelSelector: ours, trim }),
});

/** The cluster that an object belongs to; undefined for those common to all. */
export const clusterOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.labels?.[label.clusterName] || undefined;

/** Gives clusters their permissions and takes them away (registration.md 4.2). */
export const clusterPermissions = (hub: Client, caches: PermissionCaches, extra: Labels) => {
  /** The hub may create and update namespaces, not patch them. */
  const ensureNamespace = async (cluster: string, signal: AbortSignal): Promise<void> => {
    const want = namespaceOf(cluster, extra);
    if (isAsWanted(caches.namespaces.get(cluster), want)) return;
    try {
      await hub.create(namespaces, want, { fieldManager, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const present = await hub.get(namespaces, cluster, undefined, { signal });
      if (isAsWanted(present, want)) return;
      if (present.metadata.deletionTimestamp !== undefined)
        throw new Error(`namespace "${cluster}" is terminating; the cluster is accepted once it is gone`, {
          cause: error,
        });
      const labels = { ...present.metadata.labels, ...want.metadata.labels };
      await hub.replace(
        namespaces,
        { ...present, metadata: { ...present.metadata, labels } },
        { fieldManager, signal },
      );
    }
  };

  let ensuring: Promise<void> | undefined;
  /** Clusters that are accepted side by side share one attempt. */
  const ensureCommonRoles = (signal: AbortSignal): Promise<void> => {
    ensuring ??= Promise.all(
      commonClusterRolesFor(extra).map((role) => ensure(caches.clusterRoles, role, { fieldManager, signal })),
    ).then(
      () => void (ensuring = undefined),
      (error: unknown) => {
        ensuring = undefined;
        throw error;
      },
    );
    return ensuring;
  };

  const removeClusterRole = (cluster: string, signal: AbortSignal) =>
    Promise.all([
      ensureAbsent(caches.clusterRoleBindings, clusterRoleOf(cluster), undefined, signal),
      ensureAbsent(caches.clusterRoles, clusterRoleOf(cluster), undefined, signal),
    ]);

  const hasWorks = async (cluster: string, signal: AbortSignal): Promise<boolean> => {
    try {
      const { items } = await hub.list(manifestWorks, { namespace: cluster, metadataOnly: true, signal });
      return items.length > 0;
    } catch (error) {
      if (isNotFound(error)) return false; // the hub knows no ManifestWorks
      throw error;
    }
  };

  /** Lets the work RoleBinding go; true once nothing is left that needs it. */
  const releaseWorkBinding = async (cluster: string, signal: AbortSignal): Promise<boolean> => {
    const name = workRoleBindingOf(cluster);
    if (!caches.roleBindings.get(name, cluster)) return true;
    if (await hasWorks(cluster, signal)) return false;
    const binding = await hub.find(roleBindings, name, cluster, { signal });
    if (binding)
      await removeFinalizer(hub, roleBindings, binding, finalizer.manifestWork, { fieldManager, signal });
    return true;
  };

  const removeRoleBindings = async (cluster: string, signal: AbortSignal): Promise<boolean> => {
    await Promise.all([
      ensureAbsent(caches.roleBindings, registrationRoleBindingOf(cluster), cluster, signal),
      ensureAbsent(caches.roleBindings, workRoleBindingOf(cluster), cluster, signal),
    ]);
    return releaseWorkBinding(cluster, signal);
  };

  return {
    ensureCommonRoles,

    async removeCommonRoles(signal: AbortSignal): Promise<void> {
      for (const name of Object.values(commonClusterRole))
        await ensureAbsent(caches.clusterRoles, name, undefined, signal);
    },

    /** Rejects with an AggregateError that names everything that went wrong. */
    async grant(cluster: string, signal: AbortSignal): Promise<void> {
      await ensureNamespace(cluster, signal);
      const workBinding = workRoleBindingFor(cluster, extra);
      // a binding that a denial left behind would never come back by itself: it waits for works that still run
      if (
        caches.roleBindings.get(workBinding.metadata.name, cluster)?.metadata.deletionTimestamp !== undefined
      ) {
        const left = await hub.find(roleBindings, workBinding.metadata.name, cluster, { signal });
        if (left?.metadata.deletionTimestamp !== undefined)
          await removeFinalizer(hub, roleBindings, left, finalizer.manifestWork, { fieldManager, signal });
      }
      const commonRoles = ensureCommonRoles(signal);
      const bind = (binding: RoleBinding) =>
        commonRoles.then(() => ensure(caches.roleBindings, binding, { fieldManager, signal }));
      const first = await Promise.allSettled([
        ensure(caches.clusterRoles, clusterRoleFor(cluster, true, extra), { fieldManager, signal }),
        bind(registrationRoleBindingFor(cluster, extra)),
        bind(workBinding),
      ]);
      // last, since the API server lets one bind only a role that it has seen
      const last = await Promise.allSettled([
        ensure(caches.clusterRoleBindings, clusterRoleBindingFor(cluster, extra), { fieldManager, signal }),
      ]);
      const rejected = [...first, ...last].filter((each) => each.status === 'rejected');
      const errors = [...new Set(rejected.map(({ reason }) => reason as Error))];
      if (errors.length > 0)
        throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
    },

    /** Leaves a denied cluster the right to see itself; false while works remain that need the work RoleBinding. */
    async reduce(cluster: string, signal: AbortSignal): Promise<boolean> {
      await ensure(caches.clusterRoles, clusterRoleFor(cluster, false, extra), { fieldManager, signal });
      await ensure(caches.clusterRoleBindings, clusterRoleBindingFor(cluster, extra), {
        fieldManager,
        signal,
      });
      return removeRoleBindings(cluster, signal);
    },

    /** False while works remain that need the work RoleBinding. Namespace and lease stay. */
    async revoke(cluster: string, signal: AbortSignal): Promise<boolean> {
      await removeClusterRole(cluster, signal);
      return removeRoleBindings(cluster, signal);
    },

    /** Whether anything is left to {@link revoke}. */
    has: (cluster: string): boolean =>
      caches.clusterRoles.get(clusterRoleOf(cluster)) !== undefined ||
      caches.clusterRoleBindings.get(clusterRoleOf(cluster)) !== undefined ||
      caches.roleBindings.get(registrationRoleBindingOf(cluster), cluster) !== undefined ||
      caches.roleBindings.get(workRoleBindingOf(cluster), cluster) !== undefined,
  };
};

export type ClusterPermissions = ReturnType<typeof clusterPermissions>;
