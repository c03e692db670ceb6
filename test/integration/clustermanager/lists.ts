import type { Client } from '../../../operators/runtime/client/client.ts';
import type { KubeObject } from '../../../operators/runtime/client/object.ts';
import { apiVersionOf, type Resource } from '../../../operators/runtime/client/resource.ts';

/** Lists kinds one after the other, without a pause, and keeps what went wrong. */
export class Lists {
  readonly #client: Client;
  readonly #resources: readonly Resource<KubeObject>[];
  readonly #stop = new AbortController();
  readonly failures = new Set<string>();
  /** How often all of them were listed. */
  rounds = 0;
  #running: Promise<void> | undefined;

  /** @param resources kinds of which there is one object each */
  constructor(client: Client, resources: readonly Resource<KubeObject>[]) {
    this.#client = client;
    this.#resources = resources;
  }

  start(): this {
    this.#running = this.#run();
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const resource of this.#resources) {
        const what = `${apiVersionOf(resource)} ${resource.plural}`;
        try {
          const { items } = await this.#client.list(resource);
          if (items.length !== 1) this.failures.add(`${what}: ${items.length} objects`);
        } catch (error) {
          this.failures.add(`${what}: ${(error as Error).message}`);
        }
      }
      this.rounds += 1;
    }
  }
}
