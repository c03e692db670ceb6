/** The program that client.ts measures: prints `name<TAB>value<TAB>unit` per line. */
import { readFileSync } from 'node:fs';
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import * as kubernetes from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';

const print = (name: string, value: number, unit: string, goal = '') =>
  console.log([name, value, unit, goal].join('\t'));

/** Private memory of this process in MiB, after a collection. */
const privateMiB = async (): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const rollup = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const kib = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].map(([, value]) => Number(value));
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
};

const measure = async (name: string, count: number, act: () => Promise<unknown>) => {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await act();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  print(`${name}: rate`, count / seconds, 'requests/s');
  print(`${name}: own CPU`, (user + system) / 1000 / count, 'ms/request', '0.5');
};

const logger = { info() {}, warn() {}, error: console.error, debug() {}, with: () => logger };
const client = connect(loadConnection(process.argv[2]), { userAgent: 'bench' });
const get = () => client.get(kubernetes.configMaps, 'cached-0', 'default');

print('private memory, loaded and connected', (await get(), await privateMiB()), 'MiB');

const stop = new AbortController();
const informers = createInformers(client, { logger });
const namespaced: Resource<KubeObject>[] = [
  kubernetes.configMaps,
  kubernetes.pods,
  kubernetes.services,
  kubernetes.serviceAccounts,
  kubernetes.leases,
  kubernetes.deployments,
  kubernetes.daemonSets,
  kubernetes.replicaSets,
  kubernetes.roles,
  kubernetes.roleBindings,
  kubernetes.secrets,
  kubernetes.events,
];
for (const resource of namespaced.slice(1)) informers.informer(resource, { namespace: 'default' });
for (const resource of [kubernetes.namespaces, kubernetes.nodes, kubernetes.certificateSigningRequests]) {
  informers.informer(resource as Resource<KubeObject>);
}
informers.start(stop.signal);
await informers.waitForSync();
print('private memory, 14 idle watches', await privateMiB(), 'MiB');
const works = informers.informer(kubernetes.configMaps, { namespace: 'default' });
await informers.waitForSync();
print(`private memory, 15 watches, ${works.size} objects of 2.7 kB`, await privateMiB(), 'MiB', '30');

await measure('GET, one after another', 2_000, async () => {
  for (let count = 0; count < 2_000; count++) await get();
});
await measure('GET, ten at a time', 10_000, () =>
  Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let count = 0; count < 1_000; count++) await get();
    }),
  ),
);
await measure('apply, ten at a time', 1_000, () =>
  Promise.all(
    Array.from({ length: 10 }, async (_, writer) => {
      for (let count = 0; count < 100; count++) {
        const metadata = { name: `applied-${writer}`, namespace: 'default' };
        await client.apply(
          kubernetes.configMaps,
          { metadata, data: { count: String(count) } },
          { fieldManager: 'bench' },
        );
      }
    }),
  ),
);
print('private memory, afterwards', await privateMiB(), 'MiB', '30');
stop.abort();
await client.close();
