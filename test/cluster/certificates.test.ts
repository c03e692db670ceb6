import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createAuthority, createSigningKey } from './certificates.ts';
import type { Authority } from './certificates.ts';
import { createPki } from './pki.ts';

let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority('test');
});

test('an authority signs itself and may sign others', () => {
  const certificate = new X509Certificate(authority.certificate);
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

test('a client certificate carries the user and its groups and cannot serve', async () => {
  const keys = await authority.issue({
    commonName: 'system:node:one',
    organizations: ['system:nodes', 'others'],
  });
  const certificate = new X509Certificate(keys.certificate);
  expect(certificate.subject.split('\n')).toEqual(['O=system:nodes', 'O=others', 'CN=system:node:one']);
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(keys.privateKey))).toBe(true);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(certificate.ca).toBe(false);
});

describe('the certificates of a cluster', () => {
  test('its API server is known by its given names, locally and to Pods', async () => {
    const pki = await createPki({ dnsNames: ['hub'], addresses: ['192.0.2.7'] });
    const server = new X509Certificate(pki.files['apiserver.crt'] ?? '');
    for (const name of ['hub', 'localhost', 'kubernetes.default.svc'])
      expect(server.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '10.96.0.1', '192.0.2.7'])
      expect(server.checkIP(address)).toBe(address);
    expect(server.checkHost('other')).toBeUndefined();
    expect(server.verify(new X509Certificate(pki.caPem).publicKey)).toBe(true);
  });

  test('aggregated requests are signed by an authority of their own', async () => {
    const { files } = await createPki({ dnsNames: [], addresses: [] });
    const client = new X509Certificate(files['front-proxy-client.crt'] ?? '');
    expect(client.verify(new X509Certificate(files['front-proxy-ca.crt'] ?? '').publicKey)).toBe(true);
    expect(client.verify(new X509Certificate(files['ca.crt'] ?? '').publicKey)).toBe(false);
  });
});

test('a signing key signs what its public half verifies', async () => {
  const { publicKey, privateKey } = await createSigningKey();
  const message = Buffer.from('token');
  const signature = sign('sha256', message, createPrivateKey(privateKey));
  expect(verify('sha256', message, createPublicKey(publicKey), signature)).toBe(true);
});
