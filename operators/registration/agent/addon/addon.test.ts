import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../../api/generated/addon.ts';
import { addonAvailability } from './addon-lease-controller.ts';
import { registrationsOf, stampDriver } from './registrations.ts';
import { accountUidIn, readToken, refreshAt } from './token.ts';

const addonOf = (status: ManagedClusterAddOn['status'], annotations = {}): ManagedClusterAddOn => ({
  metadata: { name: 'a', namespace: 'c1', annotations },
  spec: {},
  status,
});

const only = (entry: object, status = {}, annotations = {}) =>
  registrationsOf(addonOf({ registrations: [entry as never], ...status }, annotations), 'c1');

describe('registrations', () => {
  test('registration.md 124: none ask for nothing', () => {
    expect(registrationsOf(addonOf(undefined), 'c1')).toEqual({ registrations: [], skipped: [] });
  });

  test('registration.md 125, 133: a kubeClient with its defaults', () => {
    expect(only({ type: 'kubeClient', kubeClient: {} }).registrations[0]).toMatchObject({
      addon: 'a',
      type: 'kubeClient',
      secretName: 'a-hub-kubeconfig',
      installNamespace: 'open-cluster-management-agent-addon',
      hosted: false,
      driver: 'csr',
      signerName: 'kubernetes.io/kube-apiserver-client',
      subject: {
        commonName: 'system:open-cluster-management:cluster:c1:addon:a:agent:a',
        organizations: ['system:open-cluster-management:cluster:c1:addon:a'],
      },
    });
  });

  test('registration.md 126, 133: a custom signer', () => {
    const customSigner = {
      signerName: 'example.com/sign/er',
      subject: { groups: ['g'], organizationUnits: ['ou'] },
    };
    expect(only({ type: 'customSigner', customSigner }).registrations[0]).toMatchObject({
      secretName: 'a-example.com-sign-er-client-cert',
      signerName: 'example.com/sign/er',
      withKubeconfig: false,
      subject: {
        commonName: 'system:open-cluster-management:cluster:c1:addon:a:agent:a',
        organizations: ['g'],
        organizationalUnits: ['ou'],
      },
    });
  });

  test('registration.md 133: a kubeClient with the token driver', () => {
    expect(only({ type: 'kubeClient', kubeClient: { driver: 'token' } }).registrations[0]).toMatchObject({
      driver: 'token',
      subject: { commonName: 'system:serviceaccount:c1:a-agent', organizations: [] },
    });
  });

  test.each([
    { type: 'kubeClient' },
    { type: 'customSigner' },
    { type: 'customSigner', customSigner: { signerName: '' } },
    { type: 'other' },
  ])('registration.md 133: %j is left out', (entry) => {
    expect(only(entry)).toEqual({ registrations: [], skipped: [entry.type] });
  });

  test('registration.md 128, 132: namespace, host and subject make another credential', () => {
    const entry = { type: 'kubeClient', kubeClient: {} };
    const keys = [
      only(entry),
      only(entry, { namespace: 'other' }),
      only(entry, {}, { 'addon.open-cluster-management.io/hosting-cluster-name': 'host' }),
      only(entry, {}, { 'addon.open-cluster-management.io/v1alpha1-install-namespace': 'old' }),
      only({ type: 'kubeClient', kubeClient: { subject: { user: 'u' } } }),
    ].map(({ registrations }) => registrations[0]!.key);
    expect(new Set(keys).size).toBe(5);
    expect(only(entry).registrations[0]!.key).toBe(keys[0]);
  });
});

describe('the driver stamp', () => {
  const stamp = (kubeClient: object | undefined, driver: string) =>
    stampDriver([{ type: 'kubeClient', kubeClient }], driver, 'c1', 'a');

  test('registration.md 134: once, on the first kubeClient', () => {
    const stamped = stamp({ driver: 'csr' }, 'token');
    expect(stamped).toEqual([
      {
        type: 'kubeClient',
        kubeClient: { driver: 'token', subject: { user: 'system:serviceaccount:c1:a-agent' } },
      },
    ]);
    expect(stampDriver(stamped, 'token', 'c1', 'a')).toBe(stamped);
  });

  test('registration.md 134: a missing kubeClient is made', () => {
    expect(stamp(undefined, 'csr')).toEqual([{ type: 'kubeClient', kubeClient: { driver: 'csr' } }]);
  });

  test('no kubeClient needs none', () => {
    const registrations = [{ type: 'customSigner' as const }];
    expect(stampDriver(registrations, 'csr', 'c1', 'a')).toBe(registrations);
  });
});

describe('tokens', () => {
  const now = new Date(1_000_000);
  const token = (claims: object) =>
    ['h', Buffer.from(JSON.stringify(claims)).toString('base64url'), 's'].join('.');
  const account = { 'kubernetes.io': { serviceaccount: { uid: 'u' } } };

  test('registration.md 135: one with much life left stays until a fifth is left', () => {
    expect(refreshAt(token({ iat: 900, exp: 1_900, ...account }), 'u', now)).toEqual(new Date(1_700_000));
  });

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['no JSON', 'a.!!.c'],
    ['no exp', token({ iat: 900, ...account })],
    ['no iat', token({ exp: 1_900, ...account })],
    ['no life', token({ iat: 1_900, exp: 1_900, ...account })],
    ['expired', token({ iat: 100, exp: 900, ...account })],
    ['a fifth left', token({ iat: 200, exp: 1_200, ...account })],
    ['another account', token({ iat: 900, exp: 1_900, 'kubernetes.io': { serviceaccount: { uid: 'x' } } })],
  ])('registration.md 136: %s is replaced', (_what, text) => {
    expect(refreshAt(text, 'u', now)).toBeUndefined();
  });

  test('registration.md 136: the UID stands in the message', () => {
    expect(accountUidIn('ServiceAccount c1/a-agent (UID: 12-34) is ready')).toBe('12-34');
    expect(() => accountUidIn('ready')).toThrow('names no UID');
    expect(readToken('x')).toBeUndefined();
  });
});

describe('leases of add-ons', () => {
  const lease = (renewTime: string) => ({ metadata: { name: 'a' }, spec: { renewTime } });
  const renewed = '2026-01-01T00:00:00.000000Z';
  const at = Date.parse(renewed);

  test.each([
    ['no lease', undefined, at, 'Unknown', 'ManagedClusterAddOnLeaseNotFound'],
    ['a fresh lease', lease(renewed), at + 299_999, 'True', 'ManagedClusterAddOnLeaseUpdated'],
    ['an old lease', lease(renewed), at + 300_000, 'False', 'ManagedClusterAddOnLeaseUpdateStopped'],
  ])('registration.md 138; addon.md 108: %s', (_what, present, now, status, reason) => {
    expect(addonAvailability('a', present, now)).toMatchObject({ type: 'Available', status, reason });
  });

  test.each([
    [undefined, 'The status of a add-on is unknown.'],
    ['', 'The status of a add-on is unknown.'],
    [
      'h"1',
      'The status of a add-on is unknown. No lease found on hosting cluster "h\\"1"; verify it matches the cluster where this managed cluster\'s klusterlet actually runs.',
    ],
  ])('since-1.3.1.md 84: no lease, with hosting cluster %j', (hosting, message) => {
    expect(addonAvailability('a', undefined, at, hosting)).toMatchObject({ status: 'Unknown', message });
  });
});
