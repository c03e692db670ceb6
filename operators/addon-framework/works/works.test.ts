import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ManifestWork } from '../../api/generated/work.ts';
import { manifestSize } from '../../fleet/manifest-size.ts';
import type { Condition, UnknownObject } from '../../runtime/client/object.ts';
import { conditionsAfter } from './applied.ts';
import { hookCondition } from './hooks.ts';
import { identityOf, isOrphaned, isPreDeleteHook, locationOf } from './manifests.ts';
import { deployWorkName, hookWorkName } from './names.ts';
import { packManifests, workLimit } from './pack.ts';

const lastTransitionTime = '2026-01-01T00:00:00Z';
const now = new Date('2026-01-02T00:00:00Z');
const condition = (type: string, status: Condition['status']): Condition => ({
  type,
  status,
  reason: 'x',
  message: '',
  lastTransitionTime,
});

/** A manifest of about so many KiB. */
const manifest = (name: string, kib = 1, metadata: object = {}): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', ...metadata },
  data: { d: 'x'.repeat(kib * 1024) },
});
const nameOf = (index: number) => `work-${index}`;
const packed = (wanted: UnknownObject[], existing: Record<string, UnknownObject[]> = {}) =>
  Object.fromEntries(
    packManifests(
      Object.entries(existing).map(([name, manifests]) => ({ name, manifests })),
      wanted,
      nameOf,
    ).map(({ name, manifests }) => [name, manifests.map(({ metadata }) => metadata.name)]),
  );

describe('sharing manifests out among works', () => {
  test('addon.md 82: small ones make one work, none makes none', () => {
    expect(packed([manifest('a'), manifest('b')])).toEqual({ 'work-0': ['a', 'b'] });
    expect(packed([])).toEqual({});
  });

  test('addon.md 82: more than 400 KiB make two, the largest first', () => {
    expect(packed([manifest('a', 100), manifest('b', 250), manifest('c', 200)])).toEqual({
      'work-0': ['b'],
      'work-1': ['c', 'a'],
    });
  });

  test('addon.md 82: what is in a work stays there, with its new content; what goes leaves room', () => {
    const [a, b, c] = [manifest('a', 300), manifest('b', 300), manifest('c', 50)];
    const existing = { 'work-0': [a, manifest('gone', 90)], 'work-1': [b] };
    expect(packed([a, b, c], existing)).toEqual({ 'work-0': ['a', 'c'], 'work-1': ['b'] });
    const [grown] = packManifests([{ name: 'work-0', manifests: [a] }], [manifest('a', 350)], nameOf);
    expect(manifestSize(grown!.manifests[0])).toBeGreaterThan(350 * 1024);
  });

  test('addon.md 82: a work whose manifests all went is none any more', () => {
    expect(packed([manifest('b')], { 'work-0': [manifest('a')], 'work-1': [manifest('b')] })).toEqual({
      'work-1': ['b'],
    });
  });

  test('addon.md 90a (A24): a further work takes the first name that is free', () => {
    const [a, b] = [manifest('a', 300), manifest('b', 300)];
    expect(packed([a, b, manifest('c', 300)], { 'work-0': [a], 'work-2': [b] })).toEqual({
      'work-0': ['a'],
      'work-1': ['c'],
      'work-2': ['b'],
    });
  });

  test('addon.md 90b (A24): a manifest that fills a work has it for itself, with no empty one before', () => {
    expect(packed([manifest('a', 450), manifest('b')])).toEqual({ 'work-0': ['a'], 'work-1': ['b'] });
    expect(() => packed([manifest('a', 501)])).toThrow(
      /ConfigMap a has \d+ bytes; a ManifestWork holds 512000/,
    );
  });

  test('addon.md 82 (A24): a work that outgrows what the hub takes gives something away', () => {
    const before = [manifest('a', 100), manifest('b', 100)];
    expect(packed([manifest('a', 300), manifest('b', 300)], { 'work-0': before })).toEqual({
      'work-0': ['a'],
      'work-1': ['b'],
    });
  });

  test('addon.md 82: whatever there is, each wanted manifest is in one work, and no work is too large', () => {
    const manifests = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 490 })),
      {
        selector: ([name]) => name,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(manifests, manifests, (before, after) => {
        const of = (list: [number, number][]) => list.map(([name, kib]) => manifest(`m${name}`, kib));
        const existing = packManifests([], of(before), nameOf);
        const result = packManifests(existing, of(after), nameOf);
        const all = result.flatMap(({ manifests: list }) => list.map(identityOf));
        expect(all.toSorted()).toEqual(of(after).map(identityOf).toSorted());
        for (const { manifests: list } of result) {
          const size = list.reduce((sum, each) => sum + manifestSize(each), 0);
          expect(list.length > 0 && (list.length === 1 || size <= 500 * 1024)).toBe(true);
        }
        expect(packManifests(result, of(after), nameOf)).toEqual(result);
      }),
      { numRuns: 15 },
    );
    expect(workLimit).toBe(409_600);
  });
});

