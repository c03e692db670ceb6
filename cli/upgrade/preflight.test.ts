import { describe, expect, test } from '@jest/globals';
import { knownVersions } from '../../operators/registration-operator/bundle/index.ts';
import { healthFinding, versionFinding, type UpgradeFacts } from './preflight.ts';

const bundles = knownVersions();
const images = (tag: string) => ({ registration: `r/registration:${tag}`, work: `r/work:${tag}` });
const facts = (tag: string, from?: string, more: Partial<UpgradeFacts['versions']> = {}): UpgradeFacts => ({
  images: images(tag),
  versions: {
    running: { registration: from, work: from },
    standing: { registration: from, work: from },
    kubernetesVersion: 'v1.31.0',
    ...more,
  },
});

describe('cli.md 9, 21: an upgrade is refused before anything changes', () => {
  test.each<[string, UpgradeFacts, string]>([
    ['a step back', facts('v0.3.0', '0.4.0'), 'runs version 0.4.0, and 0.3.0 is older'],
    ['a step too far', facts('v0.4.0', '0.2.0'), 'Go to 0.3.0 first'],
    [
      'a Kubernetes too old',
      facts('v0.4.0', '0.3.0', { kubernetesVersion: 'v1.24.17' }),
      'The cluster runs Kubernetes v1.24.17',
    ],
    [
      'components too far apart',
      { ...facts('v0.4.0'), images: { registration: 'r:v0.4.0', work: 'w:v0.2.0' } },
      'differ by one minor version',
    ],
  ])('%s', (_, given, message) => {
    expect(versionFinding(bundles, given)).toEqual({
      warnings: [],
      errors: [expect.stringContaining(message)],
    });
  });

  test.each<[string, UpgradeFacts]>([
    ['the next version', facts('v0.4.0', '0.3.0')],
    ['the same', facts('v0.4.0', '0.4.0')],
    ['a first installation', facts('v0.4.0')],
    ['a step back on purpose', facts('v0.3.0', '0.4.0', { allowDowngrade: true })],
    ['a hub as new', { ...facts('v0.4.0', '0.3.0'), hub: 'r/registration:v0.4.0' }],
    ['a hub that says no version', { ...facts('v0.4.0', '0.3.0'), hub: 'r/registration:latest' }],
  ])('but not %s', (_, given) => {
    expect(versionFinding(bundles, given)).toEqual({ warnings: [], errors: [] });
  });

  test('a version that this program does not know is left to its operator', () => {
    const { warnings, errors } = versionFinding(bundles, facts('v0.9.0', '0.4.0'));
    expect(errors).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('asks for version v0.9.0')]);
  });

  test('agents newer than their hub are warned of', () => {
    const ahead = { ...facts('v0.4.0', '0.3.0'), hub: 'r/registration:v0.3.0' };
    expect(versionFinding(bundles, ahead).warnings).toEqual([
      'the agents will be of version 0.4.0, and the hub is of 0.3.0: upgrade the hub first',
    ]);
  });

  test('what is sick stops a fleet, and not the upgrade that may heal it', () => {
    const sick = { ...facts('v0.4.0'), problem: 'Available is False' };
    expect(healthFinding(sick, true)).toEqual({ warnings: [], errors: ['Available is False'] });
    expect(healthFinding(sick, false)).toEqual({ warnings: ['Available is False'], errors: [] });
    expect(healthFinding(facts('v0.4.0'), true)).toEqual({ warnings: [], errors: [] });
  });
});
