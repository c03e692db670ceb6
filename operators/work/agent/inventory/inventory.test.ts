import { describe, expect, test } from '@jest/globals';
import type { AppliedResource, ResourceMeta } from '../../../api/generated/work.ts';
import type { OwnerReference, UnknownObject } from '../../../runtime/client/object.ts';
import {
  afterPass,
  inOrder,
  intentAnnotations,
  recordedIn,
  staleEntries,
  storable,
  withIntents,
} from './inventory.ts';
import { isLasting, verdictOn } from './remove.ts';

const entry = (name: string, rest: Partial<AppliedResource> = {}): AppliedResource => ({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespace: 'n',
  name,
  uid: `uid-${name}`,
  ...rest,
});
const meta = (name: string, rest: Partial<ResourceMeta> = {}): ResourceMeta => ({
  ordinal: 0,
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespace: 'n',
  name,
  ...rest,
});

describe('what leaves a work', () => {
  test('work.md 2: an entry without a manifest is stale', () => {
    expect(staleEntries([entry('a'), entry('b')], [meta('a')])).toEqual([entry('b')]);
  });

  test('work.md 23: another version of the same resource is not', () => {
    expect(staleEntries([entry('a', { version: 'v1beta1' })], [meta('a')])).toEqual([]);
  });

  test('work.md 126: a manifest of unknown kind keeps what may be its object, and nothing else', () => {
    const unknown = meta('a', { group: 'x.io', kind: 'Thing', resource: undefined });
    const its = entry('a', { group: 'x.io', resource: 'things' });
    const others = [
      entry('a'),
      entry('b', { group: 'x.io', resource: 'things' }),
      entry('a', { group: 'x.io', resource: 'things', namespace: 'm' }),
    ];
    expect(staleEntries([its, ...others], [unknown])).toEqual(others);
  });
});

describe('what is recorded', () => {
  test('work.md 3.3.3: in the order of group, version, resource, namespace and name', () => {
    const sorted = [
      entry('a', { namespace: 'a' }),
      entry('a'),
      entry('b'),
      entry('a', { resource: 'secrets' }),
      entry('a', { group: 'apps' }),
    ];
    expect(inOrder(sorted.toReversed())).toEqual(sorted);
  });

  test('intents come before the objects, once', () => {
    const intent = entry('b', { uid: undefined });
    expect(withIntents([entry('a')], [intent, entry('a', { uid: undefined })])).toEqual([entry('a'), intent]);
    expect(withIntents([entry('a'), entry('b')], [intent])).toBeUndefined();
  });

  test('the first intents travel with the creation, and the status takes their place', () => {
    const annotations = intentAnnotations([entry('a', { uid: undefined })])!;
    const metadata = { name: 'x', annotations };
    expect(recordedIn({ metadata })).toEqual([{ ...entry('a'), uid: undefined }]);
    expect(recordedIn({ metadata, status: { appliedResources: [] } })).toEqual([]);
    const [key] = Object.keys(annotations);
    for (const text of ['{', '{}', '[null, 1, {"name": {}}]'])
      expect(recordedIn({ metadata: { name: 'x', annotations: { [key!]: text } } })).toEqual([]);
    expect(
      intentAnnotations(Array.from({ length: 2000 }, (_, index) => entry(`name-${index}`))),
    ).toBeUndefined();
  });

  test('a list that is too long to be stored is stored without uids', () => {
    const many = (length: number) =>
      Array.from({ length }, (_, index) => entry(`name-${index}`, { uid: '0'.repeat(36) }));
    expect(storable(many(3_000))).toEqual(many(3_000));
    const shorter = storable(many(12_000));
    expect(shorter).toHaveLength(12_000);
    expect(shorter.every(({ uid }) => uid === undefined)).toBe(true);
  });

  test('work.md 22, 24: present objects with their new uid, those on their way out, not those gone', () => {
    const recorded = [entry('kept'), entry('moved'), entry('gone'), entry('going'), entry('denied')];
    const findings = {
      present: [entry('kept'), entry('moved', { uid: 'new', version: 'v2' })],
      absent: [entry('denied')],
      stale: [entry('gone'), entry('going')],
      pending: [entry('going')],
    };
    expect(afterPass(recorded, findings).map(({ name, uid }) => [name, uid])).toEqual([
      ['going', 'uid-going'],
      ['kept', 'uid-kept'],
      ['moved', 'new'],
    ]);
  });
});

describe('what happens to an object that is let go', () => {
  const us: OwnerReference = {
    apiVersion: 'work.open-cluster-management.io/v1',
    kind: 'AppliedManifestWork',
    name: 'us',
    uid: '1',
  };
  const them = { ...us, name: 'them', uid: '2' };
  const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '3' };
  const object = (ownerReferences: OwnerReference[], rest: object = {}): UnknownObject => ({
    metadata: { name: 'a', uid: 'uid-a', ownerReferences, ...rest },
  });
  test.each<[string, UnknownObject, AppliedResource, string]>([
    ['work.md 54: ours', object([us]), entry('a'), 'delete'],
    ["work.md 49: ours and something else's", object([us, other]), entry('a'), 'delete'],
    ["work.md 47: also another work's", object([us, them]), entry('a'), 'disown'],
    ['work.md 50: not ours', object([other]), entry('a'), 'forget'],
    ["work.md 48: another work's alone", object([them]), entry('a'), 'forget'],
    ['work.md 22, 56: made anew by somebody', object([us], { uid: 'new' }), entry('a'), 'forget'],
    ['work.md 24: on its way out', object([us], { deletionTimestamp: 'now' }), entry('a'), 'wait'],
    ['recorded before it was made', object([us]), entry('a', { uid: undefined }), 'delete'],
  ])('%s', (_, live, recorded, expected) => {
    expect(verdictOn(live, recorded, '1')).toBe(expected);
  });

  test.each<[string, UnknownObject, string]>([
    ['ours', object([us]), 'disown'],
    ['ours, on its way out', object([us], { deletionTimestamp: 'now' }), 'disown'],
    ['not ours', object([other]), 'forget'],
  ])('an object that the work wants to leave by now: %s', (_, live, expected) => {
    expect(verdictOn(live, entry('a'), '1', true)).toBe(expected);
  });

  test('namespaces that every cluster has stay', () => {
    const namespace = (name: string, rest: Partial<AppliedResource> = {}) =>
      entry(name, { resource: 'namespaces', namespace: '', ...rest });
    const lasting = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
    expect(lasting.map((name) => isLasting(namespace(name)))).toEqual([true, true, true, true]);
    expect(isLasting(namespace('mine'))).toBe(false);
    expect(isLasting(namespace('default', { group: 'x.io' }))).toBe(false);
    expect(isLasting(entry('default'))).toBe(false);
  });
});
