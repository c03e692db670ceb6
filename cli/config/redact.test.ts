import { expect, test } from '@jest/globals';
import { redacted } from './redact.ts';

const secret = 's3cret';

test('cli.md 17: what is shown of a kubeconfig holds no credential', () => {
  const user = {
    token: secret,
    password: secret,
    'client-key-data': secret,
    'client-certificate-data': secret,
    username: 'me',
    'auth-provider': { name: 'oidc', config: { 'id-token': secret } },
    exec: { command: 'login', args: ['x'], env: [{ name: 'A', value: secret }] },
  };
  const shown = redacted({
    users: [{ name: 'u', user }],
    clusters: [{ name: 'c', cluster: { server: 's' } }],
  });
  expect(JSON.stringify(shown)).not.toContain(secret);
  expect(shown).toEqual({
    clusters: [{ name: 'c', cluster: { server: 's' } }],
    users: [
      {
        name: 'u',
        user: {
          token: 'REDACTED',
          password: 'REDACTED',
          'client-key-data': 'DATA+OMITTED',
          'client-certificate-data': 'DATA+OMITTED',
          username: 'me',
          'auth-provider': { name: 'oidc', config: { 'id-token': 'REDACTED' } },
          exec: { command: 'login', args: ['x'], env: [{ name: 'A', value: 'REDACTED' }] },
        },
      },
    ],
  });
});

test('fields that hold nothing, or something else than kubeconfigs have, stay as they are', () => {
  const user = { token: '', exec: 'x', 'auth-provider': [1] };
  expect(redacted({ users: [{ name: 'u', user }] })['users']).toEqual([{ name: 'u', user }]);
});
