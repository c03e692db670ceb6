import { describe, expect, test } from '@jest/globals';
import { signingNamespace, validityFor } from './signing.ts';

const hourMs = 3_600_000;

describe('certificates of templates’ own signers', () => {
  test.each([
    [{ POD_NAMESPACE: 'own' }, 'own'],
    [{}, 'open-cluster-management-hub'],
    [{ POD_NAMESPACE: '' }, 'open-cluster-management-hub'],
  ])('addon.md 66: with environment %j the CA is in %s', (environment, expected) => {
    expect(signingNamespace(environment)).toBe(expected);
  });

  test.each([
    ['as long as usual', undefined, 24 * hourMs],
    ['as short as it is asked for', 600, 600_000],
    ['no longer than usual', 48 * 3_600, 24 * hourMs],
  ])('addon.md 6.6 (A16): it is valid %s', (_, expirationSeconds, expected) => {
    const spec = { request: '', signerName: 's', ...(expirationSeconds && { expirationSeconds }) };
    expect(validityFor({ spec }, 24 * hourMs)).toBe(expected);
  });
});
