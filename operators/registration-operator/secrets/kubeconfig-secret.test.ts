import { describe, expect, test } from '@jest/globals';
import type { ServiceAccount } from '../../runtime/client/kubernetes.ts';
import { renewalTime, usableToken } from './kubeconfig-secret.ts';
import { secretOf } from './secret-fixture.ts';

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
