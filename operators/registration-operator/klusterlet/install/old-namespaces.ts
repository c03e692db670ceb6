import type { Klusterlet } from '../../../api/generated/operator.ts';
import { label, namespace as namespaceName } from '../../../api/names.ts';
import { namespaces } from '../../../runtime/client/kubernetes.ts';
import type { Applier, Cluster } from '../../apply/index.ts';
import { klusterletNamespace } from '../mode.ts';

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
