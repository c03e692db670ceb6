import { type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { isOlder } from '../../runtime/cache/version.ts';
import type { Client } from '../../runtime/client/client.ts';

/**
 * Notices that the data of the hub were set back, as by a restore from a backup: what is missing there then, or looks
 * different, was not taken away by anybody. Known is what this process has heard of works; a backup that is only moments
 * old, or one whose versions were raised when it was restored, cannot be told from the present.
 */
export class HubHistory {
  readonly #hub: Client;
  readonly #cluster: string;
  /** The newest version heard of. */
  #newest?: string;
  /** The newest generation heard of works that went back to an older one, by uid. */
  readonly #generations = new Map<string, number>();

  constructor(hub: Client, works: Pick<Informer<ManifestWork>, 'onChange'>, cluster: string) {
    this.#hub = hub;
    this.#cluster = cluster;
    works.onChange((change) => {
      const { uid = '', generation = 0, resourceVersion } = change.object.metadata;
      if (this.#newest === undefined || isOlder(this.#newest, resourceVersion))
        this.#newest = resourceVersion;
      if (change.type === 'deleted') this.#generations.delete(uid);
      if (change.type !== 'updated') return;
      const { generation: before = 0 } = change.previous.metadata;
      const newest = Math.max(before, this.#generations.get(uid) ?? 0);
      if (generation < newest) this.#generations.set(uid, newest);
      else this.#generations.delete(uid);
    });
  }

  /** Whether the hub is now behind what this agent knows of it, or behind a version that was written down elsewhere. */
  async isSetBack(written: string | undefined, signal: AbortSignal): Promise<boolean> {
    const newest = isOlder(this.#newest, written) ? written : (this.#newest ?? written);
    const revision = await this.#hub.revision(manifestWorks, { namespace: this.#cluster, signal });
    return isOlder(revision, newest);
  }

  /** The generation that a work had before it went back to an older state; undefined where it did not. */
  laterGenerationOf({ metadata }: ManifestWork): number | undefined {
    return this.#generations.get(metadata.uid ?? '');
  }
}
