import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Applier, type Cluster } from '../../operators/registration-operator/apply/index.ts';
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { ConnectionError } from '../../operators/runtime/client/errors.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  customResourceDefinitions,
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { createMetrics } from '../../operators/runtime/process/metrics.ts';
import { type ControlPlane, readAuditLog, startControlPlane, waitFor } from '../cluster/index.ts';
import { logStream } from '../cluster/logs.ts';

/** What the operators apply, as an API server takes it. */

const ownerLabel = 'example.com/created-by';
const log = createLogger({ stream: logStream('apply') });
let plane: ControlPlane;
let client: Client;
let stop = new AbortController();

beforeAll(async () => {
  plane = await startControlPlane({ name: 'apply', audit: true, controllerManager: false });
  client = connect(loadConnection(plane.kubeconfigPath), { userAgent: 'applier' });
});

afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

afterAll(async () => {
  await client?.close();
  await plane?.stop();
});

/** An operator that has just started: it remembers nothing. */
const started = (as = client) => {
  const informers = createInformers(as, { logger: log, metrics: createMetrics() });
  informers.start(stop.signal);
  const cluster: Cluster = { client: as, informers };
  const applier = new Applier({ fieldManager: 'applier', ownerLabel, log, signal: stop.signal });
  return { cluster, apply: (object: UnknownObject) => applier.apply(cluster, 'owner', object) };
};

const patches = async (name: string): Promise<number> =>
  (await readAuditLog(plane.auditLogPath!)).filter(
    ({ verb, objectRef }) => verb === 'patch' && objectRef?.name === name,
  ).length;

describe('operator.md 80: webhook configurations', () => {
  const configuration = (kind: string, name: string, caBundle: string, labels = {}): UnknownObject => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name, labels: { [ownerLabel]: 'owner', ...labels } },
    webhooks: [
      {
        name,
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        rules: [
          { operations: ['CREATE'], apiGroups: ['example.com'], apiVersions: ['*'], resources: ['things'] },
        ],
        clientConfig: { service: { namespace: 'hub', name: 'webhook', path: '/validate' }, caBundle },
      },
    ],
  });
  const [caBundle, another] = ['Zmlyc3Q=', 'c2Vjb25k'];

  test.each([
    ['ValidatingWebhookConfiguration', validatingWebhookConfigurations],
    ['MutatingWebhookConfiguration', mutatingWebhookConfigurations],
  ])('%s: created, left alone while it is as wanted, updated (D15)', async (kind, resource) => {
    const name = `${kind.toLowerCase()}.example.com`;
    const present = () => client.get<UnknownObject>(resource as never, name);
    const first = started();
    expect(await first.apply(configuration(kind, name, caBundle))).toMatchObject({
      written: true,
      generation: 1,
    });
    const created = await present();
    expect(created).toMatchObject({ webhooks: [{ clientConfig: { caBundle }, timeoutSeconds: 10 }] });

    // As wanted: the operator that wrote it sends nothing, and one that does not know changes nothing.
    expect(await first.apply(configuration(kind, name, caBundle))).toMatchObject({ written: false });
    await started().apply(configuration(kind, name, caBundle));
    await waitFor('the second write', async () => (await patches(name)) === 2);
    expect(await present()).toEqual(created);

    expect(await first.apply(configuration(kind, name, another))).toMatchObject({
      written: true,
      generation: 2,
    });
    const updated = await present();
    expect(updated.webhooks).toEqual([
      expect.objectContaining({ clientConfig: expect.objectContaining({ caBundle: another }) }),
    ]);

    // Upstream forgets labels.
    expect(await first.apply(configuration(kind, name, another, { a: 'b' }))).toMatchObject({
      written: true,
      generation: 2,
    });
    expect((await present()).metadata.labels).toEqual({ [ownerLabel]: 'owner', a: 'b' });
  });

  test('one that the API server refuses is an error', async () => {
    const wrong = configuration('ValidatingWebhookConfiguration', 'wrong.example.com', caBundle);
    Object.assign((wrong.webhooks as object[])[0]!, { sideEffects: 'Some' });
    await expect(started().apply(wrong)).rejects.toThrow(/sideEffects/);
    expect(await client.find(validatingWebhookConfigurations, 'wrong.example.com')).toBeUndefined();
  });

  test('an object of a kind that operators do not apply is an error that names it, and is not made', async () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x', namespace: 'default' } };
    await expect(started().apply(job)).rejects.toThrow(/batch\/v1 Job x/);
    expect(await patches('x')).toBe(0);
  });

  test('a CRD for which there is no API server is an error', async () => {
    // Upstream has a client of its own for CRDs, which may be missing; here one client serves all kinds of a cluster.
    const lost = connect({ server: 'https://127.0.0.1:1' }, { userAgent: 'lost' });
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
    };
    try {
      await expect(started(lost).apply(crd)).rejects.toThrow(ConnectionError);
      expect(await client.find(customResourceDefinitions, crd.metadata.name)).toBeUndefined();
    } finally {
      await lost.close();
    }
  });
});
