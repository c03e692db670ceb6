import { describe, expect, test } from '@jest/globals';
import type { FieldSet, ManagedFieldsEntry, UnknownObject } from '../../../runtime/client/object.ts';
import {
  abandonedPaths,
  formerEntries,
  handedOver,
  isDeclared,
  ownersIn,
  sharingManager,
} from './managed-fields.ts';

const entry = (
  manager: string,
  operation: 'Apply' | 'Update',
  fieldsV1: FieldSet = {},
  rest: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...rest,
});

const object = (
  rest: object,
  managedFields: ManagedFieldsEntry[] = [],
  metadata: object = {},
): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'x', namespace: 'n', managedFields, ...metadata },
  ...rest,
});

describe('records that nobody stands behind any more', () => {
  const declarer = { manager: 'work-agent', appliedWork: 'h-a', others: [] as string[], hasUnknown: false };
  const [own, other] = [sharingManager('h-a'), sharingManager('h-b')];
  test.each<[string, Partial<typeof declarer>, ManagedFieldsEntry[], number[]]>([
    ['those of an update', {}, [entry('work-agent', 'Update'), entry('work-agent', 'Apply')], [0]],
    ['those under another name', {}, [entry('work-agent-b', 'Apply'), entry('kubectl', 'Apply')], [0]],
    ['none of subresources', {}, [entry('work-agent', 'Update', {}, { subresource: 'status' })], []],
    ['none of others', {}, [entry('my-work-agent', 'Update'), entry('hpa', 'Update')], []],
    [
      'while shared, only the own ones',
      { manager: 'work-agent', others: ['h-b'] },
      [entry(own, 'Apply'), entry('work-agent-b', 'Apply'), entry('work-agent', 'Update')],
      [0],
    ],
    [
      'while shared, the common ones once each has his own',
      { manager: own, others: ['h-b'] },
      [entry('work-agent', 'Update'), entry(own, 'Apply'), entry(other, 'Apply')],
      [0],
    ],
    [
      'while shared with works that own nothing, not the common ones',
      { manager: own, hasUnknown: true },
      [entry('work-agent', 'Update'), entry(own, 'Apply')],
      [],
    ],
  ])('%s', (_, change, entries, former) => {
    expect(formerEntries(object({}, entries), { ...declarer, ...change })).toEqual(
      former.map((index) => entries[index]),
    );
  });

  test('are united with what is declared', () => {
    const foreign = entry('kubectl', 'Update', { 'f:z': {} });
    const update = entry('work-agent', 'Update', {
      'f:data': { '.': {}, 'f:a': {} },
      'f:whole': { 'f:x': {} },
    });
    const apply = entry('work-agent', 'Apply', { 'f:data': { 'f:b': {} }, 'f:whole': {} });
    const old = entry('work-agent', 'Update', { 'f:elsewhere': {} }, { apiVersion: 'v0' });
    const live = object({}, [update, foreign, apply, old]);
    const united = entry('work-agent', 'Apply', {
      'f:data': { '.': {}, 'f:a': {}, 'f:b': {} },
      'f:whole': { '.': {}, 'f:x': {} },
    });
    expect(handedOver(live, [update, old], 'work-agent')).toEqual([foreign, united]);
    expect(handedOver(object({}, [update, foreign]), [update], 'work-agent-b')).toEqual([
      foreign,
      entry('work-agent-b', 'Apply', update.fieldsV1),
    ]);
  });

  test('owners that they name', () => {
    const owners = { 'f:metadata': { 'f:ownerReferences': { '.': {}, 'k:{"uid":"1"}': {}, 'k:{': {} } } };
    expect(ownersIn([entry('a', 'Apply', owners), undefined])).toEqual(new Set(['1']));
  });
});

