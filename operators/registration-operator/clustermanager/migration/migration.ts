import { clusterManagerCondition } from '../../../api/conditions.ts';
import type { CustomResourceDefinition } from '../../../runtime/client/kubernetes.ts';
import type { Condition, KubeObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';

/** A resource whose stored objects are to be rewritten in another version. */
export interface Migration {
  /** Name of the StorageVersionMigration object. */
  name: string;
  group: string;
  version: string;
  resource: string;
}

/** What this release migrates: nothing (operator.md 4.8). */
export const migrations: readonly Migration[] = [];

export interface StorageVersionMigration extends KubeObject {
  spec?: { resource?: { group?: string; version?: string; resource?: string } };
  status?: { conditions?: Condition[] };
}

export const storageVersionMigrations: Resource<StorageVersionMigration> = {
  group: 'migration.k8s.io',
  version: 'v1alpha1',
  plural: 'storageversionmigrations',
  kind: 'StorageVersionMigration',
  namespaced: false,
};

/** Why stored objects cannot be migrated to the version that a migration names; undefined when they can. */
export const migrationProblem = (
  { group, version, resource }: Migration,
  crd: CustomResourceDefinition | undefined,
): string | undefined => {
  const name = `${resource}.${group}`;
  if (!crd) return `CRD ${name} does not exist`;
  const { versions } = crd.spec;
  if (versions.length < 2) return `CRD ${name} has one version, so that there is nothing to migrate`;
  const wanted = versions.find((candidate) => candidate.name === version);
  if (!wanted) return `CRD ${name} has no version ${version}`;
  return wanted.storage ? `CRD ${name} stores version ${version} already` : undefined;
};

/** Whether an object that is there asks for the same migration. */
export const isSameMigration = (
  { group, version, resource }: Migration,
  { spec }: StorageVersionMigration,
): boolean =>
  spec?.resource?.group === group && spec.resource.version === version && spec.resource.resource === resource;

const { type, reason } = clusterManagerCondition.migrationSucceeded;
const succeeded: NextCondition = {
  type,
  status: 'True',
  reason: reason.StorageVersionMigrationSucceed,
  message: 'All storage versions are migrated',
};

export const migrationFailed = (message: string): NextCondition => ({
  type,
  status: 'False',
  reason: reason.StorageVersionMigrationFailed,
  message,
});

const isTrue = (migration: StorageVersionMigration, wanted: string): boolean =>
  migration.status?.conditions?.some(
    (condition) => condition.type === wanted && condition.status === 'True',
  ) ?? false;

/** What all migrations together have come to: failed, under way, or done. */
export const aggregate = (all: readonly StorageVersionMigration[]): NextCondition => {
  const failed = all.filter((migration) => isTrue(migration, 'Failed'));
  if (failed.length > 0)
    return migrationFailed(`Failed: ${failed.map(({ metadata }) => metadata.name).join(', ')}`);
  const open = all.filter((migration) => !isTrue(migration, 'Succeeded'));
  if (open.length === 0) return succeeded;
  return {
    type,
    status: 'False',
    reason: reason.StorageVersionMigrationProcessing,
    message: `Under way: ${open.map(({ metadata }) => metadata.name).join(', ')}`,
  };
};

/** CRDs whose list of stored versions is trimmed after migration, and to what. */
export const trimmedCrds = [
  'managedclustersets.cluster.open-cluster-management.io',
  'managedclustersetbindings.cluster.open-cluster-management.io',
] as const;
export const trimmedVersions = ['v1beta2'] as const;
