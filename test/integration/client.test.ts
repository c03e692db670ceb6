/** The client and the informers against a real API server. */
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Change } from '../../operators/runtime/cache/informer.ts';
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import type { Connection } from '../../operators/runtime/client/connection.ts';
import { isConflict, isForbidden, isUnauthorized } from '../../operators/runtime/client/errors.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  type ConfigMap,
  type TokenRequest,
  clusterRoleBindings,
  configMaps,
  customResourceDefinitions,
  namespaces,
  secrets,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { createMetrics } from '../../operators/runtime/process/metrics.ts';
import type { Logger } from '../../operators/runtime/process/logger.ts';
import { type ControlPlane, patience, startControlPlane, toYaml, waitFor } from '../cluster/index.ts';

let plane: ControlPlane;
let client: Client;
const stop = new AbortController();
const clients: Client[] = [];

const open = (connection: Connection): Client => {
  const opened = connect(connection, { userAgent: 'test/1' });
  clients.push(opened);
  return opened;
};

beforeAll(async () => {
  plane = await startControlPlane({ name: 'client' });
  client = open(loadConnection(plane.kubeconfigPath));
});

afterAll(async () => {
  stop.abort();
  await Promise.all(clients.map((opened) => opened.close()));
  await plane?.stop();
});

const silent: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => silent };

const newNamespace = async (name: string) => {
  await client.apply(namespaces, { metadata: { name } }, { fieldManager: 'test' });
  return name;
};

const configMap = (namespace: string, name: string, data: Record<string, string>): ConfigMap => ({
  metadata: { name, namespace, labels: { app: 'test' } },
  data,
});

