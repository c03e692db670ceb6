import { describe, expect, test } from '@jest/globals';
import { ApiError, ConnectionError } from '../../../runtime/client/errors.ts';
import { KubeconfigError } from '../../../runtime/client/kubeconfig/kubeconfig.ts';
import { klusterletOf } from '../klusterlet-fixture.ts';
import { decideOnRefusal, isRefusal } from './refusing-cluster.ts';

describe('a managed cluster that refuses the credential of a leaving Klusterlet', () => {
  test.each<[Error, boolean]>([
    [new ApiError(401, { reason: 'Unauthorized' }, 'GET'), true],
    [new ApiError(403, { reason: 'Forbidden' }, 'DELETE'), true],
    [new ConnectionError('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), true],
    [new ConnectionError('unknown authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'), true],
    [new ConnectionError('another name', 'ERR_TLS_CERT_ALTNAME_INVALID'), true],
    [new ConnectionError('expired', 'CERT_HAS_EXPIRED'), true],
    [new ConnectionError('unknown ca', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), true],
    [new KubeconfigError('no kubeconfig'), true],
    [new ApiError(404, { reason: 'NotFound' }, 'GET'), false],
    [new ApiError(409, { reason: 'Conflict' }, 'PATCH'), false],
    [new ApiError(429, {}, 'GET'), false],
    [new ApiError(503, {}, 'GET'), false],
    [new ConnectionError('refused', 'ECONNREFUSED'), false],
    [new ConnectionError('reset', 'ECONNRESET'), false],
    [new Error('bug'), false],
  ])('%s → %s', (error, expected) => {
    expect(isRefusal(error)).toBe(expected);
  });

  const now = new Date('2026-01-01T12:00:00Z');
  const until = (text: string) => Date.parse(text);
  test.each([
    ['the first time', undefined, { action: 'mark', since: '2026-01-01T12:00:00Z' }],
    ['marked with nonsense', 'yesterday', { action: 'mark', since: '2026-01-01T12:00:00Z' }],
    [
      'for a minute',
      '2026-01-01T11:59:00Z',
      { action: 'wait', forMs: 30_000, until: until('2026-01-01T12:04:00Z') },
    ],
    [
      'for five minutes less a second',
      '2026-01-01T11:55:01Z',
      { action: 'wait', forMs: 2000, until: until('2026-01-01T12:00:01Z') },
    ],
    ['for five minutes and a second', '2026-01-01T11:54:59Z', { action: 'give up' }],
  ])('%s', (_, since, expected) => {
    const annotations: Record<string, string> =
      since === undefined
        ? {}
        : { 'operator.open-cluster-management.io/managed-cluster-refused-since': since };
    expect(decideOnRefusal(klusterletOf('k', {}, { annotations }), now)).toEqual(expected);
  });
});
