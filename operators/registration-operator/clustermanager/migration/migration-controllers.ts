import { clusterManagerCondition } from '../../../api/conditions.ts';
import { type ClusterManager, clusterManagers } from '../../../api/generated/operator.ts';
import { customResourceDefinitions } from '../../../runtime/client/kubernetes.ts';
import { apiVersionOf } from '../../../runtime/client/resource.ts';
import { type Controller, from } from '../../../runtime/controller/controller.ts';
import { isTrue, type NextCondition, setCondition } from '../../../runtime/controller/conditions.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import type { Cluster } from '../../apply/index.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import {
  aggregate,
  isSameMigration,
  type Migration,
  migrationFailed,
  migrationProblem,
  migrations as standardMigrations,
  type StorageVersionMigration,
  storageVersionMigrations,
  trimmedCrds,
  trimmedVersions,
} from './migration.ts';

const retryMs = 30_000;

const ensure = async (
  hub: Cluster,
  owner: ClusterManager,
  migration: Migration,
): Promise<StorageVersionMigration | string> => {
  const { name, group, version, resource } = migration;
  const crd = await hub.client.find(customResourceDefinitions, `${resource}.${group}`);
  const problem = migrationProblem(migration, crd);
  if (problem) return problem;
  const present = await hub.client.find(storageVersionMigrations, name);
  if (present)
    return isSameMigration(migration, present)
      ? present
      : `StorageVersionMigration ${name} asks for something else; delete it`;
  const { uid = '', name: ownerName } = owner.metadata;
  const reference = {
    apiVersion: apiVersionOf(clusterManagers),
    kind: clusterManagers.kind,
    name: ownerName,
    uid,
  };
  return hub.client.create(
    storageVersionMigrations,
    { metadata: { name, ownerReferences: [reference] }, spec: { resource: { group, version, resource } } },
    { fieldManager },
  );
};

const migrate = async (
  hub: Cluster,
  owner: ClusterManager,
  migrations: readonly Migration[],
): Promise<NextCondition> => {
  const crd = await hub.client.find(customResourceDefinitions, 'storageversionmigrations.migration.k8s.io');
  if (!crd)
    return migrationFailed(
      'CRD storageversionmigrations.migration.k8s.io does not exist; install the storage version migrator',
    );
  const results: StorageVersionMigration[] = [];
  for (const migration of migrations) {
    const result = await ensure(hub, owner, migration);
    if (typeof result === 'string') return migrationFailed(result);
    results.push(result);
  }
  return aggregate(results);
};

/** Has stored objects rewritten in the version of this release (operator.md 4.8); this release has none to rewrite. */
export const migrationController = (
  deps: Dependencies,
  migrations: readonly Migration[] = standardMigrations,
): Controller => ({
  name: 'CRDMigrationController',
  watches: [from(deps.clusterManagers)],
  concurrency: 1,
  async reconcile(key, { signal }) {
    const clusterManager = deps.clusterManagers.get(key);
    const conditions = clusterManager?.status?.conditions;
    if (migrations.length === 0 || !clusterManager || clusterManager.metadata.deletionTimestamp)
      return undefined;
    if (!isTrue(conditions, clusterManagerCondition.applied.type)) return undefined;
    if (isTrue(conditions, clusterManagerCondition.migrationSucceeded.type)) return undefined;
    const { cluster } = await deps.hubs.of(clusterManager);
    const condition = await migrate(cluster, clusterManager, migrations);
    const status = { ...clusterManager.status, conditions: setCondition(conditions, condition) };
    await patchStatus(deps.management.client, clusterManagers, clusterManager, status, {
      fieldManager,
      signal,
    });
    return condition.status === 'True' ? undefined : { requeueAfterMs: retryMs };
  },
});

/**
 * Takes the versions that are no longer stored out of the CRDs' lists, once migration has succeeded. The condition
 * comes as an event: until then there is nothing to do, and nothing is done (D5).
 */
export const crdStatusController = (deps: Dependencies): Controller => ({
  name: 'CRDStatusController',
  watches: [from(deps.clusterManagers)],
  concurrency: 1,
  async reconcile(key) {
    const clusterManager = deps.clusterManagers.get(key);
    if (!clusterManager || clusterManager.metadata.deletionTimestamp) return;
    if (!isTrue(clusterManager.status?.conditions, clusterManagerCondition.migrationSucceeded.type)) return;
    const { cluster } = await deps.hubs.of(clusterManager);
    for (const name of trimmedCrds) {
      const crd = await cluster.client.get(customResourceDefinitions, name);
      const status = { ...crd.status, storedVersions: [...trimmedVersions] } as NonNullable<
        typeof crd.status
      >;
      await patchStatus(cluster.client, customResourceDefinitions, crd, status, { fieldManager });
    }
  },
});