describe('where manifests go', () => {
  const key = 'addon.open-cluster-management.io/hosted-manifest-location';
  test.each([
    ['nothing said', {}, 'managed'],
    ['managed', { annotations: { [key]: 'managed' } }, 'managed'],
    ['hosting', { annotations: { [key]: 'hosting' } }, 'hosting'],
    ['none', { annotations: { [key]: 'none' } }, 'none'],
    ['a label, as before', { labels: { [key]: 'hosting' } }, 'hosting'],
  ])('addon.md 84: in Hosted mode, %s', (_, metadata, location) => {
    expect(locationOf(manifest('a', 0, metadata), true)).toBe(location);
    expect(locationOf(manifest('a', 0, metadata), false)).toBe('managed');
  });

  test('addon.md 84: a place that is none', () => {
    const odd = manifest('a', 0, { annotations: { [key]: 'moon' } });
    expect(() => locationOf(odd, true)).toThrow('of ConfigMap a is "moon"');
    expect(locationOf(odd, false)).toBe('managed');
  });

  test('addon.md 84, 88: names of works', () => {
    const place = { addon: 'a', cluster: 'c1', isHosting: false };
    expect([deployWorkName(place, 2), hookWorkName(place)]).toEqual([
      'addon-a-deploy-2',
      'addon-a-pre-delete',
    ]);
    const hosting = { ...place, isHosting: true };
    expect([deployWorkName(hosting, 0), hookWorkName(hosting)]).toEqual([
      'addon-a-deploy-hosting-c1-0',
      'addon-a-pre-delete-hosting-c1',
    ]);
  });

  test('addon.md 83, 88: which are hooks, and which stay', () => {
    const hook = 'addon.open-cluster-management.io/addon-pre-delete';
    const of = (kind: string, metadata: object) => ({ ...manifest('a', 0, metadata), kind });
    expect(isPreDeleteHook(of('Job', { annotations: { [hook]: '' } }))).toBe(true);
    expect(isPreDeleteHook(of('Pod', { labels: { [hook]: '' } }))).toBe(true);
    expect(isPreDeleteHook(of('ConfigMap', { labels: { [hook]: '' } }))).toBe(false);
    expect(isPreDeleteHook(of('Job', {}))).toBe(false);
    const orphan = { annotations: { 'addon.open-cluster-management.io/deletion-orphan': '' } };
    expect([isOrphaned(manifest('a', 0, orphan)), isOrphaned(manifest('a'))]).toEqual([true, false]);
  });
});

