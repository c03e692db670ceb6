import { klusterletCondition } from '../../api/conditions.ts';
import type { Klusterlet } from '../../api/generated/operator.ts';
import { label, namespace as namespaceName } from '../../api/names.ts';
import { namespaces } from '../../runtime/client/kubernetes.ts';
import { isTrue } from '../../runtime/controller/conditions.ts';
import type { Applied, Applier, Cluster, ObjectRef, RelatedResource } from '../apply/index.ts';
import { relatedResource, resourceOf } from '../apply/index.ts';
import type { Dependencies } from './dependencies.ts';
import { klusterletNamespace } from './mode.ts';

const kinds: Record<string, string> = {
  serviceaccounts: 'ServiceAccount',
  roles: 'Role',
  rolebindings: 'RoleBinding',
  clusterroles: 'ClusterRole',
  clusterrolebindings: 'ClusterRoleBinding',
  deployments: 'Deployment',
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

/** Whether an earlier sync, and not this one, has installed the present spec (operator.md 5.7). */
export const isInstalled = ({ metadata, status }: Klusterlet): boolean =>
  status?.observedGeneration === metadata.generation &&
  isTrue(status?.conditions, klusterletCondition.applied.type);

/** The agent namespaces that Klusterlets have left (operator.md 5.7). */
export class OldNamespaces {
  private readonly applier: Applier;
  /** By cluster and name, the Klusterlet that had left none, and its generation: only another spec leaves one. */
  private readonly none = new WeakMap<Cluster, Map<string, string>>();

  constructor(applier: Applier) {
    this.applier = applier;
  }

  /**
   * Deletes those of a Klusterlet. Once there are none, its cluster is not asked again until its spec changes.
   * @throws ApiError or ConnectionError
   */
  async remove(klusterlet: Klusterlet, cluster: Cluster): Promise<void> {
    const { name, uid, generation } = klusterlet.metadata;
    const none = this.none.get(cluster) ?? new Map<string, string>();
    this.none.set(cluster, none);
    const present = `${uid} ${generation}`;
    if (none.get(name) === present) return;
    const { items } = await cluster.client.list(namespaces, {
      labelSelector: `${label.klusterlet}=${name}`,
      metadataOnly: true,
    });
    const kept = [klusterletNamespace(klusterlet), namespaceName.addon];
    const old = items.filter(({ metadata }) => !kept.includes(metadata.name));
    for (const { metadata } of old)
      await this.applier.remove(cluster, { resource: namespaces, name: metadata.name });
    if (old.length === 0) none.set(name, present);
  }
}
