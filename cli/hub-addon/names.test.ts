import { describe, expect, test } from '@jest/globals';
import { hubAddonNames } from './names.ts';

describe('hubAddonNames (cli.md 82)', () => {
  test('spaces after commas do not matter, and each comes once', () => {
    expect(hubAddonNames('argocd, governance-policy-framework,argocd,')).toEqual([
      'argocd',
      'governance-policy-framework',
    ]);
  });

  test.each([
    ['', 'names is missing'],
    [' ,', 'names is missing'],
    ['no-such', 'invalid add-on name no-such'],
    ['argocd,constructor', 'invalid add-on name constructor'],
  ])('%j is refused', (names, message) => {
    expect(() => hubAddonNames(names)).toThrow(message);
  });
});
