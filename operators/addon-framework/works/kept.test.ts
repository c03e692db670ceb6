import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import { label } from '../../api/names.ts';
import { isMadeFor, keptWork, unownedHooks, worksElsewhere } from './kept.ts';

const value = (name: string) => ({ name, fieldValue: { type: 'String' as const, string: 'v' } });
const work: ManifestWork = {
  metadata: {
    name: 'w',
    namespace: 'c1',
    labels: { [label.addonName]: 'a' },
    annotations: { other: 'x', 'open-cluster-management.io/config-spec-hash': '{}' },
    ownerReferences: [
      {
        apiVersion: 'addon.open-cluster-management.io/v1alpha1',
        kind: 'ManagedClusterAddOn',
        name: 'a',
        uid: 'u',
      },
    ],
  },
  spec: {
    workload: {
      manifests: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd', namespace: 'n' },
          spec: { replicas: 0 },
        },
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { long: 'text' } },
      ],
    },
  },
  status: {
    resourceStatus: {
      manifests: [
        {
          conditions: [],
          resourceMeta: { ordinal: 0, group: 'apps', resource: 'deployments', name: 'd', namespace: 'n' },
          statusFeedback: { values: [value('ReadyReplicas'), value('mine')] },
        },
        { conditions: [], resourceMeta: { ordinal: 1, resource: 'configmaps', name: 'c' } },
      ],
    },
  },
};

describe('what is kept of a work', () => {
  const kept = keptWork(work);

  test('addon.md 3.1: which objects it has and how they fare, not what they are', () => {
    expect(kept.spec!.workload!.manifests).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd', namespace: 'n' },
        spec: { replicas: 0 },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
    ]);
    expect(kept.status!.resourceStatus!.manifests).toMatchObject([
      { resourceMeta: { name: 'd' }, statusFeedback: { values: [{ name: 'ReadyReplicas' }] } },
    ]);
    expect(Object.keys(kept.metadata.annotations!)).toEqual(['open-cluster-management.io/config-spec-hash']);
  });

  test('addon.md 3.1: keeping it twice keeps its hash', () => {
    expect(keptWork(kept)).toEqual(kept);
  });

  test('addon.md 82, 89: whose it is, by owner of whatever version, or by the mark of a hosting cluster', () => {
    const addon = { metadata: { name: 'a', namespace: 'c1' }, spec: {} };
    const users = { metadata: { ...work.metadata, ownerReferences: [] } };
    const hosted = {
      metadata: { ...users.metadata, labels: { ...work.metadata.labels, [label.namespaceOfAddon]: 'c1' } },
    };
    expect([work, users, hosted].map((each) => isMadeFor(addon, each))).toEqual([true, false, true]);
    expect(worksElsewhere([work, users, hosted])).toEqual([hosted]);
  });

  test('addon.md 88: hooks that do not go with their add-on are those that nothing owns, on its cluster and elsewhere', () => {
    const named = (name: string, namespaceOfAddon: string | undefined, isOwned: boolean): ManifestWork => ({
      metadata: {
        name,
        namespace: namespaceOfAddon ? 'h' : 'c1',
        labels: {
          [label.addonName]: 'a',
          ...(namespaceOfAddon && { [label.namespaceOfAddon]: namespaceOfAddon }),
        },
        ...(isOwned && { ownerReferences: work.metadata.ownerReferences }),
      },
    });
    const [foreground, hosted] = [
      named('addon-a-pre-delete', undefined, false),
      named('addon-a-pre-delete-hosting-c1', 'c1', false),
    ];
    const others = [
      named('addon-a-pre-delete', undefined, true),
      named('addon-a-deploy-0', undefined, false),
      named('addon-a-deploy-hosting-c1-0', 'c1', false),
    ];
    const addon = { name: 'a', namespace: 'c1' };
    expect(unownedHooks(addon, [...others, foreground, hosted])).toEqual([foreground, hosted]);
  });
});
