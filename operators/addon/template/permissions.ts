import { createHash } from 'node:crypto';
import {
  type AddOnTemplateSpec,
  type ManagedClusterAddOn,
  managedClusterAddOns,
} from '../../api/generated/addon.ts';
import { authenticatedGroup, serviceAccountUser } from '../../api/identities.ts';
import { authType, label } from '../../api/names.ts';
import type { RoleBinding } from '../../runtime/client/kubernetes.ts';
import { labelValue, objectName } from '../../runtime/client/legal-name.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';

const apiGroup = 'rbac.authorization.k8s.io';

type Subjects = NonNullable<RoleBinding['subjects']>;
type HubPermission = NonNullable<
  NonNullable<NonNullable<AddOnTemplateSpec['registration']>[number]['kubeClient']>['hubPermissions']
>[number];

/**
 * Who an add-on's agent is on the hub, by its status: user and groups of the first kubeClient registration, without the
 * group of everybody (addon.md 6.5). None means that nobody has said so yet. Who uses tokens is recorded by the agent of the
 * cluster, which has one identity to name and no other.
 */
export const hubSubjects = ({ metadata, status }: ManagedClusterAddOn): Subjects => {
  const { driver, subject } =
    status?.registrations?.find(({ type }) => type === 'kubeClient')?.kubeClient ?? {};
  const { user, groups = [] } = subject ?? {};
  if (driver === authType.token) {
    const account = serviceAccountUser(metadata.namespace ?? '', objectName(`${metadata.name}-agent`));
    return user === account ? [{ apiGroup, kind: 'User', name: user }] : [];
  }
  return [
    ...(user ? [{ apiGroup, kind: 'User', name: user }] : []),
    ...groups
      .filter((group) => group !== authenticatedGroup)
      .map((name) => ({ apiGroup, kind: 'Group', name })),
  ];
};

const hashOf = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10);

const roleOf = (permission: HubPermission, cluster: string) => {
  if (permission.type === 'CurrentCluster') {
    const name = permission.currentCluster?.clusterRoleName;
    return name ? { namespace: cluster, roleRef: { apiGroup, kind: 'ClusterRole', name } } : undefined;
  }
  return permission.singleNamespace;
};

/** Whether an add-on's agent is to have permissions that it cannot have before it is known who it is. */
export const isPending = ({ registration = [] }: AddOnTemplateSpec, addon: ManagedClusterAddOn): boolean =>
  registration.some(({ kubeClient }) => kubeClient?.hubPermissions?.length) &&
  hubSubjects(addon).length === 0;

/**
 * The RoleBindings that give an add-on's agent the permissions of its template (addon.md 6.5). The first of a kind in the
 * cluster's namespace has the name that others look for; every further one, and those in namespaces that clusters share, are
 * told apart by what they bind and for whom (A13).
 */
export const hubRoleBindings = (
  { registration = [] }: AddOnTemplateSpec,
  addon: ManagedClusterAddOn,
): RoleBinding[] => {
  const { name, namespace: cluster = '', uid = '' } = addon.metadata;
  const subjects = hubSubjects(addon);
  if (subjects.length === 0) return [];
  const taken = new Set<string>();
  const permissions = registration.flatMap(({ kubeClient }) => kubeClient?.hubPermissions ?? []);
  return permissions.flatMap((permission): RoleBinding[] => {
    const role = roleOf(permission, cluster);
    if (!role) return [];
    const { namespace, roleRef } = role;
    const isOwn = namespace === cluster;
    const usual = `open-cluster-management:${name}:${roleRef.kind.toLowerCase()}:agent`;
    const isUsual = isOwn && permission.type === 'CurrentCluster' && !taken.has(usual);
    const distinct = `${usual}:${hashOf(cluster, roleRef.kind, roleRef.name)}`;
    const bindingName = objectName(isUsual ? usual : distinct);
    if (taken.has(`${namespace}/${bindingName}`)) return [];
    taken.add(isUsual ? usual : `${namespace}/${bindingName}`);
    return [
      {
        metadata: {
          name: bindingName,
          namespace,
          labels: {
            [label.addonName]: labelValue(name),
            [label.addonTemplateName]: '',
            ...(!isOwn && { [label.namespaceOfAddon]: cluster }),
          },
          ...(isOwn && {
            ownerReferences: [
              {
                apiVersion: apiVersionOf(managedClusterAddOns),
                kind: managedClusterAddOns.kind,
                name,
                uid,
                controller: true,
              },
            ],
          }),
        },
        roleRef,
        subjects,
      },
    ];
  });
};
