import { setTimeout as pass } from 'node:timers/promises';
import { type ManifestWork, manifestWorks } from '../../operators/api/index.ts';
import type { EmbeddedObject } from '../../operators/api/meta.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { deployments, leases } from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME } from '../e2e/fleet.ts';
import { figure, percentile } from './figures.ts';
import { numbered } from './floors.ts';
import { follow } from './follow.ts';

const rolledOut = 15;
const chattyMs = 60_000;
/** Milliseconds between two changes of the chatty object. */
const chatterMs = 100;

interface Ends {
  hub: Client;
  managed: Client;
}

const deployment = (name: string, image: string): EmbeddedObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'c', image, command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1e6)'] },
        ],
      },
    },
  },
});

const workWith = (
  object: EmbeddedObject,
  resource: string,
  group: string,
  feedbackRules: NonNullable<
    NonNullable<NonNullable<ManifestWork['spec']>['manifestConfigs']>[number]['feedbackRules']
  >,
): ManifestWork => ({
  metadata: { name: object.metadata!.name!, namespace: CLUSTER_NAME },
  spec: {
    workload: { manifests: [object] },
    manifestConfigs: [
      {
        resourceIdentifier: { group, resource, name: object.metadata!.name!, namespace: 'default' },
        feedbackRules,
        updateStrategy: { type: 'ServerSideApply' },
      },
    ],
  },
});

const valueOf = ({ status }: ManifestWork, value: string): number | undefined => {
  const values = status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values;
  const found = values?.find(({ name }) => name === value)?.fieldValue.integer;
  return found === undefined ? undefined : Number(found);
};

/** Calls back with each change in a namespace from now on; returns the way to stop. */
const watching = async <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  namespace: string,
  onChange: (object: T, at: number) => void,
): Promise<() => Promise<void>> => {
  const ended = new AbortController();
  const { resourceVersion } = await client.list(resource, { namespace, limit: 1 });
  const events = follow(client, resource, { namespace, resourceVersion, signal: ended.signal });
  const done = (async () => {
    for await (const event of events)
      if (event.type === 'MODIFIED') onChange(event.object, performance.now());
  })().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  return () => {
    ended.abort();
    return done;
  };
};

/** Milliseconds from the moment at which the managed cluster shows each Deployment ready until its work does. */
const feedbackTimes = async ({ hub, managed }: Ends, image: string): Promise<number[]> => {
  const names = numbered('bench-ready', rolledOut);
  const ready = new Map<string, number>();
  const shown = new Map<string, number>();
  const stops = await Promise.all([
    watching(managed, deployments, 'default', ({ metadata, status }, at) => {
      if (status?.readyReplicas === 1 && !ready.has(metadata.name)) ready.set(metadata.name, at);
    }),
    watching(hub, manifestWorks, CLUSTER_NAME, (work, at) => {
      const { name } = work.metadata;
      if (valueOf(work, 'ReadyReplicas') === 1 && !shown.has(name)) shown.set(name, at);
    }),
  ]);
  for (const name of names) {
    const work = workWith(deployment(name, image), 'deployments', 'apps', [{ type: 'WellKnownStatus' }]);
    await hub.create(manifestWorks, work);
    await waitFor(`${name} to be reported as ready`, async () => shown.has(name), { timeout: 180_000 });
    await hub.delete(manifestWorks, { name, namespace: CLUSTER_NAME });
  }
  for (const stop of stops) await stop();
  return names.map((name) => shown.get(name)! - ready.get(name)!);
};

/** How often in a minute the status of a work is written whose object changes ten times a second. */
const writesOfChatty = async ({ hub, managed }: Ends): Promise<number> => {
  const name = 'bench-chatty';
  const lease: EmbeddedObject = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'default' },
    spec: { holderIdentity: 'somebody' },
  };
  const path = { name: 'transitions', path: '.spec.leaseTransitions' };
  await hub.create(
    manifestWorks,
    workWith(lease, 'leases', 'coordination.k8s.io', [{ type: 'JSONPaths', jsonPaths: [path] }]),
  );
  await waitFor('the chatty object', () => managed.get(leases, name, 'default'));
  let writes = 0;
  let last: number | undefined;
  const stop = await watching(hub, manifestWorks, CLUSTER_NAME, (work) => {
    if (work.metadata.name !== name) return;
    writes++;
    last = valueOf(work, 'transitions');
  });
  const began = performance.now();
  let count = 0;
  for (; performance.now() - began < chattyMs; count++) {
    const body = { spec: { leaseTransitions: count } };
    await managed.patch(leases, { name, namespace: 'default' }, { type: 'merge', body });
    await pass(chatterMs);
  }
  const minutes = (performance.now() - began) / 60_000;
  const written = writes;
  await waitFor('the last state', async () => last === count - 1);
  await stop();
  await hub.delete(manifestWorks, { name, namespace: CLUSTER_NAME });
  return written / minutes;
};

/** How soon status feedback follows the managed cluster, and what it costs when there is always something new. */
export const benchFeedback = async (ends: Ends, image: string): Promise<void> => {
  const times = await feedbackTimes(ends, image);
  figure('Deployment ready to feedback on the hub, p50', percentile(times, 0.5), 'ms');
  figure('Deployment ready to feedback on the hub, p95', percentile(times, 0.95), 'ms', '1000');
  figure('status writes per minute of a chatty object', await writesOfChatty(ends), '', '12 and 5');
};
