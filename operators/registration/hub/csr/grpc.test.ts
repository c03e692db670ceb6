import { X509Certificate, createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../../../../test/cluster/certificates.ts';
import type { CertificateSigningRequest } from '../../../runtime/client/kubernetes.ts';
import { createRequest, generatePrivateKey } from '../../../runtime/pki/request.ts';
import type { Authority } from '../../../runtime/pki/issue.ts';
import { signRequest } from '../../../runtime/pki/sign-request.ts';
import { grpcRequesterOf } from './grpc-requester.ts';
import { isToBeSigned } from './signing-controller.ts';

const prefix = 'system:open-cluster-management:';
const server = 'system:serviceaccount:open-cluster-management-hub:grpc-server-sa';
const key = createPrivateKey(generatePrivateKey());
const pem = createRequest(key, {
  commonName: `${prefix}c1:a1`,
  organizations: [`${prefix}c1`, `${prefix}managed-clusters`],
});
let authority: Authority;

beforeAll(async () => {
  const { certificate, privateKey } = await createAuthority('cluster-manager');
  authority = { certificate, key: privateKey };
});

const request = (
  own: Partial<CertificateSigningRequest['spec']> = {},
  metadata: object = {},
  status?: CertificateSigningRequest['status'],
): CertificateSigningRequest => ({
  metadata: {
    name: 'c1-abcde',
    labels: { 'open-cluster-management.io/cluster-name': 'c1' },
    annotations: { 'open-cluster-management.io/csr-user': `${prefix}c1:a1` },
    ...metadata,
  },
  spec: {
    signerName: 'open-cluster-management.io/grpc',
    username: server,
    uid: 'of-the-server',
    groups: ['system:serviceaccounts'],
    extra: { of: ['the server'] },
    usages: ['client auth'],
    request: Buffer.from(pem).toString('base64'),
    ...own,
  },
  status,
});

describe('requests that came by gRPC', () => {
  test('registration.md 151: who asks is in the annotation, groups in the request, nothing else', () => {
    expect(grpcRequesterOf(server)(request())).toEqual({
      username: `${prefix}c1:a1`,
      uid: '',
      groups: [`${prefix}c1`, `${prefix}managed-clusters`],
      extra: {},
    });
  });

  test('registration.md 155: in a request that somebody else created, nobody asks', () => {
    const requesterOf = grpcRequesterOf(server);
    expect(requesterOf(request({ username: 'mallory' }))).toBeUndefined();
    expect(requesterOf(request({ username: `${server}x` }))).toBeUndefined();
    expect(requesterOf(request({ username: undefined }))).toBeUndefined();
    expect(requesterOf(request({}, { annotations: {} }))).toBeUndefined();
    expect(requesterOf(request({}, { annotations: undefined }))).toBeUndefined();
  });

  const condition = (type: string) => ({ type, status: 'True', reason: '', message: '' });
  const approved = { conditions: [condition('Approved')] };
  test.each<[string, CertificateSigningRequest, boolean]>([
    ['approved', request({}, {}, approved), true],
    ['not approved', request(), false],
    ['denied', request({}, {}, { conditions: [condition('Denied')] }), false],
    ['that has its certificate', request({}, {}, { ...approved, certificate: 'YQ==' }), false],
    [
      'for another signer',
      request({ signerName: 'kubernetes.io/kube-apiserver-client' }, {}, approved),
      false,
    ],
    ['without a cluster', request({}, { labels: {} }, approved), false],
    [
      'of another cluster',
      request({}, { labels: { 'open-cluster-management.io/cluster-name': 'c2' } }, approved),
      false,
    ],
    ['that cannot be read', request({ request: 'AAAA' }, {}, approved), false],
  ])('registration.md 150: one %s is signed or not', (_what, given, expected) => {
    expect(isToBeSigned(given)).toBe(expected);
  });
});

describe('registration.md 150: what is signed', () => {
  const day = 86_400_000;
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000);

  test('it is the authority that says who has this key, for as long as was set', () => {
    const now = new Date();
    const leaf = new X509Certificate(signRequest(pem, authority, 30 * day, now));
    const issuer = new X509Certificate(authority.certificate);
    expect(leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage?.toSorted()).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(leaf.subject.split('\n').toSorted()).toEqual(
      [`CN=${prefix}c1:a1`, `O=${prefix}c1`, `O=${prefix}managed-clusters`].toSorted(),
    );
    expect(seconds(leaf.validFromDate)).toBe(seconds(now));
    expect(seconds(leaf.validToDate)).toBe(seconds(new Date(now.getTime() + 30 * day)));
    expect(BigInt(`0x${leaf.serialNumber}`).toString(2).length).toBeGreaterThan(64);
  });

  test('it does not outlive the authority, and an expired one signs nothing', () => {
    const end = new X509Certificate(authority.certificate).validToDate;
    const near = new X509Certificate(signRequest(pem, authority, 30 * day, new Date(end.getTime() - day)));
    expect(seconds(near.validToDate)).toBe(seconds(end));
    expect(() => signRequest(pem, authority, day, new Date(end.getTime() + 1000))).toThrow(/expired/);
  });

  test('names of the request are kept', () => {
    const named = createRequest(key, { commonName: 'x', organizations: [] }, ['a.example', 'b.example']);
    expect(new X509Certificate(signRequest(named, authority, day)).subjectAltName).toBe(
      'DNS:a.example, DNS:b.example',
    );
  });

  test('a foreign key and a request that its key did not sign are refused', async () => {
    const other = await createAuthority('another');
    expect(() => signRequest(pem, { ...authority, key: other.privateKey }, day)).toThrow(/not that of/);
    expect(() => signRequest(pem, { ...authority, key: 'nonsense' }, day)).toThrow();
    const bytes = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    bytes[bytes.indexOf('c1:a1') + 1] = '2'.charCodeAt(0); // another cluster in the same request
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(() => signRequest(forged, authority, day)).toThrow(/not signed by the key/);
  });
});
