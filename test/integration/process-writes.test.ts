import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEventRecorder } from '../../operators/runtime/controller/events.ts';
import { addFinalizer, removeFinalizer } from '../../operators/runtime/controller/finalizers.ts';
import { applyStatus, patchStatus } from '../../operators/runtime/controller/status.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { isConflict } from '../../operators/runtime/client/errors.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  type Deployment,
  configMaps,
  deployments,
  events,
  namespaces,
} from '../../operators/runtime/client/kubernetes.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { startControlPlane, waitFor } from '../cluster/index.ts';
import type { ControlPlane } from '../cluster/index.ts';
import { logStream } from '../cluster/logs.ts';

/** The writes that every controller makes, as an API server takes them. */

const namespace = 'writes';
const options = { fieldManager: 'writer' };
let hub: ControlPlane;
let client: Client;

beforeAll(async () => {
  hub = await startControlPlane({ name: 'writes', controllerManager: false });
  client = connect(loadConnection(hub.kubeconfigPath), { userAgent: 'writer' });
  await client.create(namespaces, { metadata: { name: namespace } });
});

afterAll(async () => {
  await client?.close();
  await hub?.stop();
});

const createDeployment = (name: string): Promise<Deployment> =>
  client.create(deployments, {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'none' }] },
      },
    },
  });

const progressing = {
  type: 'Progressing',
  status: 'True',
  reason: 'Rolling',
  message: 'one of two',
  lastUpdateTime: '2024-01-01T00:00:00Z',
  lastTransitionTime: '2024-01-01T00:00:00Z',
};

test('patchStatus: the difference arrives, an equal status is not sent, a stale object is refused with 409', async () => {
  const created = await createDeployment('patched');
  const first = await patchStatus(
    client,
    deployments,
    created,
    { observedGeneration: 1, replicas: 2, conditions: [progressing] },
    options,
  );
  expect(first.status).toMatchObject({ replicas: 2, conditions: [progressing] });

  const { conditions, observedGeneration } = first.status!;
  const second = await patchStatus(client, deployments, first, { conditions, observedGeneration }, options);
  expect(second.status?.replicas).toBeUndefined();
  expect(
    await patchStatus(client, deployments, second, { ...second.status, collisionCount: undefined }, options),
  ).toBe(second);

  const refused = await patchStatus(client, deployments, created, { replicas: 7 }, options).catch(
    (error: unknown) => error,
  );
  expect(isConflict(refused)).toBe(true);
});

test('a write computed from an object that was deleted and made anew is refused', async () => {
  const before = await createDeployment('successor');
  await client.delete(deployments, before.metadata);
  await createDeployment('successor');
  const refused = await patchStatus(client, deployments, before, { replicas: 1 }, options).catch(
    (error: unknown) => error,
  );
  expect(isConflict(refused)).toBe(true);
});

test('applyStatus: what is declared arrives beside what others wrote, and is sent once', async () => {
  const created = await createDeployment('applied');
  const theirs = await patchStatus(client, deployments, created, { replicas: 1 }, { fieldManager: 'other' });
  const first = await applyStatus(client, deployments, theirs, { conditions: [progressing] }, options);
  expect(first.status).toMatchObject({ replicas: 1, conditions: [progressing] });
  expect(await applyStatus(client, deployments, first, { conditions: [progressing] }, options)).toBe(first);
});

test('finalizers: added once, the others are kept, a stale list is refused, a removal from what is gone is done', async () => {
  const mine = 'example.com/mine';
  const created = await client.create(configMaps, {
    metadata: { name: 'held', namespace, finalizers: ['example.com/theirs'] },
  });
  const held = await addFinalizer(client, configMaps, created, mine, options);
  expect(held.metadata.finalizers).toEqual(['example.com/theirs', mine]);
  await expect(addFinalizer(client, configMaps, created, mine, options)).rejects.toThrow(/modified/);

  await client.delete(configMaps, held.metadata);
  const deleting = await client.get(configMaps, 'held', namespace);
  const released = await removeFinalizer(client, configMaps, deleting, mine, options);
  expect(released?.metadata.finalizers).toEqual(['example.com/theirs']);
  await removeFinalizer(client, configMaps, released!, 'example.com/theirs', options);
  expect(await client.find(configMaps, 'held', namespace)).toBeUndefined();
  expect(await removeFinalizer(client, configMaps, released!, 'example.com/theirs', options)).toBeUndefined();
});

test('registration.md 9: events about a cluster-scoped object, in a namespace and in default; repeats become a series', async () => {
  const regarding = { apiVersion: 'v1', kind: 'Namespace', ...(await client.get(namespaces, namespace)) };
  const recorder = createEventRecorder({
    client,
    log: createLogger({ stream: logStream('recorder') }),
    reportingController: 'writer',
  });
  const event = { regarding, type: 'Warning', reason: 'AvailableUnknown', note: 'no contact' } as const;
  for (let i = 0; i < 5; i += 1) recorder.record({ ...event, namespace });
  recorder.record(event);
  await recorder.flush();

  const written = async (place: string) =>
    (await client.list(events, { namespace: place, fieldSelector: 'reason=AvailableUnknown' })).items;
  const [series] = await waitFor('the series', async () => {
    const found = await written(namespace);
    return found[0]?.series?.count === 5 ? found : undefined;
  });
  expect(series).toMatchObject({
    reportingController: 'writer',
    action: 'AvailableUnknown',
    note: 'no contact',
  });
  expect(await written('default')).toHaveLength(1);
});
