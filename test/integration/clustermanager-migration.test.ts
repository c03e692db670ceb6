import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { type ClusterManager, clusterManagers } from '../../operators/api/generated/operator.ts';
import type { Dependencies } from '../../operators/registration-operator/clustermanager/dependencies.ts';
import {
  type Migration,
  storageVersionMigrations,
} from '../../operators/registration-operator/clustermanager/migration/migration.ts';
import {
  crdStatusController,
  migrationController,
} from '../../operators/registration-operator/clustermanager/migration/migration-controllers.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { customResourceDefinitions } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import type { Context, Controller } from '../../operators/runtime/controller/controller.ts';
import type { Logger } from '../../operators/runtime/process/logger.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../cluster/index.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { clientOf } from './clustermanager/harness.ts';

const name = 'cluster-manager';
const silent: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => silent };
const group = 'example.com';

let controlPlane: ControlPlane;
let client: Client;

/** A CRD with these versions, the first of which is stored. */
const crd = (plural: string, kind: string, versions: string[], ofGroup = group) => ({
  metadata: { name: `${plural}.${ofGroup}`, annotations: { 'api-approved.kubernetes.io': 'unapproved' } },
  spec: {
    group: ofGroup,
    names: { kind, plural },
    scope: 'Cluster',
    versions: versions.map((version, index) => ({
      name: version,
      served: true,
      storage: index === 0,
      subresources: { status: {} },
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })),
  },
});

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'migration', controllerManager: false });
  client = clientOf(controlPlane);
  const file = 'crds/clustermanagers.operator.open-cluster-management.io.yaml';
  await controlPlane.kubectl(['create', '--filename', join(repositoryFolder, file)]);
  for (const each of [crd('things', 'Thing', ['v2', 'v1']), crd('others', 'Other', ['v2', 'v1'])])
    await client.create(customResourceDefinitions, each as never);
  await controlPlane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
  await client.create(clusterManagers, { metadata: { name } });
});

afterAll(async () => {
  await client?.close();
  await controlPlane?.stop();
});

