import { describe, expect, test } from '@jest/globals';
import type { EmbeddedObject } from '../../../api/meta.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { manifestsOf } from './manifest.ts';
import { inApplyOrder } from './order.ts';
import { matchesWildcard, optionsFor } from './options.ts';
import { isOwned, withOwner } from './ownership.ts';

const served: Record<string, Resource<UnknownObject>> = {
  'v1/ConfigMap': { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true },
  'v1/Namespace': { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
};
const find = (apiVersion: string, kind: string) => Promise.resolve(served[`${apiVersion}/${kind}`]);
const read = (...manifests: unknown[]) =>
  manifestsOf({ spec: { workload: { manifests: manifests as EmbeddedObject[] } } }, find);

describe('reading manifests', () => {
  test('work.md 15: a uid in the manifest is ignored', async () => {
    const [manifest] = await read({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'n', uid: 'x' },
    });
    expect(manifest!.object!.metadata).toEqual({ name: 'a', namespace: 'n' });
    expect(manifest!.meta).toEqual({
      ordinal: 0,
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'n',
      name: 'a',
      resource: 'configmaps',
    });
  });

  test('work.md 8: a cluster-scoped manifest loses its namespace', async () => {
    const [manifest] = await read({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'a', namespace: 'n' },
    });
    expect(manifest!.object!.metadata).toEqual({ name: 'a' });
    expect(manifest!.meta.namespace).toBe('');
  });

  test.each<[string, unknown, string]>([
    ['no object', null, 'has no kind'],
    ['no kind', { apiVersion: 'v1' }, 'has no kind'],
    ['a kind that is no text', { apiVersion: 'v1', kind: {} }, 'has no kind'],
    ['no apiVersion', { kind: 'ConfigMap', metadata: { name: 'a' } }, 'has no apiVersion'],
    ['no name', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }, 'has no metadata.name'],
    [
      'metadata that is no map',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: [] },
      'has no metadata.name',
    ],
    [
      'no namespace',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
      'has no metadata.namespace',
    ],
    [
      'an unknown kind',
      { apiVersion: 'x.io/v1', kind: 'Thing', metadata: { name: 'a' } },
      'the server doesn\'t have a resource type "Thing"',
    ],
  ])('work.md 12: %s', async (_, raw, message) => {
    const [first, second] = await read(raw, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } });
    expect(first!.error?.message).toContain(message);
    expect(first!.meta.ordinal).toBe(0);
    expect(second!.error).toBeUndefined();
  });

  test('a lookup that fails is the failure of its manifest alone', async () => {
    const failing = (apiVersion: string, kind: string) =>
      kind === 'ConfigMap' ? Promise.reject(new Error('down')) : find(apiVersion, kind);
    const manifests = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } },
    ];
    const [first, second] = await manifestsOf({ spec: { workload: { manifests } } }, failing);
    expect(first!.error?.message).toBe('down');
    expect(second!.error).toBeUndefined();
  });
});

describe('order of application', () => {
  const ordered = (...kinds: (string | undefined)[]) =>
    inApplyOrder(kinds.map((kind) => ({ meta: { kind } }))).map(({ meta }) => meta.kind);

  test('work.md 9: what others depend on comes first', () => {
    expect(
      ordered('Deployment', 'RoleBinding', 'Role', 'ServiceAccount', 'Namespace', 'Service', 'Secret'),
    ).toEqual(['Namespace', 'RoleBinding', 'Role', 'ServiceAccount', 'Secret', 'Service', 'Deployment']);
  });

  test('work.md 11: unknown kinds come last in their own order, what cannot be read after them', () => {
    expect(ordered(undefined, 'Zebra', 'Pod', 'Ape', 'APIService')).toEqual([
      'Pod',
      'APIService',
      'Zebra',
      'Ape',
      undefined,
    ]);
  });
});

