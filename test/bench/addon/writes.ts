import { type ManagedClusterAddOn, managedClusterAddOns } from '../../../operators/api/generated/addon.ts';
import { type ManifestWork, manifestWorks } from '../../../operators/api/generated/work.ts';
import type { Change, Informer } from '../../../operators/runtime/cache/informer.ts';
import { createInformers } from '../../../operators/runtime/cache/informers.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { KubeObject } from '../../../operators/runtime/client/object.ts';
import { createLogger } from '../../../operators/runtime/process/logger.ts';
import { patience, waitFor } from '../../cluster/index.ts';
import { seconds } from '../figures.ts';
import { inTurns } from '../placement/hub.ts';

/** What was written of one add-on on one cluster, in its order. */
interface Written {
  addon: ManagedClusterAddOn;
  statuses: NonNullable<ManagedClusterAddOn['status']>[];
  works: ManifestWork[];
}

/** What a watch tells of add-ons and their works. */
export class AddonWrites {
  readonly #client: Client;
  readonly #addons: Informer<ManagedClusterAddOn>;
  readonly #works: Informer<ManifestWork>;
  readonly #ended = new AbortController();

  private constructor(client: Client) {
    this.#client = client;
    const informers = createInformers(client, { logger: createLogger({ v: 0 }) });
    this.#addons = informers.informer(managedClusterAddOns);
    this.#works = informers.informer(manifestWorks);
    informers.start(this.#ended.signal);
  }

  static async watch(client: Client): Promise<AddonWrites> {
    const writes = new AddonWrites(client);
    await Promise.all([writes.#addons.waitForSync(), writes.#works.waitForSync()]);
    return writes;
  }

  stop(): void {
    this.#ended.abort();
  }

  /** Resolves when there are so many works of an add-on. */
  async works(addon: string, count: number): Promise<void> {
    const seen = new Set<string>();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`${seen.size} of ${count} works of ${addon} were written`)),
      2 * patience,
    );
    const stop = this.#works.onChange(({ object: { metadata } }) => {
      if (metadata.name.startsWith(`addon-${addon}-`)) seen.add(metadata.namespace!);
      if (seen.size >= count) resolve();
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  /** Notes writes from now on. */
  note(): { end: () => string[]; of: (addon: string) => Written[] } {
    const lines: string[] = [];
    const written = new Map<string, Written>();
    let isStarting = true;
    const line = ({ type, object: { metadata } }: Change<KubeObject>) => {
      if (!isStarting) lines.push(`${type} ${metadata.namespace}/${metadata.name}`);
    };
    const stops = [
      this.#addons.onChange((change) => {
        line(change);
        const { metadata, status } = change.object;
        const key = `${metadata.namespace}/${metadata.name}`;
        const entry = written.get(key) ?? { addon: change.object, statuses: [], works: [] };
        written.set(key, entry);
        if (change.type === 'updated' && status) entry.statuses.push(status);
      }),
      this.#works.onChange(line),
    ];
    isStarting = false;
    return {
      end: () => {
        for (const stop of stops) stop();
        return lines;
      },
      of: (name) =>
        [...written.values()]
          .filter(({ addon }) => addon.metadata.name === name)
          .map((each) => ({
            ...each,
            works: this.#works
              .list(each.addon.metadata.namespace)
              .filter(({ metadata }) => metadata.name.startsWith(`addon-${name}-`)),
          })),
    };
  }

  /** Seconds that a bare client takes for the same writes, of another add-on in the same namespaces, which then go again. */
  async floor(written: readonly Written[], atOnce: number): Promise<number> {
    const name = 'bare';
    const took = await seconds(() =>
      inTurns(
        written,
        async ({ addon, statuses, works }) => {
          const { namespace, labels, annotations, ownerReferences } = addon.metadata;
          const metadata = { name, namespace, labels, annotations, ownerReferences };
          await this.#client.create<ManagedClusterAddOn>(managedClusterAddOns, {
            metadata,
            spec: addon.spec,
          });
          for (const status of statuses)
            await this.#client.patch(
              managedClusterAddOns,
              { name, namespace },
              { type: 'merge', body: { status } },
              { subresource: 'status' },
            );
          for (const { metadata: own, spec } of works)
            await this.#client.create<ManifestWork>(manifestWorks, {
              metadata: { ...bareOf(own), name: own.name.replace(/^addon-[^-]+/, `addon-${name}`) },
              spec,
            });
        },
        atOnce,
      ),
    );
    await inTurns(written, async ({ addon, works }) => {
      const { namespace } = addon.metadata;
      await this.#client.delete(managedClusterAddOns, { name, namespace });
      for (const { metadata } of works)
        await this.#client.delete(manifestWorks, {
          name: metadata.name.replace(/^addon-[^-]+/, `addon-${name}`),
          namespace,
        });
    });
    const isBare = ({ metadata }: KubeObject) =>
      metadata.name === name || metadata.name.startsWith(`addon-${name}-`);
    await waitFor(
      'the watch to show them gone',
      async () => ![...this.#addons.list(), ...this.#works.list()].some(isBare),
    );
    return took;
  }
}

const bareOf = ({ namespace, labels, annotations }: ManifestWork['metadata']) => ({
  namespace,
  labels,
  annotations,
});
