import { describe, expect, test } from '@jest/globals';
import type { KlusterletSpec } from '../../../api/generated/operator.ts';
import { klusterletOf } from '../klusterlet-fixture.ts';
import { problemOf } from './spec-problem.ts';

describe('problemOf', () => {
  const multipleHubs = (bootstrapKubeConfigs: object | undefined): KlusterletSpec => ({
    registrationConfiguration: {
      featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
      bootstrapKubeConfigs: bootstrapKubeConfigs as never,
    },
  });
  test.each<[string, KlusterletSpec, RegExp | undefined]>([
    ['no mode (86)', {}, undefined],
    ['the empty mode (86)', { deployOption: { mode: '' } }, undefined],
    [
      'an unknown mode (87)',
      { deployOption: { mode: 'Detached' } },
      /"Detached" is unknown; set it to one of/,
    ],
    ['several hubs, nothing said (112, D2)', multipleHubs(undefined), /lists no secrets/],
    ['several hubs, type None (112, D2)', multipleHubs({ type: 'None' }), /lists no secrets/],
    [
      'several hubs without configuration (112, D2)',
      multipleHubs({ type: 'LocalSecrets' }),
      /lists no secrets/,
    ],
    [
      'several hubs, of which there is one',
      multipleHubs({ type: 'LocalSecrets', localSecretsConfig: { kubeConfigSecrets: [{ name: 'a' }] } }),
      /lists one secret only/,
    ],
    [
      'several hubs (111)',
      multipleHubs({
        type: 'LocalSecrets',
        localSecretsConfig: { kubeConfigSecrets: [{ name: 'a' }, { name: 'b' }] },
      }),
      undefined,
    ],
    [
      'several hubs over gRPC (110)',
      {
        registrationConfiguration: {
          ...multipleHubs({
            type: 'LocalSecrets',
            localSecretsConfig: { kubeConfigSecrets: [{ name: 'a' }, { name: 'b' }] },
          }).registrationConfiguration,
          registrationDriver: { authType: 'grpc' },
        },
      },
      /MultipleHubs is on, and .* authType grpc, by which nobody can choose between hubs/,
    ],
    [
      'awsirsa without ARNs (109, D3)',
      { registrationConfiguration: { registrationDriver: { authType: 'awsirsa' } } },
      /awsIrsa is missing; set/,
    ],
    [
      'no image for registration (118)',
      { registrationImagePullSpec: '' },
      /spec.registrationImagePullSpec is empty/,
    ],
    ['no image for work (118)', { workImagePullSpec: undefined }, /spec.workImagePullSpec is empty/],
    ['no image that another mode needs', { imagePullSpec: '' }, undefined],
    [
      'no image for the singleton (118)',
      { imagePullSpec: '', deployOption: { mode: 'Singleton' } },
      /spec.imagePullSpec is empty/,
    ],
  ])('%s (operator.md)', (_, spec, expected) => {
    const problem = problemOf(klusterletOf('k', spec), []);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  });

  test.each<[string, number | string, string, RegExp | undefined]>([
    ['of 63 characters', 63, 'Default', undefined],
    ['of 64 characters', 64, 'Default', /the value of a label of its agents: must be no more than 63/],
    ['of 64 characters', 64, 'Singleton', /the value of a label of its agents: must be no more than 63/],
    ['with a dot', 'a.b', 'Default', undefined],
    ['of 63 characters', 63, 'Hosted', undefined],
    ['of 64 characters', 64, 'Hosted', /the namespace of its agents: must be no more than 63/],
    ['with a dot', 'a.b', 'SingletonHosted', /the namespace of its agents: a lowercase RFC 1123 label/],
  ])('the name, %s', (_what, name, mode, expected) => {
    const text = typeof name === 'number' ? 'k'.repeat(name) : name;
    const problem = problemOf(klusterletOf(text, { deployOption: { mode } }), []);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  });

  test('the younger of two in one namespace, in any order of looking', () => {
    const older = klusterletOf('b');
    const younger = klusterletOf('a', {}, { creationTimestamp: '2026-01-02T00:00:00Z' });
    const twin = klusterletOf('c');
    const hosted = klusterletOf('open-cluster-management-agent', { deployOption: { mode: 'Hosted' } });
    expect(problemOf(younger, [younger, older])).toMatch(/used by Klusterlet b/);
    expect(problemOf(older, [younger, older])).toBeUndefined();
    expect(problemOf(twin, [older, twin])).toMatch(/used by Klusterlet b/);
    expect(problemOf(hosted, [older, hosted])).toMatch(/used by Klusterlet b/);
    expect(problemOf(klusterletOf('x', { namespace: 'open-cluster-management-x' }), [older])).toBeUndefined();
  });
});
