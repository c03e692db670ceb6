import { type ManifestWork, manifestWorks } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME } from '../e2e/fleet.ts';
import { figure, percentile } from './figures.ts';
import { follow } from './follow.ts';

const isAvailable = ({ status }: ManifestWork): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Available' && value === 'True') ?? false;

const work = (name: string): ManifestWork => ({
  metadata: { name, namespace: CLUSTER_NAME },
  spec: {
    workload: {
      manifests: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'default' },
          data: { key: name },
        },
      ],
    },
  },
});

/** Creates the works and resolves with the milliseconds from each creation to its Available condition. */
const createAndWait = async (client: Client, names: string[], together: boolean): Promise<number[]> => {
  const { resourceVersion } = await client.list(manifestWorks, { namespace: CLUSTER_NAME, limit: 1 });
  const waiting = new Map<string, (at: number) => void>();
  const ended = new AbortController();
  const events = follow(client, manifestWorks, {
    namespace: CLUSTER_NAME,
    resourceVersion,
    signal: ended.signal,
  });
  const watching = (async () => {
    for await (const event of events) {
      if (event.type !== 'MODIFIED' || !isAvailable(event.object)) continue;
      waiting.get(event.object.metadata.name)?.(performance.now());
    }
  })();
  const one = async (name: string): Promise<number> => {
    const available = new Promise<number>((resolve) => waiting.set(name, resolve));
    const start = performance.now();
    await client.create(manifestWorks, work(name));
    return (await available) - start;
  };
  const times: number[] = [];
  if (together) times.push(...(await Promise.all(names.map(one))));
  else for (const name of names) times.push(await one(name));
  ended.abort();
  await watching.catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  return times;
};

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** Resolves when they are gone: their removal must not count in what is measured next. */
const removeAll = async (client: Client, names: string[]): Promise<void> => {
  await Promise.all(names.map((name) => client.delete(manifestWorks, { name, namespace: CLUSTER_NAME })));
  await waitFor('the works to be gone', async () => {
    const { items } = await client.list(manifestWorks, { namespace: CLUSTER_NAME, metadataOnly: true });
    return items.every(({ metadata }) => !names.includes(metadata.name));
  });
};

/** ManifestWork create → Available: one after the other, and 200 at once. */
export const benchWorks = async (client: Client): Promise<void> => {
  const single = numbered('bench-one', 50);
  const times = await createAndWait(client, single, false);
  figure('one ManifestWork, create to Available, p50', percentile(times, 0.5), 'ms', '150');
  figure('one ManifestWork, create to Available, p99', percentile(times, 0.99), 'ms', '500');
  await removeAll(client, single);

  const many = numbered('bench-many', 200);
  const start = performance.now();
  await createAndWait(client, many, true);
  figure(
    '200 ManifestWorks, create to all Available',
    (performance.now() - start) / 1000,
    's',
    '5; upstream 22',
  );
  await removeAll(client, many);
};
