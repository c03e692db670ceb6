import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { placementDecisions, placements } from '../../operators/api/generated/cluster.ts';
import { waitFor } from '../cluster/index.ts';
import { DebugProcess, groupOf } from './placement/debug-process.ts';
import { PlacementRig, type Tenant, misconfigured } from './placement/rig.ts';

let rig: PlacementRig;
let debug: DebugProcess;
let tenant: Tenant;

beforeAll(async () => {
  rig = await PlacementRig.start('placement-debug');
  tenant = await rig.tenant('tenant');
  await tenant.clusters('1', '2');
  await tenant.cluster('3', { labels: { zone: 'b' } });
  await rig.tenant('other');
  await tenant.bind('other');
  await tenant.cluster('4', { set: 'other' });
  await tenant.place('stored', { numberOfClusters: 2 }, { labels: { team: 'a' } });
  await tenant.selects('stored', '1', '2');

  debug = await DebugProcess.start(rig);
  await debug.users('users');
  await debug.user('getter', 'users', ['get'], 'tenant');
  await debug.user('creator', 'users', ['create'], 'tenant');
  await debug.user('nobody', 'users');
  // These may not even ask.
  await debug.users('strangers', ['get']);
  await debug.user('stranger', 'strangers', ['get', 'create'], 'tenant');
  await debug.users('members');
  await debug.user('member', 'members');
  await debug.allow(groupOf('members'), ['get'], 'tenant');
  // It hears of things by itself, and so not when the controller does.
  await waitFor('the debug server to know the decisions', async () => {
    const { body } = await debug.get('getter', 'tenant/stored');
    return JSON.stringify(body['aggregatedScores']).includes('{"clusterName":"tenant-2","score":200}');
  });
});
afterAll(async () => {
  await debug?.stop();
  await rig?.stop();
});

const sent = (spec: object = {}, name = 'sent') => ({ metadata: { name, namespace: 'tenant' }, spec });
/** The answer about a Placement that the server may not have heard of yet. */
const found = (user: string, key: string) =>
  waitFor(`an answer about ${key}`, async () => {
    const { status, body } = await debug.get(user, key);
    return status === 200 && body;
  });
const no = (verb: string): object => ({
  error: expect.stringMatching(`^user does not have permission to ${verb} placements in namespace tenant: `),
});

describe('since-1.3.1.md 74: a role for each verb', () => {
  test('only get', async () => {
    expect(await debug.get('getter', 'tenant/stored')).toMatchObject({ status: 200 });
    expect(await debug.post('getter', sent())).toEqual({
      status: 403,
      type: 'application/json',
      body: no('create'),
    });
  });

  test('only create', async () => {
    expect(await debug.get('creator', 'tenant/stored')).toMatchObject({ status: 403, body: no('get') });
    expect(await debug.post('creator', sent())).toMatchObject({ status: 200 });
  });
});

test('placement.md 127, since-1.3.1.md 75: without rights nothing is told, be there a Placement or not', async () => {
  for (const name of ['stored', 'none'])
    expect(await debug.get('nobody', `tenant/${name}`)).toMatchObject({ status: 403, body: no('get') });
  expect(await debug.post('nobody', sent())).toMatchObject({ status: 403, body: no('create') });
  // What one may do in one namespace is no right in another one.
  expect(await debug.get('getter', 'other/stored')).toMatchObject({ status: 403 });
});

test('placement.md 129: rights that a user has by a group count', async () => {
  expect(await debug.get('member', 'tenant/stored')).toMatchObject({ status: 200 });
});

test('who may not use the path, or is nobody, is refused before', async () => {
  expect(await debug.post('stranger', sent())).toMatchObject({
    status: 403,
    type: 'application/json',
    body: { error: expect.stringContaining('cannot post path "/debug/placements/"') },
  });
  expect(await debug.get('', 'tenant/stored')).toMatchObject({
    status: 401,
    body: { error: 'Unauthorized' },
  });
  expect(await debug.ask('nobody', 'GET', '/metrics')).toMatchObject({ status: 403 });
});

