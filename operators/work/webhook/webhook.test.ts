import { describe, expect, test } from '@jest/globals';
import { hubWorkFeatures } from '../../api/features.ts';
import type { ManifestWorkExecutor } from '../../api/generated/work.ts';
import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { manifestWorkReplicaSetValidator, manifestWorkValidator } from './handlers.ts';
import { defaultManifestLimit, manifestFault } from './manifests.ts';
import { jsonSize, manifestSize } from '../../fleet/manifest-size.ts';

/** These tests never ask the hub: whoever does fails. */
const client = new Proxy({} as Client, {
  get: () => {
    throw new Error('the hub was asked');
  },
});
const options = {
  client,
  manifestLimit: defaultManifestLimit,
  checksNilExecutor: hubWorkFeatures.NilExecutorValidating,
  allowsReplicaSets: true,
};
const { signal } = new AbortController();

const configMap = (name: string, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
  ...rest,
});
const work = (manifests: unknown, executor?: ManifestWorkExecutor, metadata: object = {}): UnknownObject => ({
  metadata: { name: 'w', namespace: 'cluster1', ...metadata },
  spec: { workload: { manifests }, executor },
});
const request = (
  object?: UnknownObject,
  oldObject?: UnknownObject,
  rest: Partial<AdmissionRequest> = {},
): AdmissionRequest => ({
  uid: '1',
  kind: { group: 'work.open-cluster-management.io', version: 'v1', kind: 'ManifestWork' },
  resource: { group: 'work.open-cluster-management.io', version: 'v1', resource: 'manifestworks' },
  namespace: 'cluster1',
  operation: oldObject ? 'UPDATE' : 'CREATE',
  userInfo: { username: 'u' },
  object,
  oldObject,
  ...rest,
});

const data = (kibibytes: number) => ({ data: { text: 'x'.repeat(kibibytes * 1024) } });

describe('manifests', () => {
  test.each<[string, unknown, string | undefined]>([
    ['none', [], 'manifests should not be empty'],
    ['nothing', undefined, 'manifests should not be empty'],
    ['no list', {}, 'manifests should not be empty'],
    ['one', [configMap('a')], undefined],
    ['no name', [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }], 'name must be set in manifest'],
    ['no metadata', [{ apiVersion: 'v1', kind: 'ConfigMap' }], 'name must be set in manifest'],
    [
      'generateName',
      [configMap('a', { metadata: { name: 'a', generateName: 'b' } })],
      'generateName must not be set in manifest',
    ],
    ['no kind', [{ metadata: { name: 'a' } }], "Object 'Kind' is missing in manifest 0"],
    ['a text', ['x'], 'manifest 0 is not an object'],
    ['null', [null], 'manifest 0 is not an object'],
    [
      'a duplicate',
      [configMap('a'), configMap('a', { data: {} })],
      'duplicate manifest for resource n/a with resource type v1.ConfigMap',
    ],
    [
      'another namespace',
      [configMap('a'), configMap('a', { metadata: { name: 'a', namespace: 'm' } })],
      undefined,
    ],
    ['another kind', [configMap('a'), { ...configMap('a'), kind: 'Secret' }], undefined],
    ['another version', [configMap('a'), { ...configMap('a'), apiVersion: 'v2' }], undefined],
  ])('work.md 101: %s', (_, manifests, expected) => {
    expect(manifestFault(manifests, defaultManifestLimit, 'manifests should not be empty')).toBe(expected);
  });

  test('work.md 101: more than the limit, with what each costs beside its data', () => {
    const manifests = [configMap('a', data(300)), configMap('b', data(200))];
    const size = manifests.reduce(
      (sum, manifest) => sum + Buffer.byteLength(JSON.stringify(manifest)) + 4,
      0,
    );
    expect(manifestFault(manifests, defaultManifestLimit, '')).toBe(
      `the size of manifests is ${size} bytes which exceeds the 512000 limit`,
    );
    expect(
      manifestFault([configMap('a', data(300)), configMap('b', data(199))], defaultManifestLimit, ''),
    ).toBeUndefined();
  });

  test.each([
    ['x'.repeat(125), 127 + 1 + 1],
    ['x'.repeat(126), 128 + 1 + 2],
    ['x'.repeat(16_381), 16_383 + 1 + 2],
    ['x'.repeat(16_382), 16_384 + 1 + 3],
  ])('work.md 8.1: the framing of a manifest (%#)', (value, expected) =>
    expect(manifestSize(value)).toBe(expected),
  );

  test('work.md 8.1: sizes are those of the API server, which escapes more', () => {
    expect(jsonSize('<a>&é\u2028')).toBe('"\\u003ca\\u003e\\u0026'.length + 2 + '\\u2028"'.length);
  });
});