describe('writing', () => {
  test('apply owns what it declares: it takes over by force, refuses without, and gives up what it leaves out', async () => {
    const namespace = await newNamespace('apply');
    const [first, second] = [{ fieldManager: 'first' }, { fieldManager: 'second' }];
    const made = await client.apply(configMaps, configMap(namespace, 'a', { x: '1', y: '1' }), first);
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { x: '1', y: '1' } });
    const same = await client.apply(configMaps, configMap(namespace, 'a', { x: '1', y: '1' }), first);
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    const refused: unknown = await client
      .apply(configMaps, configMap(namespace, 'a', { x: '2' }), { ...second, force: false })
      .catch((error: unknown) => error);
    expect(isConflict(refused)).toBe(true);
    await client.apply(configMaps, configMap(namespace, 'a', { x: '2' }), second);
    const left = await client.apply(configMaps, configMap(namespace, 'a', {}), first);
    expect(left.data).toEqual({ x: '2' });
  });

  test('create, replace with a stale version, patches and dry run', async () => {
    const namespace = await newNamespace('write');
    const made = await client.create(configMaps, configMap(namespace, 'a', { x: '1' }));
    await expect(client.create(configMaps, made)).rejects.toThrow(/resourceVersion should not be set/);
    const changed = await client.replace(configMaps, { ...made, data: { x: '2' } });
    await expect(client.replace(configMaps, { ...made, data: { x: '3' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    const name = { name: 'a', namespace };
    await client.patch(configMaps, name, { type: 'merge', body: { data: { y: 'ü✓' } } });
    await client.patch(configMaps, name, {
      type: 'json',
      body: [
        { op: 'test', path: '/data/x', value: '2' },
        { op: 'remove', path: '/data/x' },
      ],
    });
    const patched = await client.patch(configMaps, name, { type: 'strategic', body: { data: { z: '1' } } });
    expect(patched.data).toEqual({ y: 'ü✓', z: '1' });
    await client.patch(configMaps, name, { type: 'merge', body: { data: { dry: '1' } } }, { dryRun: true });
    expect((await client.get(configMaps, 'a', namespace)).data).toEqual({ y: 'ü✓', z: '1' });
    expect(changed.data).toEqual({ x: '2' });
  });

  test('delete never takes a successor of the same name', async () => {
    const namespace = await newNamespace('delete');
    const name = { name: 'a', namespace };
    const first = await client.create(configMaps, configMap(namespace, 'a', {}));
    expect(await client.delete(configMaps, name, { uid: first.metadata.uid })).toBe(true);
    await client.create(configMaps, configMap(namespace, 'a', {}));
    await expect(client.delete(configMaps, name, { uid: first.metadata.uid })).rejects.toMatchObject({
      code: 409,
    });
    expect(await client.delete(configMaps, name, { dryRun: true })).toBe(true);
    expect(await client.find(configMaps, 'a', namespace)).toBeDefined();
    expect(await client.delete(configMaps, name)).toBe(true);
    expect(await client.delete(configMaps, name)).toBe(false);
  });
});

describe('reading', () => {
  test('lists are paged, selected, and of metadata alone when that is enough', async () => {
    const namespace = await newNamespace('list');
    const names = Array.from({ length: 25 }, (_, index) => `a-${String(index).padStart(2, '0')}`);
    await Promise.all(
      names.map((name) => client.create(configMaps, configMap(namespace, name, { big: 'x'.repeat(100) }))),
    );
    const paged = await client.list(configMaps, { namespace, limit: 4, labelSelector: 'app=test' });
    expect(paged.items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(paged.items.every(({ kind, data }) => kind === 'ConfigMap' && data !== undefined)).toBe(true);
    const one = await client.list(configMaps, { namespace, fieldSelector: 'metadata.name=a-07' });
    expect(one.items).toHaveLength(1);
    await waitFor('the ConfigMap of each namespace', () =>
      client.find(configMaps, 'kube-root-ca.crt', namespace),
    );
    const metadata = await client.list(configMaps, { namespace, metadataOnly: true, limit: 4 });
    expect(metadata.items).toHaveLength(names.length + 1);
    for (const item of metadata.items)
      expect(Object.keys(item).toSorted(byText)).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  test('raw requests give JSON or text', async () => {
    await expect(client.request({ method: 'GET', path: '/version' })).resolves.toMatchObject({ major: '1' });
    await expect(client.request({ method: 'GET', path: '/livez' })).resolves.toBe('ok');
  });
});

const byText = (a: string, b: string) => (a < b ? -1 : 1);

/** Not in the type of a schema, which has it under the name of a Go field. */
const keepUnknown = 'x-kubernetes-preserve-unknown-fields';

test('a kind is found as soon as its definition is there, and so is its scope', async () => {
  expect(await client.resourceFor('test.example.io/v1', 'Gadget')).toBeUndefined();
  await client.create(customResourceDefinitions, {
    metadata: { name: 'gadgets.test.example.io' },
    spec: {
      group: 'test.example.io',
      scope: 'Cluster',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', shortNames: ['gd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', ...({ [keepUnknown]: true } as object) } },
          subresources: { status: {} },
        },
      ],
    },
  });
  const gadgets = await waitFor('discovery of gadgets', () =>
    client.resourceFor('test.example.io/v1', 'Gadget'),
  );
  expect(gadgets).toMatchObject({
    plural: 'gadgets',
    namespaced: false,
    shortNames: ['gd'],
    subresources: ['status'],
  });
  client.invalidateDiscovery();
  const all = await client.discover();
  expect(all).toContainEqual(expect.objectContaining({ group: 'test.example.io', plural: 'gadgets' }));
  expect(all.find(({ kind }) => kind === 'Deployment')).toMatchObject({
    group: 'apps',
    version: 'v1',
    namespaced: true,
  });

  const gadget: UnknownObject = {
    metadata: { name: 'Mixed.Case'.toLowerCase() },
    spec: { deep: { list: [1, 'two', null] } },
  };
  const made = await client.create(gadgets, gadget);
  expect(made['spec']).toEqual(gadget['spec']);
  const status = await client.apply(
    gadgets,
    { metadata: { name: made.metadata.name }, status: { ready: true } },
    { fieldManager: 'test', subresource: 'status' },
  );
  expect(status['status']).toEqual({ ready: true });
});

describe('identities', () => {
  const whoAmI = async (as: Client) => {
    const review = await as.request<{
      status: { userInfo: { username: string; groups: string[]; extra?: object } };
    }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    return review.status.userInfo;
  };

  const connectionFor = async (user: string, groups: string[] = []) =>
    parseKubeconfig(toYaml(await plane.kubeconfigFor(user, groups)));

  test('a client certificate names user and groups, and its refusals name both', async () => {
    const bob = open(await connectionFor('bob', ['builders']));
    expect(await whoAmI(bob)).toMatchObject({
      username: 'bob',
      groups: ['builders', 'system:authenticated'],
    });
    const refused: unknown = await bob.list(secrets).catch((error: unknown) => error);
    expect(isForbidden(refused)).toBe(true);
    expect(String(refused)).toMatch(/GET \/api\/v1\/secrets: secrets is forbidden: User "bob" cannot list/);
  });

  test('a new client certificate on disk is taken without a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'client-certificates-'));
    const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    const write = async ({ certData = '', keyData = '' }: Connection) => {
      expect(createPrivateKey(keyData).type).toBe('private');
      for (const [path, text] of [
        [certFile, certData],
        [keyFile, keyData],
      ] as const) {
        await writeFile(`${path}.new`, text);
        await rename(`${path}.new`, path);
      }
    };
    await write(await connectionFor('before'));
    const { server, caData } = await connectionFor('nobody');
    const rotating = connect(
      { server, caData, certFile, keyFile },
      { userAgent: 'test/1', timing: { certificateIntervalMs: 0 } },
    );
    clients.push(rotating);
    expect((await whoAmI(rotating)).username).toBe('before');
    await write(await connectionFor('after'));
    expect((await whoAmI(rotating)).username).toBe('after');
    await rm(folder, { recursive: true });
  });

  test('a token, from a request and from a file', async () => {
    const namespace = await newNamespace('tokens');
    await client.create(serviceAccounts, { metadata: { name: 'robot', namespace } });
    const { status } = await client.createSubresource<TokenRequest>(
      serviceAccounts,
      { name: 'robot', namespace },
      'token',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [], expirationSeconds: 600 },
      },
    );
    const folder = await mkdtemp(join(tmpdir(), 'client-token-'));
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'not yet');
    const robot = open({ server: plane.server, caData: plane.caPem, tokenFile });
    const refused: unknown = await robot.list(configMaps).catch((error: unknown) => error);
    expect(isUnauthorized(refused)).toBe(true);
    await writeFile(tokenFile, status?.token ?? '');
    expect((await whoAmI(robot)).username).toBe('system:serviceaccount:tokens:robot');
    await rm(folder, { recursive: true });
  });

  test('impersonation carries groups and extras', async () => {
    const impersonate = {
      user: 'alice',
      groups: ['one', 'two'],
      extra: { 'example.io/scope': ['a', 'b'] },
    };
    const info = await whoAmI(open({ ...loadConnection(plane.kubeconfigPath), impersonate }));
    expect(info).toMatchObject({
      username: 'alice',
      groups: ['one', 'two', 'system:authenticated'],
      extra: { 'example.io/scope': ['a', 'b'] },
    });
  });
});

