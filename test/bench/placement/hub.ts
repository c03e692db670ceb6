import {
  type ManagedCluster,
  type Placement,
  type PlacementDecision,
  type PlacementSpec,
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
  placementDecisions,
  placements,
} from '../../../operators/api/generated/cluster.ts';
import { label } from '../../../operators/api/names.ts';
import type { Change, Informer } from '../../../operators/runtime/cache/informer.ts';
import { createInformers } from '../../../operators/runtime/cache/informers.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import { createLogger } from '../../../operators/runtime/process/logger.ts';
import { patience } from '../../cluster/index.ts';

/** The set that all clusters are in. */
const set = 'bench';

/** A hub with clusters and placements, and what a watch tells of them. */
export class BenchHub {
  readonly client: Client;
  readonly placements: Informer<Placement>;
  readonly decisions: Informer<PlacementDecision>;
  readonly #ended = new AbortController();

  private constructor(client: Client) {
    this.client = client;
    const informers = createInformers(client, { logger: createLogger({ v: 0 }) });
    this.placements = informers.informer(placements);
    this.decisions = informers.informer(placementDecisions);
    informers.start(this.#ended.signal);
  }

  static async start(client: Client): Promise<BenchHub> {
    const hub = new BenchHub(client);
    await Promise.all([hub.placements.waitForSync(), hub.decisions.waitForSync()]);
    await client.create(managedClusterSets, { metadata: { name: set } });
    return hub;
  }

  stop(): void {
    this.#ended.abort();
  }

  /** A namespace that the set is bound to. */
  async tenant(namespace: string): Promise<void> {
    await this.client.create(namespaces, { metadata: { name: namespace } });
    await this.client.create(managedClusterSetBindings, {
      metadata: { name: set, namespace },
      spec: { clusterSet: set },
    });
  }

  /** Clusters in twenty groups, with what agents report of them. */
  async clusters(from: number, to: number): Promise<void> {
    await inTurns(
      Array.from({ length: to - from }, (_, at) => from + at),
      async (at) => {
        const name = `cluster-${at}`;
        await this.client.create<ManagedCluster>(managedClusters, {
          metadata: { name, labels: { [label.clusterSet]: set, group: `g${at % 20}` } },
          spec: { hubAcceptsClient: true },
        });
        const amount = { cpu: String(1 + (at % 97)), memory: `${1 + (at % 89)}Gi` };
        const status = {
          allocatable: amount,
          capacity: amount,
          version: { kubernetes: 'v1.33.1' },
          clusterClaims: ['id.k8s.io', 'region', 'zone', 'platform'].map((claim) => ({
            name: claim,
            value: `${claim}-${at % 13}`,
          })),
          conditions: [
            'HubAcceptedManagedCluster',
            'ManagedClusterJoined',
            'ManagedClusterConditionAvailable',
          ].map((type) => ({
            type,
            status: 'True',
            reason: type,
            message: `What there is to say of ${type}`,
            lastTransitionTime: '2026-01-01T00:00:00Z',
          })),
        };
        const body = { status };
        await this.client.patch(
          managedClusters,
          { name },
          { type: 'merge', body },
          { subresource: 'status' },
        );
      },
    );
  }

  place(names: readonly string[], namespace: string, specOf: (at: number) => PlacementSpec): Promise<void> {
    return inTurns(
      [...names.keys()],
      (at) =>
        this.client.create<Placement>(placements, {
          metadata: { name: names[at]!, namespace },
          spec: specOf(at),
        }),
      100,
    );
  }

  /** Takes away all placements of a namespace, and their decisions, which nobody else collects here. */
  async clear(namespace: string): Promise<void> {
    for (const { group, version, plural } of [placements, placementDecisions])
      await this.client.request({
        method: 'DELETE',
        path: `/apis/${group}/${version}/namespaces/${namespace}/${plural}`,
      });
  }

  /** Resolves when the watch shows all of these placements decided on. */
  async decided(names: readonly string[], namespace: string): Promise<void> {
    const missing = new Set(names);
    await this.until(this.placements, `${namespace} to be decided on`, ({ metadata, status }) => {
      if (metadata.namespace === namespace && status?.conditions) missing.delete(metadata.name);
      return missing.size === 0;
    });
  }

  /** Resolves when the condition holds for an object that is there or comes. */
  async until<T extends Placement | PlacementDecision>(
    informer: Informer<T>,
    what: string,
    condition: (object: T) => boolean,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), 2 * patience);
    const stop = informer.onChange(({ type, object }) => {
      if (type !== 'deleted' && condition(object)) resolve();
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  /** What the watch tells of writes from now on: the object, its status before and since. */
  watchWrites(): { end: () => string[] } {
    const written: string[] = [];
    let isStarting = true;
    const note = (change: Change<Placement> | Change<PlacementDecision>): void => {
      if (isStarting) return;
      const { metadata, status } = change.object;
      const before = change.type === 'updated' ? change.previous.status : change.type;
      written.push(
        `${metadata.namespace}/${metadata.name}: ${JSON.stringify(before)}, then ${JSON.stringify(status)}`,
      );
    };
    const stops = [this.placements.onChange(note), this.decisions.onChange(note)];
    isStarting = false;
    return {
      end: () => {
        for (const stop of stops) stop();
        return written;
      },
    };
  }
}

/** Does so many at a time. */
export const inTurns = async <T>(
  all: readonly T[],
  work: (one: T) => Promise<unknown>,
  atOnce = 50,
): Promise<void> => {
  const left = all.values();
  const worker = async () => {
    for (const one of left) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};
