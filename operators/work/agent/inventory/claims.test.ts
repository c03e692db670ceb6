import { describe, expect, test } from '@jest/globals';
import type {
  AppliedManifestWork,
  AppliedResource,
  ManifestWork,
  ManifestWorkSpec,
} from '../../../api/generated/work.ts';
import type { EmbeddedObject } from '../../../api/meta.ts';
import { Claims } from './claims.ts';

const work = (
  manifests: unknown[],
  spec: Partial<ManifestWorkSpec> = {},
  metadata: Partial<ManifestWork['metadata']> = {},
): ManifestWork => ({
  metadata: { name: 'other', ...metadata },
  spec: { workload: { manifests: manifests as EmbeddedObject[] }, ...spec },
});
const manifest = (rest: object = {}, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', namespace: 'n', ...metadata },
  ...rest,
});
const entry = (rest: Partial<AppliedResource> = {}): AppliedResource => ({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'n',
  name: 'a',
  ...rest,
});
const live = { kind: 'Deployment' };
const owning = [{ work: 'other', owns: true }];
const orphaning = [{ work: 'other', owns: false }];
const readOnly = (name: string): Partial<ManifestWorkSpec> => ({
  manifestConfigs: [
    {
      resourceIdentifier: { group: 'apps', resource: 'deployments', namespace: 'n', name },
      updateStrategy: { type: 'ReadOnly' },
    },
  ],
});
const selectively = (name: string): Partial<ManifestWorkSpec> => ({
  deleteOption: {
    propagationPolicy: 'SelectivelyOrphan',
    selectivelyOrphans: {
      orphaningRules: [{ group: 'apps', resource: 'deployments', namespace: 'n', name }],
    },
  },
});

describe('who else wants an object', () => {
  test.each<[string, ManifestWork, object[]]>([
    ['a work that names it', work([manifest()]), owning],
    ['in another version of the group', work([manifest({ apiVersion: 'apps/v9beta1' })]), owning],
    [
      'a work that orphans all',
      work([manifest()], { deleteOption: { propagationPolicy: 'Orphan' } }),
      orphaning,
    ],
    ['a work that orphans this one', work([manifest()], selectively('a')), orphaning],
    ['a work that orphans another one', work([manifest()], selectively('b')), owning],
    ['nobody: another name', work([manifest({}, { name: 'b' })]), []],
    ['nobody: another namespace', work([manifest({}, { namespace: 'm' })]), []],
    ['nobody: no namespace', work([manifest({}, { namespace: undefined })]), []],
    ['nobody: another kind', work([manifest({ kind: 'DaemonSet' })]), []],
    ['nobody: another group', work([manifest({ apiVersion: 'v1' })]), []],
    ['nobody: it is only read', work([manifest()], readOnly('*')), []],
    ['a work that only reads another one', work([manifest()], readOnly('b')), owning],
    ['nobody: the work is being deleted', work([manifest()], {}, { deletionTimestamp: 'now' }), []],
    ['whatever the other manifests are', work([null, 1, {}, { metadata: [] }, manifest()]), owning],
  ])('%s', (_, other, expected) => {
    expect(new Claims([other]).on(entry(), live)).toEqual(expected);
  });

  test('a cluster-scoped object is named with or without a namespace', () => {
    const role = (metadata: object) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'a', ...metadata },
    });
    const recorded = entry({ group: 'rbac.authorization.k8s.io', resource: 'clusterroles', namespace: '' });
    for (const metadata of [{}, { namespace: 'n' }])
      expect(new Claims([work([role(metadata)])]).on(recorded, { kind: 'ClusterRole' })).toEqual(owning);
  });

  test('an AppliedManifestWork of another hub that records it, unless it is on its way out', () => {
    const other = (rest: Partial<AppliedManifestWork> = {}): AppliedManifestWork => ({
      metadata: { name: 'hub-work' },
      ...rest,
      status: { appliedResources: [entry({ version: 'v2' })], ...rest.status },
    });
    expect(new Claims([], [other()]).on(entry(), live)).toEqual([{ owns: false }]);
    const leaving = [
      other({ metadata: { name: 'x', deletionTimestamp: 'now' } }),
      other({ status: { evictionStartTime: 'now' } }),
    ];
    expect(new Claims([], leaving).on(entry(), live)).toEqual([]);
  });
});