describe('ManifestWork', () => {
  const validate = manifestWorkValidator(options);
  const runner: ManifestWorkExecutor = {
    subject: { type: 'ServiceAccount', serviceAccount: { namespace: 'n', name: 's' } },
  };

  test('work.md 101: a fault is a bad request', async () => {
    expect(await validate(request(work([])), signal)).toEqual({
      allowed: false,
      code: 400,
      reason: 'BadRequest',
      message: 'manifests should not be empty',
    });
  });

  test('work.md 102: without executor and without the gate nobody is asked', async () => {
    expect(await validate(request(work([configMap('a')])), signal)).toEqual({ allowed: true });
  });

  test('work.md 102: an executor that names nobody', async () => {
    const nobody = { subject: { type: 'ServiceAccount' } } as ManifestWorkExecutor;
    expect(await validate(request(work([configMap('a')], nobody)), signal)).toMatchObject({
      code: 400,
      message: 'executor service account can not be nil',
    });
  });

  test('work.md 103: an executor that stays as it is asks nobody', async () => {
    const [old, next] = [work([configMap('a')], runner), work([configMap('b')], runner)];
    expect(await validate(request(next, old), signal)).toEqual({ allowed: true });
  });

  test('work.md 132: a stored work that breaks a rule can still lose its finalizer', async () => {
    const broken = [configMap('a'), configMap('a')];
    const old = work(broken, undefined, { finalizers: ['f'] });
    expect(await validate(request(work(broken), old), signal)).toEqual({ allowed: true });
    expect(await validate(request(work([...broken, configMap('b')]), old), signal)).toMatchObject({
      allowed: false,
    });
  });

  describe('faults A7: an agent that', () => {
    const groups = ['system:open-cluster-management:cluster1', 'system:authenticated'];
    const agent = { userInfo: { username: 'system:open-cluster-management:cluster1:a', groups } };
    const old = work([configMap('a')], undefined, { finalizers: ['f'] });

    test('changes what is to run is refused', async () => {
      expect(await validate(request(work([configMap('b')]), old, agent), signal)).toEqual({
        allowed: false,
        code: 403,
        reason: 'Forbidden',
        message: 'an agent cannot change works of its cluster: have somebody with rights on the hub do it',
      });
    });

    test('takes its finalizer away is not', async () => {
      expect(await validate(request(work([configMap('a')]), old, agent), signal)).toEqual({ allowed: true });
    });

    test.each([
      ['of another cluster', ['system:open-cluster-management:cluster10']],
      ['of an add-on', ['system:open-cluster-management:cluster:cluster1:addon:a']],
    ])('is one %s has what rights it has', async (_, others) => {
      const userInfo = { username: 'u', groups: others };
      const changed = request(work([configMap('b')]), old, { userInfo });
      expect(await validate(changed, signal)).toEqual({ allowed: true });
    });
  });

  test.each<[string, Partial<AdmissionRequest>]>([
    ['a deletion', { operation: 'DELETE' }],
    ['a status', { subResource: 'status', operation: 'UPDATE' }],
  ])('work.md 8.1: %s is always allowed', async (_, rest) => {
    expect(await validate(request(work([]), undefined, rest), signal)).toEqual({ allowed: true });
  });
});

describe('ManifestWorkReplicaSet', () => {
  const set = (manifests: unknown): UnknownObject => ({
    metadata: { name: 's' },
    spec: { manifestWorkTemplate: { workload: { manifests } } },
  });

  test('work.md 104: everything is refused while the feature is off', async () => {
    const validate = manifestWorkReplicaSetValidator({ ...options, allowsReplicaSets: false });
    expect(await validate(request(set([configMap('a')])), signal)).toEqual({
      allowed: false,
      code: 403,
      reason: 'Forbidden',
      message: 'ManifestWorkReplicaSet feature is disabled',
    });
  });

  test('work.md 8.2: the template is checked as a work is', async () => {
    const validate = manifestWorkReplicaSetValidator(options);
    expect(await validate(request(set([])), signal)).toMatchObject({
      code: 400,
      message: 'Workload manifests should not be empty',
    });
    expect(await validate(request(set([configMap('a')])), signal)).toEqual({ allowed: true });
  });
});
