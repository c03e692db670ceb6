import { describe, expect, test } from '@jest/globals';
import { ApiError, ConnectionError } from '../../../runtime/client/errors.ts';
import { klusterletOf } from '../klusterlet-fixture.ts';
import { decideOnFailure, isUnreachable } from './unreachable-cluster.ts';

describe('a managed cluster that cannot be reached (operator.md 133)', () => {
  const refused = new ConnectionError('refused', 'ECONNREFUSED');
  const now = new Date('2026-01-01T12:00:00Z');
  const since = (value: string | undefined) =>
    klusterletOf(
      'k',
      {},
      {
        annotations:
          value === undefined
            ? {}
            : { 'operator.open-cluster-management.io/managed-resources-eviction-timestamp': value },
      },
    );

  test.each([
    [refused, true],
    [new ConnectionError('no answer within 30 s', 'ETIMEDOUT'), true],
    [new ConnectionError('no such host', 'ENOTFOUND'), true],
    [new ConnectionError('wrong certificate', 'ERR_TLS_CERT_ALTNAME_INVALID'), false],
    [new ApiError(403, { reason: 'Forbidden' }, 'GET'), false],
    [new Error('dial tcp'), false],
  ])('%s → %s', (error, expected) => {
    expect(isUnreachable(error)).toBe(expected);
  });

  test.each([
    ['not marked', undefined, refused, { action: 'mark', since: '2026-01-01T12:00:00Z' }],
    ['marked with nonsense', 'yesterday', refused, { action: 'mark', since: '2026-01-01T12:00:00Z' }],
    ['marked a minute ago', '2026-01-01T11:59:00Z', refused, { action: 'wait', forMs: 30_000 }],
    ['five minutes less a second', '2026-01-01T11:55:01Z', refused, { action: 'wait', forMs: 2000 }],
    ['five minutes and a second', '2026-01-01T11:54:59Z', refused, { action: 'give up' }],
    ['refusing', '2026-01-01T11:50:00Z', new ApiError(403, {}, 'GET'), { action: 'retry', forget: true }],
    ['refusing, not marked', undefined, new ApiError(500, {}, 'GET'), { action: 'retry', forget: false }],
  ])('%s', (_, mark, error, expected) => {
    expect(decideOnFailure(since(mark), error, now)).toEqual(expected);
  });
});
