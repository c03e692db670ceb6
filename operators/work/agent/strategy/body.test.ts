import { describe, expect, test } from '@jest/globals';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { bodyOf, mustRecreate } from './body.ts';

const object = (
  apiVersion: string,
  kind: string,
  rest: object = {},
  metadata: object = {},
): UnknownObject => ({ apiVersion, kind, metadata: { name: 'x', ...metadata }, ...rest });

describe('what Update declares', () => {
  test('null is absence', () => {
    const kind = ['x.io/v1', 'Thing'] as const;
    expect(bodyOf(object(...kind, { spec: { a: null, b: [null, { c: null, d: 1 }] }, e: null }))).toEqual(
      object(...kind, { spec: { b: [null, { d: 1 }] } }),
    );
  });

  test('a status is the cluster’s to write', () => {
    expect(bodyOf(object('x.io/v1', 'Thing', { spec: 1, status: 2 }))).toEqual(
      object('x.io/v1', 'Thing', { spec: 1 }),
    );
  });

  test('work.md 3.5.1: a Secret holds what its stringData says; two words about one key are refused', () => {
    expect(bodyOf(object('v1', 'Secret', { stringData: { a: '1' } }))).toEqual(
      object('v1', 'Secret', { type: 'Opaque', data: { a: 'MQ==' } }),
    );
    expect(() => bodyOf(object('v1', 'Secret', { data: { a: 'MQ==' }, stringData: { a: '2' } }))).toThrow(
      'Secret.stringData["a"] conflicts with Secret.data["a"]',
    );
  });

  test('rules that the cluster aggregates are left to it', () => {
    const kind = ['rbac.authorization.k8s.io/v1', 'ClusterRole'] as const;
    expect(bodyOf(object(...kind, { aggregationRule: { a: 1 }, rules: [] }))).toEqual(
      object(...kind, { aggregationRule: { a: 1 } }),
    );
    expect(bodyOf(object(...kind, { rules: [] }))).toEqual(object(...kind, { rules: [] }));
  });

  test('work.md 29: an empty certificate authority leaves the field to the cluster', () => {
    const kind = ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'] as const;
    const webhooks = (clientConfig: object) => ({ webhooks: [{ name: 'w', clientConfig }] });
    expect(bodyOf(object(...kind, webhooks({ url: 'u', caBundle: '' })))).toEqual(
      object(...kind, webhooks({ url: 'u' })),
    );
    expect(bodyOf(object(...kind, webhooks({ caBundle: 'CA' })))).toEqual(
      object(...kind, webhooks({ caBundle: 'CA' })),
    );
  });

  test('work.md 30: the cluster says which StorageClass is the default', () => {
    const key = 'storageclass.kubernetes.io/is-default-class';
    const wish = object('storage.k8s.io/v1', 'StorageClass', {}, { annotations: { [key]: 'true' } });
    const live = object('storage.k8s.io/v1', 'StorageClass', {}, { annotations: { [key]: 'false' } });
    expect(bodyOf(wish).metadata.annotations).toEqual({ [key]: 'true' });
    expect(bodyOf(wish, live).metadata.annotations).toEqual({ [key]: 'false' });
  });

  test('work.md 3.5.1: an ephemeral CSIDriver needs its label, in the manifest or on the cluster', () => {
    const label = 'security.openshift.io/csi-ephemeral-volume-profile';
    const driver = (labels?: object) =>
      object('storage.k8s.io/v1', 'CSIDriver', { spec: { volumeLifecycleModes: ['Ephemeral'] } }, { labels });
    expect(() => bodyOf(driver())).toThrow('csi-ephemeral-volume-profile; add it');
    expect(bodyOf(driver({ [label]: 'a' }), driver({ [label]: 'b' })).metadata.labels).toEqual({
      [label]: 'b',
    });
  });
});

describe('objects that must be made anew', () => {
  const classOf = (rest: object) =>
    object('storage.k8s.io/v1', 'StorageClass', { provisioner: 'p', ...rest });
  const defaults = { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' };
  const driver = (spec: object) => object('storage.k8s.io/v1', 'CSIDriver', { spec });
  test.each<[string, UnknownObject, UnknownObject, boolean]>([
    [
      'a Secret of another type',
      object('v1', 'Secret', { type: 'a' }),
      object('v1', 'Secret', { type: 'b' }),
      true,
    ],
    ['a Secret without a type', object('v1', 'Secret', { type: 'Opaque' }), object('v1', 'Secret'), false],
    ['a StorageClass with other parameters', classOf(defaults), classOf({ parameters: { a: 'b' } }), true],
    ['a StorageClass that leaves out defaults', classOf(defaults), classOf({}), false],
    [
      'a StorageClass that allows expansion',
      classOf(defaults),
      classOf({ allowVolumeExpansion: true }),
      false,
    ],
    ['an equal CSIDriver', bodyOf(driver({ a: 1 })), driver({ a: 1 }), false],
    ['a CSIDriver with another spec', bodyOf(driver({ a: 1 })), driver({ a: 2 }), true],
    ['any other kind', object('v1', 'ConfigMap', { data: { a: 1 } }), object('v1', 'ConfigMap'), false],
  ])('work.md 27, 30: %s', (_, live, manifest, anew) => {
    expect(mustRecreate(live, bodyOf(manifest, live))).toBe(anew);
  });
});
