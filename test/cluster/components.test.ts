import { expect, test } from '@jest/globals';
import { apiServerFlags, toArguments } from './components.ts';

const place = { pkiFolder: '/pki', etcdPort: 1, port: 2, bindAddress: '127.0.0.1' };

test('flags become arguments', () => {
  expect(toArguments({ one: '1', two: 'a b' })).toEqual(['--one=1', '--two=a b']);
});

test('without nodes nothing is advertised to Pods', () => {
  expect(apiServerFlags({ ...place, hasNodes: false })).toMatchObject({ 'endpoint-reconciler-type': 'none' });
});

test('with nodes the address is left to the node, which alone knows it', () => {
  const flags = apiServerFlags({ ...place, hasNodes: true });
  expect(flags).not.toHaveProperty('advertise-address');
  expect(flags).not.toHaveProperty('endpoint-reconciler-type');
});

test('audits only when told where', () => {
  expect(apiServerFlags({ ...place, hasNodes: false })).not.toHaveProperty('audit-log-path');
  const audit = { policyPath: '/policy', logPath: '/log' };
  expect(apiServerFlags({ ...place, hasNodes: false, audit })).toMatchObject({
    'audit-policy-file': '/policy',
    'audit-log-path': '/log',
  });
});
