import type { Klusterlet } from '../../api/generated/operator.ts';
import { label } from '../../api/names.ts';
import type { Applied, Cluster, ObjectRef, RelatedResource } from '../apply/index.ts';
import { relatedResource, resourceOf } from '../apply/index.ts';
import type { Dependencies } from './dependencies.ts';

const kinds: Record<string, string> = {
  serviceaccounts: 'ServiceAccount',
  roles: 'Role',
  rolebindings: 'RoleBinding',
  clusterroles: 'ClusterRole',
  clusterrolebindings: 'ClusterRoleBinding',
  deployments: 'Deployment',
  networkpolicies: 'NetworkPolicy',
};

/** The object of an entry of `status.relatedResources`; undefined for kinds that are never removed by their entry. */
export const refOfRelated = ({
  group,
  version,
  resource,
  name,
  namespace,
}: RelatedResource): ObjectRef | undefined => {
  const kind = kinds[resource];
  const apiVersion = group ? `${group}/${version}` : version;
  return kind
    ? {
        resource: resourceOf({ apiVersion, kind, metadata: { name } }),
        name,
        namespace: namespace || undefined,
      }
    : undefined;
};

/** What status listed and was not applied this time: of another mode, namespace, name or bundle (D23). */
export const outdated = (
  listed: readonly RelatedResource[] | undefined,
  applied: readonly Applied[],
): ObjectRef[] => {
  const key = ({ group, resource, namespace, name }: RelatedResource) =>
    [group, resource, namespace ?? '', name].join('/');
  const wanted = new Set(applied.map(({ ref }) => key(relatedResource(ref))));
  return (listed ?? [])
    .filter((entry) => !wanted.has(key(entry)))
    .flatMap((entry) => refOfRelated(entry) ?? []);
};

/**
 * Deletes objects that carry the Klusterlet's label, wherever they are: status alone is no proof that an object is the
 * operator's to delete.
 */
export const removeOwned = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  cluster: Cluster,
  refs: readonly ObjectRef[],
): Promise<void> => {
  await Promise.all(
    refs.map(async (ref) => {
      const live = await cluster.client.find(ref.resource, ref.name, ref.namespace);
      if (live?.metadata.labels?.[label.createdByKlusterlet] === klusterlet.metadata.name)
        await deps.applier.remove(cluster, ref);
    }),
  );
};