describe('what is told of the works', () => {
  const work = (applied?: Condition['status']): ManifestWork => ({
    metadata: { name: 'w' },
    status: { conditions: applied ? [condition('Applied', applied)] : [] },
  });
  const after = (works: ManifestWork[], before: Condition[] = []) =>
    conditionsAfter(before, 'manifestApplied', { works }, now).map(
      ({ type, status, reason, message }) => `${type} ${status} ${reason} ${message}`,
    );
  test.each<[string, ManifestWork[], Condition[], string[]]>([
    ['no manifests', [], [], ['ManifestApplied True AddonManifestApplied no manifest need to apply']],
    ['nothing said yet', [work()], [], []],
    [
      'nothing said yet, and a failure before',
      [work(), work('True')],
      [condition('ManifestApplied', 'False')],
      [],
    ],
    [
      'nothing said yet, and a success before',
      [work()],
      [condition('ManifestApplied', 'True')],
      ['ManifestApplied True x '],
    ],
    [
      'applied',
      [work('True'), work('True')],
      [condition('ManifestApplied', 'False')],
      ['ManifestApplied True AddonManifestApplied manifests of addon are applied successfully'],
    ],
    [
      'not applied',
      [work('True'), work('False')],
      [],
      ['ManifestApplied False AddonManifestAppliedFailed failed to apply the manifests of addon'],
    ],
  ])('addon.md 87: %s', (_, works, before, expected) => {
    expect(after(works, before)).toEqual(expected);
  });

  test('addon.md 87: works that could not be made', () => {
    const failure = { step: 'build manifestwork' as const, cause: 'why' };
    expect(conditionsAfter([], 'hostingManifestApplied', { failure }, now)).toMatchObject([
      {
        type: 'HostingManifestApplied',
        status: 'False',
        reason: 'ManifestWorkApplyFailed',
        message: 'failed to build manifestwork: why',
      },
    ]);
  });
});

describe('hooks', () => {
  const job: UnknownObject = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'n' } };
  const pod: UnknownObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' } };
  const reported = (group: string, resource: string, name: string, value: [string, string]) => ({
    resourceMeta: { group, resource, namespace: 'n', name },
    statusFeedback: {
      values: [{ name: value[0], fieldValue: { type: 'String' as const, string: value[1] } }],
    },
  });
  const said = (available: Condition['status'], jobComplete: string, podPhase: string) =>
    hookCondition(
      {
        metadata: { name: 'addon-a-pre-delete' },
        status: {
          conditions: [condition('Available', available)],
          resourceStatus: {
            manifests: [
              reported('batch', 'jobs', 'j', ['JobComplete', jobComplete]),
              reported('', 'pods', 'p', ['PodPhase', podPhase]),
            ],
          },
        },
      } as ManifestWork,
      [job, pod],
    );

  test('addon.md 88: all have succeeded', () => {
    expect(said('True', 'True', 'Succeeded')).toEqual({
      type: 'HookManifestCompleted',
      status: 'True',
      reason: 'HookManifestIsCompleted',
      message: 'hook manifestWork addon-a-pre-delete is completed.',
    });
  });

  test.each([
    ['not available', said('False', 'True', 'Succeeded'), ''],
    ['a Job that runs', said('True', 'False', 'Succeeded'), ' Job n/j is awaited.'],
    ['a Pod that runs', said('True', 'True', 'Running'), ' Pod n/p is awaited.'],
    [
      'a Pod that failed (A17)',
      said('True', 'False', 'Failed'),
      ' Job n/j is awaited; Pod n/p has failed: delete it to run it again.',
    ],
  ])('addon.md 88: %s', (_, found, why) => {
    expect(found).toMatchObject({
      status: 'False',
      reason: 'HookManifestIsNotCompleted',
      message: `hook manifestWork addon-a-pre-delete is not completed.${why}`,
    });
  });

  test('addon.md 88 (A17): a Job that failed is told, whatever else is said of it', () => {
    const values = ['JobComplete', 'JobFailed'].map((name) => reported('batch', 'jobs', 'j', [name, 'True']));
    const work = (reports: typeof values) =>
      ({
        metadata: { name: 'w' },
        status: {
          conditions: [condition('Available', 'True')],
          resourceStatus: { manifests: reports },
        },
      }) as ManifestWork;
    expect(hookCondition(work(values.slice(1)), [job]).message).toContain('Job n/j has failed: delete it');
    expect(hookCondition(work(values.slice(0, 1)), [job]).status).toBe('True');
  });

  test('addon.md 88: nothing is reported yet', () => {
    const work = { metadata: { name: 'w' }, status: { conditions: [condition('Available', 'True')] } };
    expect(hookCondition(work, [job]).status).toBe('False');
  });
});
