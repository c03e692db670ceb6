import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { managedClusterAddOns } from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { type ManifestWork, manifestWorks } from '../../operators/api/generated/work.ts';
import { agentUser, clusterGroup, managedClustersGroup } from '../../operators/api/identities.ts';
import { clusterLease, label, signer } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { isForbidden } from '../../operators/runtime/client/errors.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  certificateSigningRequests,
  configMaps,
  leases,
  roleBindings,
  secrets,
} from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { createRequest, generatePrivateKey } from '../../operators/runtime/pki/request.ts';
import type { Subject } from '../../operators/runtime/pki/subject.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { type Rig, createRig } from './registration/rig.ts';

/*
 * A cluster was broken into: whoever did it holds what its agent holds, a certificate of the hub, and tries what a real API
 * server and the hub's controllers let him do with it. The attacks are those of faults-attacks-asks.md 2.3.
 */
const captive = 'prod1';
/** Its name is the beginning of the captive's. */
const victim = 'prod';

let plane: ControlPlane;
let rig: Rig;
/** The client of who broke in. */
let intruder: Client;
/** The name in his certificate. */
let own: string;

const workIn = (namespace: string, name = 'work'): ManifestWork => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'wanted', namespace: 'default' },
  };
  return { metadata: { name, namespace }, spec: { workload: { manifests: [manifest] } } };
};

beforeAll(async () => {
  plane = await startControlPlane({ name: 'attacks' });
  rig = await createRig(plane, plane);
  await rig.startWorkWebhook();
  await rig.startController();
  const agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster: captive });
  await rig.approve(captive);
  await rig.accept(captive);
  await waitFor(
    'the captive to be available',
    async () => (await rig.condition(captive, managedClusterCondition.available.type)) === 'True',
  );
  intruder = connect(loadConnection(join(agent.hubFolder, 'kubeconfig')), { userAgent: 'intruder' });
  const { subject } = new X509Certificate(await readFile(join(agent.hubFolder, 'tls.crt')));
  own = /^CN=(.*)$/m.exec(subject)![1]!;
  await agent.stop();

  await rig.hub.create(managedClusters, { metadata: { name: victim }, spec: { hubAcceptsClient: true } });
  await waitFor('the lease of the victim', () => rig.hub.find(leases, clusterLease, victim));
  for (const namespace of [captive, victim]) {
    await rig.hub.create(manifestWorks, workIn(namespace));
    await rig.hub.create(managedClusterAddOns, { metadata: { name: 'addon', namespace }, spec: {} });
  }
});

afterAll(async () => {
  await intruder?.close();
  await rig?.stop();
  await plane?.stop();
});

/** Asks as the intruder for a certificate. */
const ask = (cluster: string, subject: Subject, dnsNames?: string[]) =>
  intruder.create(certificateSigningRequests, {
    metadata: { generateName: 'csr-', labels: { [label.clusterName]: cluster } } as never,
    spec: {
      signerName: signer.kubeApiServerClient,
      usages: ['digital signature', 'key encipherment', 'client auth'],
      request: Buffer.from(createRequest(createPrivateKey(generatePrivateKey()), subject, dnsNames)).toString(
        'base64',
      ),
    },
  });

const ofAgent = (cluster: string, more: string[] = []): Subject => ({
  commonName: agentUser(cluster, 'agent'),
  organizations: [clusterGroup(cluster), managedClustersGroup, ...more],
});

const isDecided = async (name: string): Promise<boolean> => {
  const { status } = await rig.hub.get(certificateSigningRequests, name);
  return (status?.conditions ?? []).length > 0;
};

describe('whoever holds the certificate of one cluster gets none of another', () => {
  test('A1, A2: what asks for more than its own name waits for a human', async () => {
    const requests = await Promise.all([
      ask(victim, ofAgent(victim)),
      ask(captive, ofAgent(victim)),
      ask(victim, ofAgent(captive)),
      ask(captive, { ...ofAgent(victim), organizations: [clusterGroup(captive), managedClustersGroup] }),
      ask(captive, { commonName: own, organizations: [clusterGroup(victim), managedClustersGroup] }),
      ask(captive, ofAgent(captive, [clusterGroup(victim)])),
      ask(captive, ofAgent(captive, ['system:nodes'])),
      ask(captive.toUpperCase(), ofAgent(captive.toUpperCase())),
      ask(captive, { ...ofAgent(captive), commonName: `${agentUser(captive, 'agent')}:${victim}` }),
      // The Cyrillic letter that looks like the Latin one.
      ask(captive, ofAgent(captive.replace('o', 'о'))),
      ask(captive, ofAgent(captive), ['kubernetes.default.svc']),
    ]);
    const renewal = await ask(captive, { ...ofAgent(captive), commonName: own });
    await waitFor('what is asked for in its own name to be approved', () => isDecided(renewal.metadata.name));
    for (const { metadata } of requests)
      expect([metadata.name, await isDecided(metadata.name)]).toEqual([metadata.name, false]);
  });

  test('A2: nobody asks for the masters', async () => {
    await expect(ask(captive, ofAgent(captive, ['system:masters']))).rejects.toThrow(/system:masters/);
  });
});

