import { expect, test } from '@jest/globals';
import { parseAuditLog, writesOf } from './audit.ts';
import type { AuditEvent } from './audit.ts';

const event = (verb: string, objectRef: AuditEvent['objectRef'], code = 200): AuditEvent => ({
  auditID: `${verb}-${objectRef?.resource}`,
  stage: 'ResponseComplete',
  verb,
  requestURI: '/',
  user: { username: 'somebody' },
  objectRef,
  responseStatus: { code },
  requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
  stageTimestamp: '2026-01-01T00:00:00.000000Z',
});

test('a line that is still being written is left out', () => {
  const line = JSON.stringify(event('get', { resource: 'pods' }));
  expect(parseAuditLog(`${line}\n${line}\n${line.slice(0, 20)}`)).toHaveLength(2);
  expect(parseAuditLog('')).toEqual([]);
});

test.each<[string, AuditEvent, boolean]>([
  ['a read', event('get', { resource: 'pods' }), false],
  ['a watch', event('watch', { resource: 'pods' }), false],
  ['a create', event('create', { resource: 'pods' }, 201), true],
  ['a patch', event('patch', { resource: 'pods', subresource: 'status' }), true],
  ['a delete of many', event('deletecollection', { resource: 'pods' }), true],
  ['a refused write', event('update', { resource: 'pods' }, 409), false],
  ['the renewal of a lease', event('update', { apiGroup: 'coordination.k8s.io', resource: 'leases' }), false],
  [
    'an access review',
    event('create', { apiGroup: 'authorization.k8s.io', resource: 'subjectaccessreviews' }, 201),
    false,
  ],
  ['a token request', event('create', { resource: 'serviceaccounts', subresource: 'token' }, 201), false],
])('%s', (_, audited, isWrite) => {
  expect(writesOf([audited])).toEqual(isWrite ? [audited] : []);
});
