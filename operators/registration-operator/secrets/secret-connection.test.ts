import { describe, expect, test } from '@jest/globals';
import { renderKubeconfig } from '../../runtime/client/kubeconfig/kubeconfig-writer.ts';
import { connectionOfSecret } from './secret-connection.ts';
import { secretOf } from './secret-fixture.ts';

describe('connectionOfSecret (operator.md 56)', () => {
  const server = 'https://hub.example.com:6443';
  test('uses what is embedded', () => {
    const kubeconfig = renderKubeconfig({ server, caData: 'ca', token: 't' });
    expect(connectionOfSecret(secretOf({ kubeconfig }))).toMatchObject({ server, caData: 'ca', token: 't' });
  });

  test('takes the certificate from the secret in place of files', () => {
    const kubeconfig = renderKubeconfig({ server, certFile: 'tls.crt', keyFile: 'tls.key' });
    const found = connectionOfSecret(secretOf({ kubeconfig, 'tls.crt': 'cert', 'tls.key': 'key' }));
    expect(found).toMatchObject({ certData: 'cert', keyData: 'key' });
    expect(found).not.toHaveProperty('certFile');
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['without a kubeconfig', {}, /Secret ns\/source has no key "kubeconfig"/],
    ['with broken YAML', { kubeconfig: 'clusters: [' }, /Secret ns\/source is neither YAML nor JSON/],
    [
      'that names a token of the operator',
      {
        kubeconfig: renderKubeconfig({
          server: 'https://attacker.example.com',
          tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
        }),
      },
      /tokenFile names the file .* which the secret does not hold/,
    ],
    [
      'that names a certificate it does not hold',
      { kubeconfig: renderKubeconfig({ server, certFile: 'a.crt', keyFile: 'a.key' }) },
      /client-certificate names the file/,
    ],
    [
      'that wants a program run',
      { kubeconfig: renderKubeconfig({ server, exec: { exec: { command: 'sh' } } }) },
      /exec plugin or auth provider, which is not run here/,
    ],
  ])('refuses one %s', (_, data, expected) => {
    expect(() => connectionOfSecret(secretOf(data))).toThrow(expected);
  });
});
