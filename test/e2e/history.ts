import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../../operators/runtime/client/client.ts';
import { ConnectionError } from '../../operators/runtime/client/errors.ts';
import type { KubeObject, ObjectName } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { waitFor } from '../cluster/index.ts';

/** Every state of one object that its API server tells, in order. */
export class History<T extends KubeObject> {
  readonly states: T[] = [];
  readonly #client: Client;
  readonly #resource: Resource<T>;
  readonly #name: ObjectName;
  readonly #stopping = new AbortController();
  #running?: Promise<void>;

  constructor(client: Client, resource: Resource<T>, name: ObjectName) {
    this.#client = client;
    this.#resource = resource;
    this.#name = name;
  }

  /** Resolves once the present state is known. */
  async start(): Promise<this> {
    this.#running = this.#follow();
    this.#running.catch(() => undefined);
    await waitFor(`the state of ${this.#name.name}`, async () => this.states.length > 0);
    return this;
  }

  /** The generation that the object has now, of which the states may not tell yet. */
  async generation(): Promise<number> {
    const { name, namespace } = this.#name;
    return (await this.#client.get(this.#resource, name, namespace)).metadata.generation ?? 0;
  }

  /** Rejects with what kept it from watching, if something did. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    // The server ends a watch after its time, or has none for it; the next begins with the present state.
    while (!this.#stopping.signal.aborted) await this.#watch();
  }

  async #watch(): Promise<void> {
    const { name, namespace } = this.#name;
    const { signal } = this.#stopping;
    try {
      for await (const event of this.#client.watch(this.#resource, {
        namespace,
        fieldSelector: `metadata.name=${name}`,
        sendInitialEvents: true,
        timeoutSeconds: 600,
        signal,
      }))
        if (event.type === 'ADDED' || event.type === 'MODIFIED') this.states.push(event.object);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ConnectionError)) throw error;
      await pause(500);
    }
  }
}