test('placement.md 122: a stored Placement', async () => {
  const { type, body } = await debug.get('getter', 'tenant/stored');
  expect(type).toBe('application/json');
  const all = ['tenant-1', 'tenant-2', 'tenant-3', 'tenant-4'];
  expect(body).toMatchObject({
    filteredPipelineResults: [
      { name: 'Predicate', filteredClusters: all },
      { name: 'Predicate,TaintToleration', filteredClusters: all },
    ],
    // Its own decisions count for Steady and not for Balance.
    prioritizeResults: [
      { name: 'Balance', weight: 1, scores: { 'tenant-1': 100, 'tenant-4': 100 } },
      { name: 'Steady', weight: 1, scores: { 'tenant-1': 100, 'tenant-3': 0 } },
    ],
    aggregatedScores: [
      { clusterName: 'tenant-1', score: 200 },
      { clusterName: 'tenant-2', score: 200 },
      { clusterName: 'tenant-3', score: 100 },
      { clusterName: 'tenant-4', score: 100 },
    ],
    selectedClusters: await tenant.selected('stored').then((names) => names.map((name) => `tenant-${name}`)),
    status: { code: 'Success' },
  });
  expect(body['placement']).toEqual({
    metadata: { name: 'stored', namespace: 'tenant', labels: { team: 'a' } },
    // With the defaults that the API server has given to it.
    spec: (await tenant.placement('stored')).spec,
    status: {},
  });
});

test('placement.md 125: of two sets only the one that is named', async () => {
  const { body } = await debug.post('creator', sent({ clusterSets: ['other'] }));
  expect(body['selectedClusters']).toEqual(['tenant-4']);
});

test('placement.md 124: without a binding there is nothing to choose from', async () => {
  const unbound = await rig.tenant('unbound', { isBound: false });
  await unbound.place('stored');
  await debug.allow(groupOf('members'), ['get'], 'unbound');
  await unbound.says('stored', 'PlacementSatisfied', 'False', 'NoManagedClusterSetBindings');
  const body = await found('member', 'unbound/stored');
  expect(Object.keys(body)).toEqual(['placement', 'filteredPipelineResults', 'status', 'conditions']);
  expect(body).toMatchObject({
    filteredPipelineResults: [{ filteredClusters: [] }, { filteredClusters: [] }],
    conditions: [{ reason: 'NoManagedClusterSetBindings' }, { status: 'False' }],
  });
});

test('placement.md 131: a Placement that is not there', async () => {
  expect(await debug.get('getter', 'tenant/none')).toEqual({
    status: 404,
    type: 'application/json',
    body: { error: "placement 'none' not found" },
  });
});

test('placement.md 130: what is too large, or no Placement, is refused by a server that lives on', async () => {
  expect(await debug.post('creator', ' '.repeat(1024 * 1024 + 1))).toMatchObject({ status: 413 });
  expect(await debug.post('creator', '{')).toMatchObject({ status: 400 });
  expect(await debug.ask('creator', 'PUT', '/debug/placements/')).toMatchObject({ status: 405 });
  expect(debug.isRunning).toBe(true);
});

test('P16: why a Placement is misconfigured is told as its conditions do', async () => {
  const spec = { tolerations: [{ value: 'x' }] };
  await tenant.place('wrong', spec);
  const { message } = await tenant.says('wrong', misconfigured, 'True', 'Misconfigured');
  const body = await found('getter', 'tenant/wrong');
  expect(body).toMatchObject({
    filteredPipelineResults: [{ name: 'Predicate' }],
    status: { code: 'Misconfigured', plugin: 'TaintToleration' },
    conditions: [{}, { type: misconfigured, status: 'True', message }],
  });
});

test('placement.md 123: what is sent is not stored, and counts for nobody', async () => {
  const expected = await debug.post('creator', sent({ numberOfClusters: 1 }));
  expect(expected.body['selectedClusters']).toEqual(['tenant-3']);
  // It is the same again: the cluster has no more decisions than before.
  expect(await debug.post('creator', sent({ numberOfClusters: 1 }, 'sent-again'))).toMatchObject({
    status: 200,
    body: { aggregatedScores: expected.body['aggregatedScores'] },
  });
  expect(await rig.client.find(placements, 'sent', 'tenant')).toBeUndefined();
  const { items } = await rig.client.list(placementDecisions, { namespace: 'tenant' });
  expect(items.map(({ metadata }) => metadata.name).toSorted()).toEqual([
    'stored-decision-1',
    'wrong-decision-1',
  ]);
  expect(await rig.writes('placement-debug')).toEqual([]);
});