const setCondition = async (type: string, status: 'True' | 'False') => {
  const { status: present } = await client.get(clusterManagers, name);
  const kept = (present?.conditions ?? []).filter((each) => each.type !== type);
  const condition = {
    type,
    status,
    reason: 'Tested',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const body = { status: { conditions: [...kept, condition] } };
  await client.patch(clusterManagers, { name }, { type: 'merge', body }, { subresource: 'status' });
};

/** Has a controller look at the ClusterManager as it is now, as its informer would have it. */
const reconcile = async (
  make: (deps: Dependencies) => Controller,
): Promise<{ result: unknown; clusterManager: ClusterManager }> => {
  const seen = await client.get(clusterManagers, name);
  const cluster = { client };
  const deps = {
    clusterManagers: {
      resource: clusterManagers,
      get: () => seen,
      list: () => [seen],
      onChange: () => () => {},
    },
    hubs: { of: () => Promise.resolve({ cluster }) },
    management: cluster,
  } as unknown as Dependencies;
  const context: Context = { log: silent, signal: new AbortController().signal };
  const result = await make(deps).reconcile(name, context);
  return { result, clusterManager: await client.get(clusterManagers, name) };
};

const migrate = async (...migrations: Migration[]) => {
  const { result, clusterManager } = await reconcile((deps) => migrationController(deps, migrations));
  return { result, condition: findCondition(clusterManager.status?.conditions, 'MigrationSucceeded') };
};

const things: Migration = { name: 'things', group, version: 'v1', resource: 'things' };
const others: Migration = { name: 'others', group, version: 'v1', resource: 'others' };
const finish = (migration: string, type: string) =>
  client.patch(
    storageVersionMigrations,
    { name: migration },
    { type: 'merge', body: { status: { conditions: [{ type, status: 'True' }] } } },
    { subresource: 'status' },
  );

test('operator.md 71: nothing is said before Applied is True, nor when there is nothing to migrate', async () => {
  expect(await migrate(things)).toEqual({ result: undefined, condition: undefined });
  await setCondition('Applied', 'True');
  expect(await migrate()).toEqual({ result: undefined, condition: undefined });
});

test('operator.md 71: without the migrator the condition says what to install, and it is tried again', async () => {
  const { result, condition } = await migrate(things);
  expect(condition).toMatchObject({ status: 'False', reason: 'StorageVersionMigrationFailed' });
  expect(condition?.message).toContain('storageversionmigrations.migration.k8s.io does not exist');
  expect(result).toEqual({ requeueAfterMs: 30_000 });
});

test('operator.md 71: what is missing is made, under way until all has succeeded', async () => {
  const migrator = crd(
    'storageversionmigrations',
    'StorageVersionMigration',
    ['v1alpha1'],
    'migration.k8s.io',
  );
  await client.create(customResourceDefinitions, migrator as never);
  await waitFor('the migrator served', () => client.list(storageVersionMigrations));
  const first = await migrate(things, others);
  expect(first.condition).toMatchObject({ status: 'False', reason: 'StorageVersionMigrationProcessing' });
  const { metadata, spec } = await client.get(storageVersionMigrations, 'things');
  expect(spec?.resource).toEqual({ group, version: 'v1', resource: 'things' });
  const { uid } = (await client.get(clusterManagers, name)).metadata;
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'ClusterManager', name, uid }]);

  await finish('things', 'Succeeded');
  expect((await migrate(things, others)).condition?.reason).toBe('StorageVersionMigrationProcessing');
  await finish('others', 'Failed');
  const failed = await migrate(things, others);
  expect(failed.condition).toMatchObject({ status: 'False', reason: 'StorageVersionMigrationFailed' });
  expect(failed.condition?.message).toContain('others');
  await finish('others', 'Succeeded');
  const done = await migrate(things, others);
  expect(done).toMatchObject({
    result: undefined,
    condition: { status: 'True', reason: 'StorageVersionMigrationSucceed' },
  });
});

test('operator.md 71: an object that asks for something else is a conflict', async () => {
  await setCondition('MigrationSucceeded', 'False');
  const conflicting = { ...things, name: 'others' };
  const { condition } = await migrate(conflicting);
  expect(condition).toMatchObject({ status: 'False', reason: 'StorageVersionMigrationFailed' });
  expect(condition?.message).toContain('StorageVersionMigration others asks for something else');
});

test('operator.md 72: stored versions are trimmed to v1beta2 when migration has succeeded, and not before', async () => {
  const sets = ['managedclustersets', 'managedclustersetbindings'].map(
    (plural) => `${plural}.cluster.open-cluster-management.io`,
  );
  const kinds = ['ManagedClusterSet', 'ManagedClusterSetBinding'];
  for (const [index, plural] of ['managedclustersets', 'managedclustersetbindings'].entries()) {
    const both = crd(
      plural,
      kinds[index] ?? '',
      ['v1beta2', 'v1beta1'],
      'cluster.open-cluster-management.io',
    );
    await client.create(customResourceDefinitions, both as never);
  }
  const stored = () =>
    Promise.all(
      sets.map(async (set) => (await client.get(customResourceDefinitions, set)).status?.storedVersions),
    );
  const both = ['v1beta1', 'v1beta2'];
  for (const set of sets)
    await waitFor(`the old version of ${set} stored`, async () => {
      const body = { status: { storedVersions: both } };
      const options = { subresource: 'status' };
      const patched = await client.patch(
        customResourceDefinitions,
        { name: set },
        { type: 'merge', body },
        options,
      );
      return patched.status?.storedVersions?.length === 2;
    });

  await setCondition('MigrationSucceeded', 'False');
  await reconcile(crdStatusController);
  expect(await stored()).toEqual([both, both]);
  await setCondition('MigrationSucceeded', 'True');
  await reconcile(crdStatusController);
  expect(await stored()).toEqual([['v1beta2'], ['v1beta2']]);
});