describe('informers', () => {
  const follow = (own: Client, namespace: string, metadataOnly = false) => {
    const metrics = createMetrics();
    const informers = createInformers(own, { logger: silent, metrics });
    const informer = informers.informer(configMaps, { namespace, labelSelector: 'app=test', metadataOnly });
    const told: string[] = [];
    informer.onChange((change: Change<ConfigMap>) => {
      told.push(`${change.type} ${change.object.metadata.name} ${change.object.data?.['x'] ?? ''}`.trim());
    });
    informers.start(stop.signal);
    return { informers, informer, told, metrics };
  };

  test('follow every change once, by what the selector selects', async () => {
    const namespace = await newNamespace('follow');
    const { informers, informer, told } = follow(client, namespace);
    await informers.waitForSync();
    await client.create(configMaps, configMap(namespace, 'a', { x: '1' }));
    await client.create(configMaps, { metadata: { name: 'other', namespace } });
    await client.patch(configMaps, { name: 'a', namespace }, { type: 'merge', body: { data: { x: '2' } } });
    await client.patch(
      configMaps,
      { name: 'a', namespace },
      { type: 'merge', body: { metadata: { labels: { app: null } } } },
    );
    await client.patch(
      configMaps,
      { name: 'a', namespace },
      { type: 'merge', body: { metadata: { labels: { app: 'test' } } } },
    );
    await client.delete(configMaps, { name: 'a', namespace });
    await waitFor('the last change', async () => told.length === 5);
    expect(told).toEqual(['added a 1', 'updated a 2', 'deleted a 2', 'added a 2', 'deleted a 2']);
    expect(informer.size).toBe(0);
  });

  test('of metadata keep nothing else', async () => {
    const namespace = await newNamespace('metadata');
    const { informers, informer } = follow(client, namespace, true);
    await informers.waitForSync();
    await client.create(configMaps, configMap(namespace, 'a', { x: '1' }));
    const kept = await waitFor('the object', async () => informer.get('a', namespace));
    expect(Object.keys(kept).toSorted(byText)).toEqual(['apiVersion', 'kind', 'metadata']);
    expect(kept.kind).toBe('ConfigMap');
    expect(kept.metadata).not.toHaveProperty('managedFields');
  });

  test('miss nothing while the API server restarts or hangs', async () => {
    const namespace = await newNamespace('restart');
    const own = connect(loadConnection(plane.kubeconfigPath), {
      userAgent: 'test/1',
      requestTimeoutMs: 5_000,
      timing: { readIdleMs: 1_000, pingTimeoutMs: 4_000 },
    });
    clients.push(own);
    const { informers, informer, told } = follow(own, namespace);
    await client.create(configMaps, configMap(namespace, 'gone', { x: '1' }));
    await client.create(configMaps, configMap(namespace, 'kept', { x: '1' }));
    await informers.waitForSync();
    await plane.restart();
    // What was done when its answer was lost is done.
    await waitFor('the API server to serve again', async () => {
      await client.delete(configMaps, { name: 'gone', namespace });
      return true;
    });
    await client.create(configMaps, configMap(namespace, 'new', { x: '1' }));
    await waitFor(
      'the state after the restart',
      async () => informer.size === 2 && told.includes('added new 1'),
    );

    plane.pause();
    await expect(own.get(configMaps, 'kept', namespace)).rejects.toThrow(/no answer|ping/);
    plane.resume();
    await waitFor('the API server to serve again', () =>
      own.apply(configMaps, configMap(namespace, 'after-pause', { x: '1' }), { fieldManager: 'test' }),
    );
    await waitFor('the state after the pause', async () => informer.size === 3);
    expect(told.toSorted(byText)).toEqual([
      'added after-pause 1',
      'added gone 1',
      'added kept 1',
      'added new 1',
      'deleted gone 1',
    ]);
  });

  test('that may not watch say so, and begin as soon as they may', async () => {
    const namespace = await newNamespace('permission');
    const carol = open(parseKubeconfig(toYaml(await plane.kubeconfigFor('carol'))));
    const { informers } = follow(carol, namespace);
    await client.create(clusterRoleBindings, {
      metadata: { name: 'carol' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'carol' }],
    });
    await informers.waitForSync(AbortSignal.timeout(patience));
  });
});
