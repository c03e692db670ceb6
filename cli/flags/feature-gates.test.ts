import { describe, expect, test } from '@jest/globals';
import {
  hubAddonFeatures,
  hubRegistrationFeatures,
  hubWorkFeatures,
  operatorFeatures,
  spokeRegistrationFeatures,
  spokeWorkFeatures,
} from '../../operators/api/features.ts';
import {
  featureGates,
  HUB_ADDON,
  HUB_REGISTRATION,
  HUB_WORK,
  parseGates,
  SPOKE_REGISTRATION,
  SPOKE_WORK,
} from './feature-gates.ts';

test.each([
  [HUB_REGISTRATION, { ...hubRegistrationFeatures, ...operatorFeatures }],
  [HUB_WORK, hubWorkFeatures],
  [HUB_ADDON, hubAddonFeatures],
  [SPOKE_REGISTRATION, { ...spokeRegistrationFeatures, ...operatorFeatures }],
  [SPOKE_WORK, spokeWorkFeatures],
])('the gates are those of the components', (gates, features) => {
  const defaults = Object.fromEntries(Object.entries(gates).map(([name, gate]) => [name, gate.default]));
  expect(defaults).toEqual(features);
});

describe('feature gates (cli.md 7)', () => {
  test('what is on by default is enabled', () => {
    expect(featureGates(HUB_REGISTRATION, {})).toEqual([
      { feature: 'DefaultClusterSet', mode: 'Enable' },
      { feature: 'ResourceCleanup', mode: 'Enable' },
    ]);
    expect(featureGates(HUB_WORK, {})).toEqual([]);
  });

  test('what is switched off against its default is disabled', () => {
    expect(featureGates(HUB_ADDON, { AddonManagement: false })).toEqual([
      { feature: 'AddonManagement', mode: 'Disable' },
    ]);
  });

  test('one more gate on makes three', () => {
    const chosen = parseGates(HUB_REGISTRATION)('ManagedClusterAutoApproval=true');
    expect(featureGates(HUB_REGISTRATION, chosen).map(({ feature }) => feature)).toEqual([
      'DefaultClusterSet',
      'ManagedClusterAutoApproval',
      'ResourceCleanup',
    ]);
  });

  test('MultipleHubs leaves the other defaults on', () => {
    const gates = featureGates(SPOKE_REGISTRATION, parseGates(SPOKE_REGISTRATION)('MultipleHubs=true'));
    expect(gates).toEqual(
      ['AddonManagement', 'ClusterClaim', 'MultipleHubs'].map((feature) => ({ feature, mode: 'Enable' })),
    );
  });

  test('AllAlpha reaches the alpha gates that are not named', () => {
    const parse = parseGates(HUB_REGISTRATION);
    expect(parse('ClusterProfile=false,AllAlpha=true')).toMatchObject({
      ClusterProfile: false,
      ClusterImporter: true,
    });
    expect(parse('AllAlpha=true')).not.toHaveProperty('ResourceCleanup');
  });

  test.each([
    ['Nope=true', 'unrecognized feature gate: Nope'],
    ['DefaultClusterSet=maybe', 'invalid value of DefaultClusterSet: maybe'],
    ['DefaultClusterSet', 'missing bool value for DefaultClusterSet'],
  ])('%s is refused', (value, message) => {
    expect(() => parseGates(HUB_REGISTRATION)(value)).toThrow(message);
  });
});
