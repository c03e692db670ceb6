import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { FeedbackRule, ManifestConfig, ManifestWork } from '../../api/generated/work.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { buildHookWork, buildWorks } from './build.ts';
import { deleteOptionFor, mergedConfigs } from './options.ts';

const addon: ManagedClusterAddOn = {
  metadata: { name: 'a', namespace: 'c1', uid: 'u' },
  spec: {},
  status: {
    configReferences: [
      { group: 'g', resource: 'configs', desiredConfig: { namespace: 'n', name: 'x', specHash: 'h' } },
    ],
  },
};
const manifest = (kind: string, name: string, annotations?: Record<string, string>): UnknownObject => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: { name, namespace: 'n', ...(annotations && { annotations }) },
});
const build = (manifests: UnknownObject[], rest: Partial<Parameters<typeof buildWorks>[0]> = {}) =>
  buildWorks({ addon, manifests, manifestConfigs: [], existing: [], ...rest });
const work = (name: string, ...manifests: UnknownObject[]): ManifestWork => ({
  metadata: { name, namespace: 'c1', uid: name },
  spec: { workload: { manifests } },
});

describe('works of an add-on', () => {
  test('addon.md 82, 83: in the namespace of its cluster, its property, with the hashes of its configurations', () => {
    const config = manifest('ConfigMap', 'm');
    expect(build([config])).toEqual({
      works: [
        {
          metadata: {
            name: 'addon-a-deploy-0',
            namespace: 'c1',
            labels: { 'open-cluster-management.io/addon-name': 'a' },
            annotations: { 'open-cluster-management.io/config-spec-hash': '{"configs.g/n/x":"h"}' },
            ownerReferences: [
              {
                apiVersion: 'addon.open-cluster-management.io/v1beta1',
                kind: 'ManagedClusterAddOn',
                name: 'a',
                uid: 'u',
                controller: true,
                blockOwnerDeletion: true,
              },
            ],
          },
          spec: { workload: { manifests: [config] } },
        },
      ],
      remove: [],
    });
    const [plain] = build([config], { addon: { ...addon, status: {} } }).works;
    expect(plain!.metadata.annotations).toBeUndefined();
  });

  test('addon.md 82: a work whose manifests all went is to go', () => {
    const [kept, gone] = [manifest('ConfigMap', 'kept'), manifest('ConfigMap', 'gone')];
    const existing = [work('addon-a-deploy-0', gone), work('addon-a-deploy-1', kept)];
    const { works, remove } = build([kept], { existing });
    expect(works.map(({ metadata }) => metadata.name)).toEqual(['addon-a-deploy-1']);
    expect(remove).toEqual([existing[0]]);
  });

  test('addon.md 84: on the hosting cluster nobody’s property, and marked with the namespace of the add-on', () => {
    const [hosted] = build([manifest('ConfigMap', 'm')], { hosting: 'h' }).works;
    expect(hosted!.metadata).toEqual({
      name: 'addon-a-deploy-hosting-c1-0',
      namespace: 'h',
      labels: {
        'open-cluster-management.io/addon-name': 'a',
        'open-cluster-management.io/addon-namespace': 'c1',
      },
      annotations: { 'open-cluster-management.io/config-spec-hash': '{"configs.g/n/x":"h"}' },
    });
  });

  test('addon.md 83: objects that stay are named in every work', () => {
    const orphan = { 'addon.open-cluster-management.io/deletion-orphan': '' };
    const manifests = [manifest('Deployment', 'd', orphan), manifest('ConfigMap', 'm')];
    expect(build(manifests).works[0]!.spec?.deleteOption).toEqual({
      propagationPolicy: 'SelectivelyOrphan',
      selectivelyOrphans: {
        orphaningRules: [{ group: 'apps', resource: 'deployments', namespace: 'n', name: 'd' }],
      },
    });
    expect(deleteOptionFor([manifest('ConfigMap', 'm')])).toBeUndefined();
    const plurals = ['NetworkPolicy', 'Ingress', 'Endpoints'].map(
      (kind) =>
        deleteOptionFor([manifest(kind, 'x', orphan)])!.selectivelyOrphans!.orphaningRules![0]!.resource,
    );
    expect(plurals).toEqual(['networkpolicies', 'ingresses', 'endpoints']);
  });

  test('addon.md 88: the work of hooks carries no hashes, and reports how they end', () => {
    const job = { ...manifest('Job', 'j'), apiVersion: 'batch/v1' };
    const { metadata, spec } = buildHookWork(addon, undefined, [job, manifest('Pod', 'p')]);
    expect([metadata.name, metadata.annotations]).toEqual(['addon-a-pre-delete', undefined]);
    const feedbackRules = [{ type: 'WellKnownStatus' }];
    const jsonPaths = [{ name: 'JobFailed', path: '.status.conditions[?(@.type=="Failed")].status' }];
    expect(spec!.manifestConfigs).toEqual([
      {
        resourceIdentifier: { group: 'batch', resource: 'jobs', namespace: 'n', name: 'j' },
        feedbackRules: [...feedbackRules, { type: 'JSONPaths', jsonPaths }],
      },
      { resourceIdentifier: { group: '', resource: 'pods', namespace: 'n', name: 'p' }, feedbackRules },
    ]);
    expect(buildHookWork(addon, 'h', [job]).metadata.name).toBe('addon-a-pre-delete-hosting-c1');
  });
});

describe('what the work agent is asked', () => {
  const config = (name: string, feedbackRules: FeedbackRule[], rest: Partial<ManifestConfig> = {}) => ({
    resourceIdentifier: { group: 'apps', resource: 'deployments', namespace: 'n', name },
    feedbackRules,
    ...rest,
  });
  const wellKnown: FeedbackRule = { type: 'WellKnownStatus' };
  const paths = (...names: string[]): FeedbackRule => ({
    type: 'JSONPaths',
    jsonPaths: names.map((name) => ({ name, path: `.status.${name}` })),
  });

  test('addon.md 71: of one object what either wants, each name once; the rest as the add-on has it', () => {
    const updateStrategy = { type: 'ServerSideApply' as const };
    expect(
      mergedConfigs(
        [config('d', [wellKnown, paths('a')]), config('other', [wellKnown])],
        [config('d', [paths('a', 'b'), wellKnown], { updateStrategy }), config('own', [])],
      ),
    ).toEqual([
      config('d', [wellKnown, paths('a', 'b')], { updateStrategy }),
      config('other', [wellKnown]),
      config('own', []),
    ]);
    expect(mergedConfigs([], [])).toEqual([]);
  });
});
