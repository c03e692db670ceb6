import { describe, expect, test } from '@jest/globals';
import {
  hubAddonFeatures,
  hubPlacementFeatures,
  hubRegistrationFeatures,
  hubWorkFeatures,
  spokeRegistrationFeatures,
  spokeWorkFeatures,
} from '../api/features.ts';
import type { Client } from '../runtime/client/client.ts';
import { renderKubeconfig } from '../runtime/client/kubeconfig.ts';
import type { Secret, ServiceAccount } from '../runtime/client/kubernetes.ts';
import type { Logger } from '../runtime/process/logger.ts';
import { decideGates, isFeatureOn, validFeatureGates } from './feature-gates.ts';
import { renewalTime, usableToken } from './kubeconfig-secret.ts';
import { determineReplicas, replicasFor } from './replicas.ts';
import { connectionOfSecret } from './secret-connection.ts';
import { encode } from './secret.ts';
import { copiedAnnotation, copyOf } from './sync-secret.ts';

const secretOf = (data: Record<string, string>, more: Partial<Secret> = {}): Secret => ({
  metadata: { name: 'source', namespace: 'ns' },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])),
  ...more,
});

describe('feature gates (operator.md 47, 103)', () => {
  test.each([
    ['unset', undefined, [], []],
    ['enabled as by default', [{ feature: 'ClusterClaim', mode: 'Enable' }], [], []],
    ['disabled', [{ feature: 'ClusterClaim', mode: 'Disable' }], ['--feature-gates=ClusterClaim=false'], []],
    ['enabled', [{ feature: 'MultipleHubs', mode: 'Enable' }], ['--feature-gates=MultipleHubs=true'], []],
    ['without a mode', [{ feature: 'ClusterClaim' }], ['--feature-gates=ClusterClaim=false'], []],
    ['unknown', [{ feature: 'NoSuch', mode: 'Enable' }], [], ['NoSuch']],
    ['a name of every object', [{ feature: 'toString', mode: 'Enable' }], [], ['toString']],
    [
      'several, in their order',
      [
        { feature: 'MultipleHubs', mode: 'Enable' },
        { feature: 'X', mode: 'Enable' },
        { feature: 'AddonManagement', mode: 'Disable' },
      ],
      ['--feature-gates=MultipleHubs=true', '--feature-gates=AddonManagement=false'],
      ['X'],
    ],
  ])('%s', (_, gates, flags, unknown) => {
    expect(decideGates(gates, spokeRegistrationFeatures)).toEqual({ flags, unknown });
  });

  const hubRegistration = {
    DefaultClusterSet: true,
    V1beta1CSRAPICompatibility: false,
    ManagedClusterAutoApproval: false,
    ResourceCleanup: true,
    ClusterProfile: false,
    ClusterImporter: false,
  };
  const hubWork = {
    NilExecutorValidating: false,
    ManifestWorkReplicaSet: false,
    CleanUpCompletedManifestWork: false,
    CloudEventsDrivers: false,
  };
  const spokeRegistration = {
    ClusterClaim: true,
    ClusterProperty: false,
    AddonManagement: true,
    V1beta1CSRAPICompatibility: false,
    MultipleHubs: false,
  };
  const spokeWork = { ExecutorValidatingCaches: false, RawFeedbackJsonString: false };
  test.each<[string, Record<string, boolean>, Record<string, boolean>]>([
    ['hub registration', hubRegistrationFeatures, hubRegistration],
    ['hub work', hubWorkFeatures, hubWork],
    ['hub add-on', hubAddonFeatures, { AddonManagement: true }],
    ['hub placement', hubPlacementFeatures, { PlacementDebugServer: false }],
    ['spoke registration', spokeRegistrationFeatures, spokeRegistration],
    ['spoke work', spokeWorkFeatures, spokeWork],
  ])('operator.md 47: every gate of %s, by its default', (_, features, table) => {
    expect(features).toEqual(table);
    for (const [feature, isOnByDefault] of Object.entries(table)) {
      const flagsOf = (mode: string) => decideGates([{ feature, mode }], features);
      const [same, other] = isOnByDefault ? ['Enable', 'Disable'] : ['Disable', 'Enable'];
      expect(flagsOf(same)).toEqual({ flags: [], unknown: [] });
      expect(flagsOf(other)).toEqual({
        flags: [`--feature-gates=${feature}=${!isOnByDefault}`],
        unknown: [],
      });
      expect(isFeatureOn(undefined, features, feature)).toBe(isOnByDefault);
      expect(isFeatureOn([{ feature, mode: other }], features, feature)).toBe(!isOnByDefault);
    }
  });

  test('the first entry decides', () => {
    const gates = [
      { feature: 'ClusterProfile', mode: 'Enable' },
      { feature: 'ClusterProfile', mode: 'Disable' },
    ];
    expect(isFeatureOn(gates, hubRegistrationFeatures, 'ClusterProfile')).toBe(true);
    expect(isFeatureOn(gates, hubRegistrationFeatures, 'ResourceCleanup')).toBe(true);
  });

  test('the condition names each component and gate', () => {
    expect(validFeatureGates({ Registration: [], Work: [] })).toMatchObject({
      status: 'True',
      reason: 'FeatureGatesAllValid',
    });
    const invalid = validFeatureGates({ Registration: ['A', 'B'], Work: ['C'] });
    expect(invalid).toMatchObject({ status: 'False', reason: 'InvalidFeatureGatesExisting' });
    expect(invalid.message).toContain('Registration: [A B]; Work: [C]');
  });
});

test.each([
  [0, 1],
  [1, 1],
  [2, 3],
  [3, 3],
  [undefined, 3],
])('%s control-plane nodes → %d replicas (operator.md 49)', (nodes, expected) => {
  expect(replicasFor(nodes)).toBe(expected);
});

