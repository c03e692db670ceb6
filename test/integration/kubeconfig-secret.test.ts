import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type KubeconfigSecretRequest,
  syncKubeconfigSecret,
} from '../../operators/registration-operator/secrets/kubeconfig-secret.ts';
import { encode, textOf, writeSecret } from '../../operators/registration-operator/secrets/secret.ts';
import { syncSecret } from '../../operators/registration-operator/secrets/sync-secret.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { type Secret, secrets, serviceAccounts } from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';

const fieldManager = 'integration-test';
const namespace = 'default';
const hour = 3_600_000;

let controlPlane: ControlPlane;
let client: Client;
let request: KubeconfigSecretRequest;

beforeAll(async () => {
  controlPlane = await startControlPlane({
    name: 'kubeconfig-secret',
    // Tokens live two hours at most here, as on clusters that cap them.
    extraArgs: { apiServer: ['--service-account-max-token-expiration=2h'] },
  });
  const connection = loadConnection(controlPlane.kubeconfigPath);
  client = connect(connection, { userAgent: fieldManager });
  request = {
    home: client,
    secret: { name: 'made', namespace },
    labels: { made: 'yes' },
    fieldManager,
    folder: '/spoke/config',
    away: client,
    connection: { server: connection.server, caData: connection.caData },
    serviceAccount: { name: 'agent', namespace },
  };
});

afterAll(async () => {
  await client?.close();
  await controlPlane?.stop();
});

const made = () => client.get(secrets, 'made', namespace);
const versionOf = async () => (await made()).metadata.resourceVersion;
const userOf = (token: string) =>
  controlPlane.kubectl([
    'auth',
    'whoami',
    '--output=jsonpath={.status.userInfo.username}',
    `--token=${token}`,
    '--kubeconfig=/dev/null',
    `--server=${controlPlane.server}`,
    '--insecure-skip-tls-verify',
  ]);

test('without its ServiceAccount says which is missing (operator.md 58)', async () => {
  await expect(syncKubeconfigSecret(request)).rejects.toThrow(/ServiceAccount default\/agent does not exist/);
});

test('is made with a token of the account that works (operator.md 57, 58)', async () => {
  await client.create(serviceAccounts, { metadata: { name: 'agent', namespace } });
  await syncKubeconfigSecret(request);
  const secret = await made();
  expect(secret.metadata.labels).toEqual({ made: 'yes' });
  expect(await userOf(textOf(secret, 'token') ?? '')).toBe('system:serviceaccount:default:agent');
  expect(parseKubeconfig(textOf(secret, 'kubeconfig') ?? '')).toMatchObject({
    ...request.connection,
    tokenFile: '/spoke/config/token',
  });
});

test('stays untouched while it serves, however short the granted life is (operator.md 57, D20)', async () => {
  const before = await versionOf();
  const renewAt = await syncKubeconfigSecret(request);
  expect(await versionOf()).toBe(before);
  const left = renewAt - Date.now();
  expect(left).toBeGreaterThan(1.5 * hour);
  expect(left).toBeLessThan(1.7 * hour);
});

test('gets a new token when a fifth of its life is left (operator.md 57)', async () => {
  const token = textOf(await made(), 'token');
  await syncKubeconfigSecret(request, { now: Date.now() + 1.7 * hour });
  expect(textOf(await made(), 'token')).not.toBe(token);
});

test.each<[string, Partial<KubeconfigSecretRequest['connection']>]>([
  ['server', { server: 'https://elsewhere.example.com' }],
  ['authority', { caData: 'another' }],
  ['TLS server name', { tlsServerName: 'name.example.com' }],
])('follows the %s, and keeps the token (operator.md 57)', async (_, change) => {
  const token = textOf(await made(), 'token');
  const connection = { ...request.connection, ...change };
  await syncKubeconfigSecret({ ...request, connection });
  expect(parseKubeconfig(textOf(await made(), 'kubeconfig') ?? '')).toMatchObject(change);
  expect(textOf(await made(), 'token')).toBe(token);
  await syncKubeconfigSecret(request);
});

test('gets a new token when its account was made anew (operator.md 57)', async () => {
  const before = textOf(await made(), 'serviceaccount_uid');
  await client.delete(serviceAccounts, { name: 'agent', namespace });
  await client.create(serviceAccounts, { metadata: { name: 'agent', namespace } });
  await syncKubeconfigSecret(request);
  const secret = await made();
  expect(textOf(secret, 'serviceaccount_uid')).not.toBe(before);
  // An API server that still has the account of before in mind refuses the token of the new one.
  await waitFor('the token to be known', async () => {
    expect(await userOf(textOf(secret, 'token') ?? '')).toBe('system:serviceaccount:default:agent');
    return true;
  });
});

test('takes a token of the old kind, and asks for one when that cannot be had (operator.md 58, D27)', async () => {
  const account = await client.get(serviceAccounts, 'agent', namespace);
  await client.create<Secret>(secrets, {
    metadata: { name: 'legacy', namespace, annotations: { 'kubernetes.io/service-account.name': 'agent' } },
    type: 'kubernetes.io/service-account-token',
  });
  const legacy = await waitFor('the legacy token', async () => {
    const found = await client.get(secrets, 'legacy', namespace);
    return textOf(found, 'token') === undefined ? undefined : found;
  });
  const listed = { ...account, secrets: [{ name: 'absent' }, { name: 'legacy' }] };
  await client.replace(serviceAccounts, listed);
  await client.delete(secrets, { name: 'made', namespace });
  expect(await syncKubeconfigSecret(request)).toBe(Infinity);
  expect(textOf(await made(), 'token')).toBe(textOf(legacy, 'token'));
  expect(textOf(await made(), 'expiration')).toBeUndefined();
  await client.delete(secrets, { name: 'legacy', namespace });
  await syncKubeconfigSecret(request);
  expect(textOf(await made(), 'expiration')).toBeDefined();
});

test('copies of secrets follow type and data, and go with their source (operator.md 128, D26)', async () => {
  const [from, to] = [
    { client, name: 'source', namespace },
    { client, name: 'copy', namespace },
  ];
  const copy = { from, to, labels: { by: 'us' }, fieldManager };
  const read = () => client.find(secrets, 'copy', namespace);
  const mine: Secret = { metadata: { name: 'copy', namespace }, data: { mine: encode('1') } };
  await client.create(secrets, mine);
  expect(await syncSecret(copy)).toBe(false);
  expect(await read()).toBeDefined();

  await client.create<Secret>(secrets, { metadata: { name: 'source', namespace }, data: { a: encode('1') } });
  await syncSecret(copy);
  expect(await read()).toMatchObject({ data: { a: encode('1') }, metadata: { labels: { by: 'us' } } });
  const settled = (await read())?.metadata.resourceVersion;
  await syncSecret(copy);
  expect((await read())?.metadata.resourceVersion).toBe(settled);

  const auth = { '.dockerconfigjson': encode('{"auths":{}}') };
  const typed: Secret = {
    metadata: { name: 'source', namespace },
    type: 'kubernetes.io/dockerconfigjson',
    data: auth,
  };
  await writeSecret(client, typed, fieldManager);
  await syncSecret(copy);
  expect(await read()).toMatchObject({ type: 'kubernetes.io/dockerconfigjson', data: auth });

  await client.delete(secrets, { name: 'source', namespace });
  await syncSecret(copy);
  expect(await read()).toBeUndefined();
});
