import { describe, expect, test } from '@jest/globals';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { OwnerWish } from '../manifest/ownership.ts';
import { merged, prepared } from './merge.ts';
import { asCreated } from './metadata.ts';
import { SettledWrites } from './settled.ts';

const reference = {
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'AppliedManifestWork',
  name: 'h-w',
  uid: '1',
};
const owned: OwnerWish = { reference, present: true };
const orphaned: OwnerWish = { reference, present: false };

const object = (
  apiVersion: string,
  kind: string,
  rest: object = {},
  metadata: object = {},
): UnknownObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'n', ...metadata },
  ...rest,
});
/** As the API server holds it: with a version, and owned. */
const stored = (apiVersion: string, kind: string, rest: object = {}, metadata: object = {}): UnknownObject =>
  object(apiVersion, kind, rest, {
    uid: 'u',
    resourceVersion: '5',
    ownerReferences: [reference],
    ...metadata,
  });

describe('metadata', () => {
  test('work.md 6, 7: annotations are added, what others put there stays', () => {
    const existing = stored(
      'x.io/v1',
      'Thing',
      { spec: { a: 1 } },
      { annotations: { foo: '1' }, finalizers: ['x.io/f'] },
    );
    const { object: result, changed } = merged(
      existing,
      object('x.io/v1', 'Thing', { spec: { a: 1 } }, { annotations: { foo1: '2' } }),
      owned,
    );
    expect(changed).toBe(true);
    expect(result.metadata).toEqual({ ...existing.metadata, annotations: { foo: '1', foo1: '2' } });
  });

  test('work.md 31: a key that ends in - removes that label, and is not created', () => {
    const required = object('v1', 'ConfigMap', {}, { labels: { 'gone-': '', kept: '1' } });
    const existing = stored('v1', 'ConfigMap', {}, { labels: { gone: '1', other: '2' } });
    expect(merged(existing, required, owned).object.metadata.labels).toEqual({ other: '2', kept: '1' });
    expect(asCreated(required, owned).metadata).toEqual({
      name: 'x',
      namespace: 'n',
      labels: { kept: '1' },
      ownerReferences: [reference],
    });
  });

  test('work.md 133: an object that is orphaned is created without owner', () => {
    expect(
      asCreated(object('monitoring.coreos.com/v1', 'ServiceMonitor'), orphaned).metadata.ownerReferences,
    ).toBeUndefined();
  });

  test('work.md 53: the owner comes and goes with the delete option', () => {
    const existing = stored('v1', 'ConfigMap', { data: { a: '1' } });
    const required = object('v1', 'ConfigMap', { data: { a: '1' } });
    expect(merged(existing, required, owned).changed).toBe(false);
    const { object: result, changed } = merged(existing, required, orphaned);
    expect(changed).toBe(true);
    expect(result.metadata.ownerReferences).toEqual([]);
  });
});

/** Kind, what exists, what is required, what must come of it (undefined: no change). */
type Case = [string, string, string, object, object, object | undefined];