test.each([
  ['forced by the flag', { forced: 5, hosted: false }, 5],
  ['forced by the flag, Hosted', { forced: 5, hosted: true }, 5],
  ['Hosted', { forced: 0, hosted: true }, 1],
])('replicas %s are not asked for (operator.md 49)', async (_, options, expected) => {
  // No request is made, so that there is nobody to make it.
  const nobody = {} as Client;
  const log = {} as Logger;
  expect(await determineReplicas(nobody, { ...options, selector: 'x' }, log)).toBe(expected);
});

describe('connectionOfSecret (operator.md 56)', () => {
  const server = 'https://hub.example.com:6443';
  test('uses what is embedded', () => {
    const kubeconfig = renderKubeconfig({ server, caData: 'ca', token: 't' });
    expect(connectionOfSecret(secretOf({ kubeconfig }))).toMatchObject({ server, caData: 'ca', token: 't' });
  });

  test('takes the certificate from the secret in place of files', () => {
    const kubeconfig = renderKubeconfig({ server, certFile: 'tls.crt', keyFile: 'tls.key' });
    const found = connectionOfSecret(secretOf({ kubeconfig, 'tls.crt': 'cert', 'tls.key': 'key' }));
    expect(found).toMatchObject({ certData: 'cert', keyData: 'key' });
    expect(found).not.toHaveProperty('certFile');
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['without a kubeconfig', {}, /Secret ns\/source has no key "kubeconfig"/],
    ['with broken YAML', { kubeconfig: 'clusters: [' }, /Secret ns\/source is neither YAML nor JSON/],
    [
      'that names a token of the operator',
      {
        kubeconfig: renderKubeconfig({
          server: 'https://attacker.example.com',
          tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
        }),
      },
      /tokenFile names the file .* which the secret does not hold/,
    ],
    [
      'that names a certificate it does not hold',
      { kubeconfig: renderKubeconfig({ server, certFile: 'a.crt', keyFile: 'a.key' }) },
      /client-certificate names the file/,
    ],
    [
      'that wants a program run',
      { kubeconfig: renderKubeconfig({ server, exec: { exec: { command: 'sh' } } }) },
      /exec plugin or auth provider, which is not run here/,
    ],
  ])('refuses one %s', (_, data, expected) => {
    expect(() => connectionOfSecret(secretOf(data))).toThrow(expected);
  });
});

describe('copies of secrets (operator.md 128)', () => {
  const target = { name: 'copy', namespace: 'there' };
  test('carry type, data and where they are from', () => {
    const source = secretOf({ a: '1' }, { type: 'kubernetes.io/dockerconfigjson' });
    source.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' };
    source.metadata.labels = { l: 'v' };
    expect(copyOf(source, target, { by: 'us' })).toMatchObject({
      type: 'kubernetes.io/dockerconfigjson',
      data: source.data,
      metadata: {
        ...target,
        labels: { l: 'v', by: 'us' },
        annotations: { mine: 'yes', [copiedAnnotation]: 'ns/source' },
      },
    });
    expect(copyOf(source, target).metadata.annotations).not.toHaveProperty(
      'kubectl.kubernetes.io/last-applied-configuration',
    );
  });

  test('of tokens are plain secrets, and wait for the token', () => {
    const type = 'kubernetes.io/service-account-token';
    const annotations = {
      'kubernetes.io/service-account.name': 'a',
      'kubernetes.io/service-account.uid': 'u',
    };
    const metadata = { name: 'source', namespace: 'ns', annotations };
    const copy = copyOf(secretOf({ token: 't' }, { type, metadata }), target);
    expect(copy.type).toBe('Opaque');
    expect(Object.keys(copy.metadata.annotations ?? {})).toEqual([copiedAnnotation]);
    expect(() => copyOf(secretOf({}, { type, metadata }), target)).toThrow(/has no token yet/);
  });
});

describe('tokens of kubeconfig secrets (operator.md 57, D20)', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const hours = (count: number) => count * 3_600_000;
  const jwt = (issued: number) =>
    ['h', Buffer.from(JSON.stringify({ iat: issued / 1000 })).toString('base64url'), 's'].join('.');
  const at = (time: number) => new Date(time).toISOString();

  test.each([
    ['8640 h granted', jwt(now), at(now + hours(8640)), now + hours(8640 - 1728)],
    ['capped to an hour', jwt(now), at(now + hours(1)), now + hours(0.8)],
    ['of unknown age', 'opaque', at(now + hours(8640)), now + hours(8640 - 1728)],
    ['with an unreadable end', jwt(now), 'soon', 0],
    ['without an end', jwt(now), undefined, Infinity],
  ])('%s', (_, token, expiration, expected) => {
    expect(renewalTime({ token, expiration })).toBe(expected);
  });

  const account: ServiceAccount = { metadata: { name: 'sa', namespace: 'ns', uid: 'u1' } };
  const held = {
    token: jwt(now),
    expiration: at(now + hours(1)),
    serviceaccount_name: 'sa',
    serviceaccount_namespace: 'ns',
    serviceaccount_uid: 'u1',
  };
  test.each([
    ['fresh', {}, 0, true],
    ['a fifth left', {}, hours(0.81), false],
    ['of an account that was made anew', { serviceaccount_uid: 'u0' }, 0, false],
    ['of another account', { serviceaccount_name: 'other' }, 0, false],
    ['without a token', { token: '' }, 0, false],
    ['unreadable end', { expiration: 'x' }, 0, false],
  ])('%s: kept %s', (_, change, later, expected) => {
    expect(usableToken(secretOf({ ...held, ...change }), account, now + later) !== undefined).toBe(expected);
  });
});