describe('options', () => {
  test.each<[string, string, boolean]>([
    ['my-test', 'my-test', true],
    ['my*', 'my-test', true],
    ['*m*', 'my-test', true],
    ['*t', 'my-test', true],
    ['*', 'my-test', true],
    ['*my', 'my-test', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*c', 'a.b.c', true],
    ['a.c', 'abc', false],
    ['a**b', 'ab', true],
    [`${'*a'.repeat(50)}b`, 'a'.repeat(2000), false],
  ])('work.md 35: %s against %s', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  const meta = { ordinal: 0, group: '', resource: 'configmaps', namespace: 'n', name: 'a' };
  const identifier = { group: '', resource: 'configmaps', namespace: '*', name: '*' };

  test('work.md 35: the first matching config wins, field by field', () => {
    const first = { resourceIdentifier: identifier, feedbackRules: [{ type: 'WellKnownStatus' as const }] };
    const second = {
      ...first,
      feedbackRules: [{ type: 'JSONPaths' as const }],
      updateStrategy: { type: 'ReadOnly' as const },
    };
    const other = {
      resourceIdentifier: { ...identifier, group: 'apps' },
      updateStrategy: { type: 'CreateOnly' as const },
    };
    expect(optionsFor([other, first, second], meta)).toEqual({
      feedbackRules: first.feedbackRules,
      updateStrategy: { type: 'ReadOnly' },
    });
    expect(optionsFor(undefined, meta)).toEqual({});
  });
});

test('work.md 73: an identifier that no manifest has changes nothing', () => {
  const meta = { ordinal: 0, group: '', resource: 'configmaps', namespace: 'n', name: 'a' };
  const rest = {
    feedbackRules: [{ type: 'WellKnownStatus' as const }],
    updateStrategy: { type: 'ReadOnly' as const },
    conditionRules: [{ type: 'WellKnownConditions' as const, condition: 'Complete' }],
  };
  const identifier = { group: '', resource: 'configmaps', namespace: 'n', name: 'a' };
  const others = [
    { ...identifier, name: 'b' },
    { ...identifier, namespace: 'other' },
    { ...identifier, resource: 'secrets' },
    { ...identifier, group: 'apps' },
  ].map((resourceIdentifier) => ({ resourceIdentifier, ...rest }));
  expect(optionsFor(others, meta)).toEqual({});
  expect(optionsFor([...others, { resourceIdentifier: identifier, ...rest }], meta)).toEqual(rest);
});

describe('ownership', () => {
  const meta = { ordinal: 0, group: 'apps', resource: 'deployments', namespace: 'n', name: 'a' };
  const rule = { group: 'apps', resource: 'deployments', namespace: 'n', name: 'a' };
  test.each<[string, Parameters<typeof isOwned>[0], boolean]>([
    ['no option', undefined, true],
    ['no policy', {}, true],
    ['Foreground', { propagationPolicy: 'Foreground' }, true],
    ['Orphan', { propagationPolicy: 'Orphan' }, false],
    ['SelectivelyOrphan without rules', { propagationPolicy: 'SelectivelyOrphan' }, true],
    [
      'a rule for it',
      { propagationPolicy: 'SelectivelyOrphan', selectivelyOrphans: { orphaningRules: [rule] } },
      false,
    ],
    [
      'a rule for another namespace',
      {
        propagationPolicy: 'SelectivelyOrphan',
        selectivelyOrphans: { orphaningRules: [{ ...rule, namespace: 'm' }] },
      },
      true,
    ],
    [
      'a rule with a wildcard',
      {
        propagationPolicy: 'SelectivelyOrphan',
        selectivelyOrphans: { orphaningRules: [{ ...rule, name: '*' }] },
      },
      true,
    ],
  ])('work.md 50, 51: %s', (_, option, expected) => expect(isOwned(option, meta)).toBe(expected));

  const ours = {
    apiVersion: 'work.open-cluster-management.io/v1',
    kind: 'AppliedManifestWork',
    name: 'h-w',
    uid: '1',
  };
  const theirs = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '2' };
  const old = { ...ours, uid: '0' };
  test.each([
    ['is added', [theirs], true, [theirs, ours]],
    ['is there', [theirs, ours], true, undefined],
    ['replaces an earlier one of the same name', [old, theirs], true, [ours, theirs]],
    ['is removed', [theirs, ours], false, [theirs]],
    ['is removed in its earlier form', [old], false, []],
    ['is not there', [theirs], false, undefined],
    ['is not there at all', undefined, false, undefined],
  ])('work.md 39: an owner %s', (_, owners, present, expected) => {
    expect(withOwner(owners, { reference: ours, present })).toEqual(expected);
  });
});
