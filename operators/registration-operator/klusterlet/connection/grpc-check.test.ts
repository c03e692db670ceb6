import { expect, test } from '@jest/globals';
import { encode } from '../../secrets/secret.ts';
import { grpcConfigOfSecret } from './grpc-check.ts';

const secret = (values: Record<string, string>) => ({
  metadata: { name: 's', namespace: 'ns' },
  data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encode(value)])),
});
const ca = encode('authority');

test('registration.md 153: what an agent has written leads to keys of its secret, and to no file', () => {
  const config = grpcConfigOfSecret(
    secret({
      'config.yaml':
        `url: hub:8090\ncaData: ${ca}\nclientCertFile: /spoke/hub-kubeconfig/tls.crt\n` +
        'clientKeyFile: /spoke/hub-kubeconfig/tls.key\n',
      'tls.crt': 'certificate',
      'tls.key': 'key',
    }),
  );
  expect(config).toMatchObject({
    url: 'hub:8090',
    ca: { data: 'authority' },
    cert: { data: 'certificate' },
    key: { data: 'key' },
    token: undefined,
  });
});

test.each<[string, Record<string, string>, RegExp]>([
  ['none', {}, /Secret ns\/s has no key "config.yaml"/],
  ['what is no YAML', { 'config.yaml': '{' }, /Secret ns\/s, key "config.yaml": /],
  ['what is no map', { 'config.yaml': '[]' }, /the content must be a map/],
  ['one without a URL', { 'config.yaml': `caData: ${ca}\n` }, /url is required/],
  [
    "a file of the operator's Pod",
    {
      'config.yaml': `url: h\ncaData: ${ca}\ntokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token\n`,
    },
    /the file "\/var\/run\/.*\/token" is not in the secret under the key "token"/,
  ],
])('of a secret with %s the remedy is said', (_, values, message) => {
  expect(() => grpcConfigOfSecret(secret(values))).toThrow(message);
});