describe('kinds with a way of their own', () => {
  test.each<Case>([
    [
      'a Namespace keeps its spec',
      'v1',
      'Namespace',
      { spec: { finalizers: ['kubernetes'] } },
      {},
      undefined,
    ],
    ['a Pod is not touched', 'v1', 'Pod', { spec: { a: 1 } }, { spec: { a: 2 } }, undefined],
    [
      'a ServiceAccount keeps its secrets',
      'v1',
      'ServiceAccount',
      { secrets: [{ name: 's' }] },
      {},
      undefined,
    ],
    [
      'a ConfigMap has exactly the keys required',
      'v1',
      'ConfigMap',
      { data: { a: '1', b: '2' } },
      { data: { a: '1' } },
      { data: { a: '1' }, binaryData: undefined },
    ],
    [
      'an equal ConfigMap',
      'v1',
      'ConfigMap',
      { data: { a: '1' } },
      { data: { a: '1' }, binaryData: {} },
      undefined,
    ],
    [
      'Role rules are replaced',
      'rbac.authorization.k8s.io/v1',
      'Role',
      { rules: [{ verbs: ['get'] }] },
      { rules: [{ verbs: ['list'] }] },
      { rules: [{ verbs: ['list'] }] },
    ],
    [
      'an aggregated ClusterRole keeps its rules',
      'rbac.authorization.k8s.io/v1',
      'ClusterRole',
      { aggregationRule: { a: 1 }, rules: [1] },
      { aggregationRule: { a: 1 }, rules: [] },
      undefined,
    ],
    [
      'a binding without groups means the usual ones',
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
      },
      { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
      undefined,
    ],
    [
      'a NetworkPolicy has the spec required',
      'networking.k8s.io/v1',
      'NetworkPolicy',
      { spec: { a: 1, b: 2 } },
      { spec: { a: 1 } },
      { spec: { a: 1 } },
    ],
    [
      'a definition is compared with its defaults',
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      {
        spec: {
          names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
          conversion: { strategy: 'None' },
        },
      },
      { spec: { names: { kind: 'Thing', plural: 'things' } } },
      undefined,
    ],
    [
      'a snapshot class has the driver required',
      'snapshot.storage.k8s.io/v1',
      'VolumeSnapshotClass',
      { driver: 'a', deletionPolicy: 'Retain' },
      { driver: 'b', deletionPolicy: 'Retain' },
      { driver: 'b' },
    ],
    [
      'any other kind is written whole, but for its status',
      'apps/v1',
      'Deployment',
      { spec: { replicas: 3, paused: true }, status: { replicas: 3 } },
      { spec: { replicas: 1 } },
      { spec: { replicas: 1 }, status: { replicas: 3 } },
    ],
    [
      'any other kind that is the same',
      'apps/v1',
      'Deployment',
      { spec: { replicas: 1 }, status: { replicas: 3 } },
      { spec: { replicas: 1 } },
      undefined,
    ],
  ])('work.md 3.5.1: %s', (_, apiVersion, kind, existing, required, expected) => {
    const before = stored(apiVersion, kind, existing);
    const result = merged(before, object(apiVersion, kind, required), owned);
    expect(result.changed).toBe(expected !== undefined);
    expect(result.recreate ?? false).toBe(false);
    if (expected) expect(result.object).toEqual({ ...before, ...expected });
  });

  test('work.md 28: an authority that the cluster put into a ConfigMap stays', () => {
    const mark = { labels: { 'config.openshift.io/inject-trusted-cabundle': 'true' } };
    const existing = stored('v1', 'ConfigMap', { data: { 'ca-bundle.crt': 'CA', a: '1' } }, mark);
    expect(merged(existing, object('v1', 'ConfigMap', { data: { a: '1' } }, mark), owned).changed).toBe(
      false,
    );
    const { object: result } = merged(existing, object('v1', 'ConfigMap', { data: { a: '2' } }, mark), owned);
    expect(result.data).toEqual({ 'ca-bundle.crt': 'CA', a: '2' });
  });

  test('work.md 29: an authority that the cluster put into a webhook stays', () => {
    const webhooks = (caBundle?: string, path = '/x') => ({
      webhooks: [{ name: 'w', clientConfig: { ...(caBundle ? { caBundle } : {}), service: { path } } }],
    });
    const kind = ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'] as const;
    expect(merged(stored(...kind, webhooks('CA')), object(...kind, webhooks()), owned).changed).toBe(false);
    expect(
      merged(stored(...kind, webhooks('CA')), object(...kind, webhooks(undefined, '/y')), owned).object,
    ).toMatchObject(webhooks('CA', '/y'));
    expect(
      merged(stored(...kind, webhooks('CA')), object(...kind, webhooks('OURS')), owned).object,
    ).toMatchObject(webhooks('OURS'));
  });

  test('work.md 27: a Secret of another type is made anew; a token keeps what the cluster put there', () => {
    const change = merged(
      stored('v1', 'Secret', { type: 'Opaque', data: { a: 'MQ==' } }),
      object('v1', 'Secret', { type: 'x', stringData: { a: '1' } }),
      owned,
    );
    expect(change).toMatchObject({
      changed: true,
      recreate: true,
      object: { type: 'x', data: { a: 'MQ==' } },
    });
    const token = 'kubernetes.io/service-account-token';
    const existing = stored('v1', 'Secret', { type: token, data: { token: 'VA==', 'ca.crt': 'Q0E=' } });
    expect(merged(existing, object('v1', 'Secret', { type: token }), owned).changed).toBe(false);
    expect(
      merged(existing, object('v1', 'Secret', { type: token, data: { extra: 'eA==' } }), owned).object.data,
    ).toEqual({
      token: 'VA==',
      'ca.crt': 'Q0E=',
      extra: 'eA==',
    });
  });

  test('work.md 3.5.1: a Secret that says two things about one key', () => {
    const secret = object('v1', 'Secret', { data: { a: 'MQ==' }, stringData: { a: '2' } });
    expect(() => prepared(secret)).toThrow('Secret.stringData["a"] conflicts with Secret.data["a"]');
    expect(prepared(object('v1', 'Secret', { stringData: { a: '1' } }))).toMatchObject({
      type: 'Opaque',
      data: { a: 'MQ==' },
    });
  });

  test('work.md 30: a StorageClass with other parameters is made anew, and stays the default', () => {
    const kind = ['storage.k8s.io/v1', 'StorageClass'] as const;
    const fields = (rest: object = {}) => ({ provisioner: 'p', ...rest });
    const defaults = { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' };
    const key = 'storageclass.kubernetes.io/is-default-class';
    const existing = stored(...kind, fields(defaults), { annotations: { [key]: 'false' } });
    expect(
      merged(existing, object(...kind, fields(), { annotations: { [key]: 'true' } }), owned),
    ).toMatchObject({ changed: false, recreate: false });
    expect(merged(existing, object(...kind, fields({ allowVolumeExpansion: true })), owned)).toMatchObject({
      changed: true,
      recreate: false,
    });
    const anew = merged(existing, object(...kind, fields({ parameters: { a: 'b' } })), owned);
    expect(anew).toMatchObject({
      changed: true,
      recreate: true,
      object: { metadata: { annotations: { [key]: 'false' } } },
    });
  });

  test('work.md 3.5.1: a Service is replaced when spec, selector or type differ', () => {
    const desired = object('v1', 'Service', { spec: { selector: { a: 'b' }, ports: [{ port: 80 }] } });
    const { annotations } = prepared(desired).metadata;
    const live = {
      selector: { a: 'b' },
      ports: [{ port: 80, protocol: 'TCP' }],
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
    };
    const existing = stored('v1', 'Service', { spec: live }, { annotations });
    expect(merged(existing, desired, owned).changed).toBe(false);
    const edited = stored(
      'v1',
      'Service',
      { spec: { ...live, ports: [{ port: 81, protocol: 'TCP' }] } },
      { annotations },
    );
    expect(merged(edited, desired, owned)).toMatchObject({ changed: true, object: { spec: desired.spec } });
    expect(merged(existing, object('v1', 'Service', { spec: { selector: { a: 'c' } } }), owned).changed).toBe(
      true,
    );
  });

  test('work.md 3.5.1: a CSIDriver with another spec is made anew; ephemeral ones need their label', () => {
    const kind = ['storage.k8s.io/v1', 'CSIDriver'] as const;
    const desired = object(...kind, { spec: { attachRequired: true } });
    const existing = stored(
      ...kind,
      { spec: { attachRequired: true } },
      { annotations: prepared(desired).metadata.annotations },
    );
    expect(merged(existing, desired, owned).changed).toBe(false);
    expect(merged(existing, object(...kind, { spec: { attachRequired: false } }), owned)).toMatchObject({
      changed: true,
      recreate: true,
    });
    expect(() => prepared(object(...kind, { spec: { volumeLifecycleModes: ['Ephemeral'] } }))).toThrow(
      'csi-ephemeral-volume-profile; add it',
    );
  });

  test('work.md 125: what the cluster fills into a Job or a claim is kept', () => {
    const template = (labels?: object) => ({ metadata: labels ? { labels } : {}, spec: { a: 1 } });
    const job = stored('batch/v1', 'Job', {
      spec: {
        selector: { matchLabels: { 'controller-uid': '7' } },
        template: template({ 'controller-uid': '7', app: 'j' }),
      },
    });
    expect(
      merged(job, object('batch/v1', 'Job', { spec: { template: template({ app: 'j' }) } }), owned).changed,
    ).toBe(false);
    const claim = stored('v1', 'PersistentVolumeClaim', {
      spec: { accessModes: ['RWO'], volumeName: 'pv', storageClassName: 'std', volumeMode: 'Filesystem' },
    });
    expect(
      merged(claim, object('v1', 'PersistentVolumeClaim', { spec: { accessModes: ['RWO'] } }), owned).changed,
    ).toBe(false);
  });
});

describe('settled writes', () => {
  const write = {
    key: 'k',
    object: object('apps/v1', 'Deployment', { spec: { replicas: 1 } }, { labels: { a: '1' } }),
    owner: owned,
  };
  const became = stored(
    'apps/v1',
    'Deployment',
    { spec: { replicas: 1, defaulted: true } },
    { labels: { a: '1', other: 'x' } },
  );

  test('a write that would repeat the last one is left out, whatever others keep beside it', () => {
    const settled = new SettledWrites();
    expect(settled.has(write, became)).toBe(false);
    settled.record(write, became);
    expect(settled.has(write, became)).toBe(true);
    const later = {
      ...became,
      status: { replicas: 1 },
      metadata: { ...became.metadata, resourceVersion: '9', annotations: { revision: '2' } },
    };
    expect(settled.has(write, later)).toBe(true);
  });

  test.each<[string, Partial<UnknownObject>]>([
    ['an edited field', { spec: { replicas: 2, defaulted: true } }],
    ['an edited label of the manifest', { metadata: { ...became.metadata, labels: { a: '2' } } }],
    ['a lost owner', { metadata: { ...became.metadata, ownerReferences: [] } }],
  ])('%s is written again', (_, edit) => {
    const settled = new SettledWrites();
    settled.record(write, became);
    expect(settled.has(write, { ...became, ...edit } as UnknownObject)).toBe(false);
  });

  test('work.md 13, 4: what is forgotten takes no memory', () => {
    const settled = new SettledWrites();
    settled.record(write, became);
    settled.forget('k');
    expect(settled.size).toBe(0);
  });
});
