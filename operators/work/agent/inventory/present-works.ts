import { type ManifestWork, manifestWorks } from '../../../api/generated/work.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';

/**
 * The works of the cluster as the hub has them now. Nothing is deleted on the evidence of a cache alone: this asks the hub
 * which works there are and of which generation, and reads those that the cache does not have so.
 */
export class PresentWorks {
  readonly #hub: Client;
  readonly #works: Informer<ManifestWork>;
  readonly #namespace: string;
  readonly #signal: AbortSignal;
  #running: Promise<unknown> = Promise.resolve();
  #next?: Promise<ManifestWork[]>;

  constructor(hub: Client, works: Informer<ManifestWork>, namespace: string, signal: AbortSignal) {
    this.#hub = hub;
    this.#works = works;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  /** A reading that begins after this call; those who ask while another is under way share the next one. */
  read(): Promise<ManifestWork[]> {
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        const reading = this.#list();
        this.#running = reading;
        return reading;
      });
    return this.#next;
  }

  async #list(): Promise<ManifestWork[]> {
    const options = { namespace: this.#namespace, metadataOnly: true, signal: this.#signal };
    const { items } = await this.#hub.list(manifestWorks, options);
    const found = await Promise.all(items.map((item) => this.#whole(item)));
    return found.filter((work) => work !== undefined);
  }

  async #whole({ metadata }: ManifestWork): Promise<ManifestWork | undefined> {
    const cached = this.#works.get(metadata.name, this.#namespace);
    const isCurrent =
      cached?.metadata.uid === metadata.uid && cached?.metadata.generation === metadata.generation;
    if (cached && isCurrent) return { ...cached, metadata };
    return this.#hub.find(manifestWorks, metadata.name, this.#namespace, { signal: this.#signal });
  }
}