describe('whether declaring once more would change nothing', () => {
  const ports = {
    'f:ports': {
      'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} },
      'k:{"port":53,"protocol":"UDP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
    },
  };
  const livePorts = [
    { port: 80, protocol: 'TCP', nodePort: 1 },
    { port: 53, protocol: 'UDP' },
    { port: 99, protocol: 'TCP' },
  ];
  test.each<[string, boolean, FieldSet, object, object]>([
    ['equal values', true, { 'f:data': { 'f:a': {} } }, { data: { a: 1, theirs: 2 } }, { data: { a: 1 } }],
    ['an edited value', false, { 'f:data': { 'f:a': {} } }, { data: { a: 2 } }, { data: { a: 1 } }],
    ['a field more', false, { 'f:data': { 'f:a': {} } }, { data: { a: 1, b: 1 } }, { data: { a: 1, b: 1 } }],
    [
      'a field less',
      false,
      { 'f:data': { 'f:a': {}, 'f:b': {} } },
      { data: { a: 1, b: 1 } },
      { data: { a: 1 } },
    ],
    ['a lost field', false, { 'f:data': { 'f:a': {} } }, { data: {} }, { data: { a: 1 } }],
    [
      'lists with keys',
      true,
      { 'f:spec': ports },
      { spec: { ports: livePorts } },
      { spec: { ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] } },
    ],
    [
      'lists with keys in another order',
      false,
      { 'f:spec': ports },
      { spec: { ports: livePorts.toReversed() } },
      { spec: { ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] } },
    ],
    [
      'lists with a key less',
      false,
      { 'f:spec': ports },
      { spec: { ports: livePorts } },
      { spec: { ports: [{ port: 80 }] } },
    ],
    ['sets', true, { 'f:s': { 'v:"a"': {} } }, { s: ['b', 'a'] }, { s: ['a'] }],
    ['lists as a whole', false, { 'f:l': {} }, { l: [1, 2] }, { l: [1] }],
    ['an empty map', true, { 'f:e': {} }, { e: {} }, { e: {} }],
    ['an empty map that is gone', false, { 'f:e': {} }, {}, { e: {} }],
    ['exact integers', false, { 'f:i': {} }, { i: 9007199254740993n }, { i: 9007199254740992n }],
  ])('%s: %s', (_, same, set, live, body) => {
    const wish: UnknownObject = { metadata: { name: 'x', namespace: 'n' }, ...body };
    expect(isDeclared(object(live, [entry('m', 'Apply', set)]), wish, 'm')).toBe(same);
    expect(isDeclared(object(live, [entry('m', 'Update', set)]), wish, 'm')).toBe(false);
  });

  test('metadata counts but for the name', () => {
    const set = { 'f:metadata': { 'f:labels': { 'f:a': {} } } };
    const live = object({}, [entry('m', 'Apply', set)], { labels: { a: '1', b: '2' }, uid: 'u' });
    const body = (labels: object): UnknownObject => ({
      metadata: { name: 'x', labels } as UnknownObject['metadata'],
    });
    expect(isDeclared(live, body({ a: '1' }), 'm')).toBe(true);
    expect(isDeclared(live, body({ a: '2' }), 'm')).toBe(false);
  });
});

test('what only the agent has set and the manifest does not name', () => {
  const live = object({}, [
    entry('work-agent', 'Update', {
      'f:metadata': { 'f:labels': { 'f:a': {}, 'f:b': {} }, 'f:ownerReferences': { '.': {} } },
      'f:spec': {
        'f:keep': { 'f:x': {} },
        'f:drop': { 'f:y': {} },
        'f:taken': {},
        'f:list': { 'k:{"n":1}': {} },
      },
      'f:status': { 'f:z': {} },
    }),
    entry('somebody', 'Update', { 'f:spec': { 'f:taken': {} } }),
  ]);
  const body = object({ spec: { keep: { x: 1 }, list: [] } }, [], { labels: { a: '1' } });
  expect(abandonedPaths(live, body)).toEqual([
    ['spec', 'drop'],
    ['metadata', 'labels', 'b'],
  ]);
});
