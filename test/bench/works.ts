import { type ManifestWork, manifestWorks } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME } from '../e2e/fleet.ts';
import { figure, percentile, seconds } from './figures.ts';
import { numbered, singleWrite, workOf, worksFloor } from './floors.ts';
import { follow } from './follow.ts';

const isAvailable = ({ status }: ManifestWork): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Available' && value === 'True') ?? false;

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
    await client.create(manifestWorks, workOf(name, CLUSTER_NAME));
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

/** Resolves when they are gone: their removal must not count in what is measured next. */
const removeAll = async (client: Client, names: string[]): Promise<void> => {
  await Promise.all(names.map((name) => client.delete(manifestWorks, { name, namespace: CLUSTER_NAME })));
  await waitFor('the works to be gone', async () => {
    const { items } = await client.list(manifestWorks, { namespace: CLUSTER_NAME, metadataOnly: true });
    return items.every(({ metadata }) => !names.includes(metadata.name));
  });
};

/** ManifestWork create → Available: one after the other, and 200 at once, beside what the writes cost by themselves. */
export const benchWorks = async (client: Client, managed: Client): Promise<void> => {
  const write = await singleWrite(client);
  figure('floor: one write by a bare client, p50', write, 'ms');
  const single = numbered('bench-one', 50);
  const times = await createAndWait(client, single, false);
  const one = percentile(times, 0.5);
  figure('one ManifestWork, create to Available, p50', one, 'ms', '150');
  figure('one ManifestWork, create to Available, p99', percentile(times, 0.99), 'ms', '500');
  figure('one ManifestWork in writes', one / write, 'x', '4');
  await removeAll(client, single);

  const floor = await worksFloor(client, managed, 200);
  figure('floor: the writes of 200 works by a bare client', floor, 's');
  const many = numbered('bench-many', 200);
  const all = await seconds(() => createAndWait(client, many, true));
  figure('200 ManifestWorks, create to all Available', all, 's', '5; upstream 22');
  figure('200 ManifestWorks to their floor', all / floor, 'x', '1.5');
  await removeAll(client, many);
};