/** What the agents of a cluster have a right to in its namespace, and what others keep there. */
const kinds: [string, Resource<KubeObject>, string][] = [
  ['ManifestWorks', manifestWorks as never, 'work'],
  ['ManagedClusterAddOns', managedClusterAddOns as never, 'addon'],
  ['Leases', leases as never, clusterLease],
  ['Secrets', secrets as never, 'any'],
  ['ConfigMaps', configMaps as never, 'any'],
  ['RoleBindings', roleBindings as never, 'any'],
];

describe('A6: whoever holds the certificate of one cluster', () => {
  test.each(kinds)('neither reads nor writes %s of another', async (_, resource, name) => {
    const at = { name, namespace: victim };
    const object: KubeObject = { metadata: at };
    const attempts: Record<string, () => Promise<unknown>> = {
      get: () => intruder.get(resource, name, victim),
      list: () => intruder.list(resource, { namespace: victim }),
      'list everywhere': () => intruder.list(resource),
      create: () => intruder.create(resource, object),
      replace: () => intruder.replace(resource, { ...object, metadata: { ...at, resourceVersion: '1' } }),
      patch: () =>
        intruder.patch(resource, at, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } }),
      'patch status': () =>
        intruder.patch(resource, at, { type: 'merge', body: { status: {} } }, { subresource: 'status' }),
      delete: () => intruder.delete(resource, at),
    };
    for (const [verb, attempt] of Object.entries(attempts)) {
      const outcome = await attempt().then(
        () => 'done',
        (error: unknown) => (isForbidden(error) ? 'forbidden' : error),
      );
      expect([verb, outcome]).toEqual([verb, 'forbidden']);
    }
  });

  test('does not see the others', async () => {
    await expect(intruder.list(managedClusters)).rejects.toThrow(/forbidden/);
    await expect(intruder.get(managedClusters, victim)).rejects.toThrow(/forbidden/);
  });
});

describe('A7: whoever holds the certificate of a cluster', () => {
  const at = { name: 'work', namespace: captive };
  const patch = (body: object) => intruder.patch(manifestWorks, at, { type: 'merge', body });

  test('changes nothing that the hub asked of it', async () => {
    const { spec } = workIn(captive);
    const [manifest] = spec!.workload!.manifests!;
    const manifests = [{ ...manifest, data: { blame: 'the hub' } }];
    await expect(patch({ spec: { workload: { manifests } } })).rejects.toThrow(
      'an agent cannot change works of its cluster',
    );
    await expect(patch({ spec: { deleteOption: { propagationPolicy: 'Orphan' } } })).rejects.toThrow(
      'an agent cannot change works of its cluster',
    );
    await expect(intruder.create(manifestWorks, workIn(captive, 'made'))).rejects.toThrow(/forbidden/);
    await expect(intruder.delete(manifestWorks, at)).rejects.toThrow(/forbidden/);
    expect((await rig.hub.get(manifestWorks, 'work', captive)).spec).toEqual(spec);
  });

  test('may hold a work by a finalizer, let it go, and say how it is', async () => {
    await patch({ metadata: { finalizers: ['cluster.open-cluster-management.io/manifest-work-cleanup'] } });
    await patch({ metadata: { finalizers: null } });
    const status = { conditions: [] };
    await intruder.patch(manifestWorks, at, { type: 'merge', body: { status } }, { subresource: 'status' });
  });
});

test('A9: with the certificate of a cluster that was evicted nothing is left to do', async () => {
  const forbidden = (attempt: () => Promise<unknown>) => async () => {
    const error: unknown = await attempt().catch((refusal: unknown) => refusal);
    return isForbidden(error);
  };
  await rig.accept(captive, false);
  await waitFor(
    'the denied to be refused certificates',
    forbidden(() => ask(captive, ofAgent(captive))),
  );
  await waitFor(
    'the denied to be refused its lease',
    forbidden(() => intruder.get(leases, clusterLease, captive)),
  );
  await rig.hub.delete(manifestWorks, { name: 'work', namespace: captive });
  await rig.hub.delete(managedClusterAddOns, { name: 'addon', namespace: captive });
  await rig.hub.delete(managedClusters, { name: captive });
  await waitFor(
    'the evicted to be refused itself',
    forbidden(() => intruder.get(managedClusters, captive)),
  );
  await waitFor(
    'the evicted to be refused works',
    forbidden(() => intruder.list(manifestWorks, { namespace: captive })),
  );
});
