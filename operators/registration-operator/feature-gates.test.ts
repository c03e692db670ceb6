import { describe, expect, test } from '@jest/globals';
import {
  hubAddonFeatures,
  hubPlacementFeatures,
  hubRegistrationFeatures,
  hubWorkFeatures,
  spokeRegistrationFeatures,
  spokeWorkFeatures,
} from '../api/features.ts';
import { decideGates, isFeatureOn, validFeatureGates } from './feature-gates.ts';

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
