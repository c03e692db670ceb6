import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../../runtime/client/json.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { distinct, overridden, referencesOf, storedReferences } from './references.ts';
import { specHashOf } from './spec-hash.ts';
import { isRenderedFrom, workHashes } from './work-hashes.ts';

describe('the hash of a configuration', () => {
  // As Go's encoding/json and crypto/sha256 have it.
  test.each([
    ['nothing', '{}', '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
    ['an empty spec', '{"spec":{}}', '53aa778a9b137a0ca7ab79937d069870b14440dae5922f51d940ffa4b178d5cb'],
    [
      'characters of HTML, keys out of order',
      '{"spec":{"b":1,"a":"<x>&y"}}',
      'ef263fcd01ea0ec21a5e8ce0286759e3df770b7ff6a3c7377f81da1e6e9679a8',
    ],
    [
      'numbers',
      '{"spec":{"n":9007199254740993,"f":1.5,"e":1e21,"s":1e-7,"t":true,"z":null}}',
      '749560a62a4c256a811c06954c353dc66289d68f8ca386be2fc369bd60c12d8c',
    ],
    [
      'fields beside a spec, control characters',
      '{"data":{"\\u00e9":"\\u2028\\u0007\\b\\f\\u007f","k":["x",{}]},"binaryData":{}}',
      'a0b92e5c22cc217c5fced536565d2fe629dede5f55cd4b0a9e70082f4469846e',
    ],
    [
      'keys that are no letters of UTF-16',
      '{"spec":{"\\ue000":1,"\\ud800\\udc00":2}}',
      '37b9a86fea7e5e587d6af14aa092e62bf9fef312246e117ba3c03b3d2c089e17',
    ],
  ])('addon.md 72: %s', (_, content, hash) => {
    const object = parseJson(content) as object;
    const around = { apiVersion: 'v1', kind: 'K', metadata: { name: 'x' }, status: { seen: true } };
    expect(specHashOf({ ...around, ...object } as KubeObject)).toBe(hash);
  });
});

const config = (resource: string, name: string, namespace?: string) => ({
  group: 'g',
  resource,
  name,
  ...(namespace && { namespace }),
});
const names = (references: { resource: string; name: string }[]) =>
  references.map(({ resource, name }) => `${resource}/${name}`);

describe('references', () => {
  test('addon.md 29, 31: those without a name and those that stand for none are no references', () => {
    const written = [config('b', ''), config('a', '__reserved_no_default__'), config('a', 'x')];
    expect(names(referencesOf(written))).toEqual(['a/x']);
    expect(referencesOf(undefined)).toEqual([]);
  });

  test('addon.md 30, 37 (A9): overrides replace all of their kind; order is that of the spec within a kind', () => {
    const defaults = referencesOf([config('b', '2'), config('a', '9'), config('a', '1')]);
    expect(names(overridden(defaults, []))).toEqual(['a/9', 'a/1', 'b/2']);
    const overrides = referencesOf([config('a', 'z'), config('a', 'y'), config('a', 'z')]);
    expect(names(overridden(defaults, overrides))).toEqual(['a/z', 'a/y', 'b/2']);
  });

  test('addon.md 37: the same name in another namespace is another one', () => {
    const references = referencesOf([config('a', 'x', 'n1'), config('a', 'x', 'n2'), config('a', 'x', 'n1')]);
    expect(distinct([...references, ...references]).map(({ namespace }) => namespace)).toEqual(['n1', 'n2']);
  });

  test('addon.md 4.6 (A14): an entry that does not say what is desired is none', () => {
    expect(storedReferences([{ resource: 'a' }, { resource: 'a', desiredConfig: { name: 'x' } }])).toEqual([
      { group: '', resource: 'a', namespace: '', name: 'x', specHash: '' },
    ]);
  });
});

describe('what a work was rendered from', () => {
  const references = [
    { group: 'g', resource: 'a', namespace: 'n', name: 'x', specHash: '1' },
    { group: '', resource: 'configmaps', namespace: '', name: 'y', specHash: '2' },
  ];

  test('addon.md 83: the annotation names each with its hash', () => {
    expect(workHashes(references)).toBe('{"a.g/n/x":"1","configmaps//y":"2"}');
    expect(workHashes([])).toBeUndefined();
  });

  test.each([
    ['the same, in another order', '{"configmaps//y":"2","a.g/n/x":"1"}', true],
    ['another hash', '{"configmaps//y":"3","a.g/n/x":"1"}', false],
    ['an empty hash', '{"configmaps//y":"","a.g/n/x":"1"}', false],
    ['one less', '{"a.g/n/x":"1"}', false],
    ['another one', '{"configmaps//z":"2","a.g/n/x":"1"}', false],
    ['no annotation', undefined, false],
    ['no JSON', '{', false],
    ['no map', '[]', false],
  ])('addon.md 21: %s', (_, written, matches) => {
    expect(isRenderedFrom(written, references)).toBe(matches);
  });

  test('addon.md 27, 21: without references, and while a hash is not known', () => {
    expect(isRenderedFrom(undefined, [])).toBe(true);
    expect(isRenderedFrom('{}', [])).toBe(true);
    const unknown = [{ ...references[0]!, specHash: '' }];
    expect(isRenderedFrom(workHashes(unknown), unknown)).toBe(false);
  });
});
