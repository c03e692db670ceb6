import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Klusterlet } from '../../operators/api/index.ts';
import type { JsonMap } from '../../operators/runtime/client/json.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { inversePatch } from './merge-patch.ts';
import { nextRecord, readRecord, RECORD } from './record.ts';

/** RFC 7386 as an API server does it. */
const merged = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: JsonMap = isObject ? { ...(target as JsonMap) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
};

/** Objects of an API server: without nulls. */
const stored = fc
  .letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.integer({ max: 3, min: 0 }),
      fc.array(fc.integer({ max: 2, min: 0 }), { maxLength: 2 }),
      tie('map'),
    ),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('node')),
  }))
  .map.map((value) => value as JsonMap);
const patches = fc
  .letrec((tie) => ({
    node: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.integer({ max: 3, min: 0 }), tie('map')),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('node')),
  }))
  .map.map((value) => value as JsonMap);

describe('cli.md 9, 21: what an upgrade was before', () => {
  test('a patch and its inverse leave an object as it was', () => {
    fc.assert(
      fc.property(stored, patches, (before, patch) => {
        const after = merged(before, patch);
        expect(merged(after, inversePatch(before, patch))).toEqual(before);
      }),
    );
  });

  test('what a patch does not change is not taken back', () => {
    const before = { a: { x: 1, y: 1 }, b: 2 };
    expect(inversePatch(before, { a: { x: 2, y: 1 }, b: 2, c: { n: 1 } })).toEqual({ a: { x: 1 }, c: null });
  });

  const klusterlet = (spec: object, annotations?: Record<string, string>): Klusterlet => ({
    metadata: { name: 'klusterlet', ...(annotations && { annotations }) },
    spec,
  });
  const operator = (image: string): Deployment => ({
    metadata: { name: 'klusterlet' },
    spec: { template: { spec: { containers: [{ name: 'klusterlet', image }] } } } as Deployment['spec'],
  });
  const before = klusterlet({ workImagePullSpec: 'work:1', clusterName: 'c1' });
  const wanted = { workImagePullSpec: 'work:2', clusterName: 'c1' };

  test('fields, Pods of the operator and the permission to go back are recorded', () => {
    const record = nextRecord(before, operator('op:1'), wanted, 'op:2');
    expect(record).toEqual({
      target: 'op:2',
      spec: { workImagePullSpec: 'work:1' },
      operator: operator('op:1').spec!.template,
    });
    expect(readRecord(klusterlet({}, { [RECORD]: JSON.stringify(record) }))).toEqual(record);
  });

  test('an upgrade that changes nothing leaves the record of the one before', () => {
    expect(nextRecord(before, operator('op:1'), { clusterName: 'c1' }, 'op:1')).toBeUndefined();
    expect(nextRecord(before, undefined, { clusterName: 'c1' }, 'op:1')).toBeUndefined();
  });

  test('one that goes on keeps what was before its beginning', () => {
    const begun = nextRecord(before, operator('op:1'), wanted, 'op:2');
    const half = klusterlet(
      { workImagePullSpec: 'work:1', clusterName: 'c1' },
      { [RECORD]: JSON.stringify(begun) },
    );
    // The operator is the new one already.
    expect(nextRecord(half, operator('op:2'), wanted, 'op:2')).toBeUndefined();
    const done = klusterlet({ ...wanted, nodePlacement: { a: 1 } }, { [RECORD]: JSON.stringify(begun) });
    expect(nextRecord(done, operator('op:2'), { nodePlacement: { a: 2, b: 1 } }, 'op:2')).toEqual({
      ...begun,
      spec: { workImagePullSpec: 'work:1', nodePlacement: { a: 1, b: null } },
    });
    expect(nextRecord(done, operator('op:2'), { workImagePullSpec: 'work:3' }, 'op:3')).toEqual({
      target: 'op:3',
      spec: { workImagePullSpec: 'work:2' },
      operator: operator('op:2').spec!.template,
    });
  });

  test.each([
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"target":1,"spec":{}}',
    '{"target":"a","spec":[]}',
    '{"target":"a","spec":{},"operator":1}',
  ])('what somebody wrote there is no record: %j', (text) =>
    expect(readRecord(klusterlet({}, { [RECORD]: text }))).toBeUndefined(),
  );
});
