import { execFileSync } from 'node:child_process';
import { X509Certificate, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest } from '../../runtime/client/kubernetes.ts';
import { parseChain } from '../../runtime/pki/certificate.ts';
import { createRequest, generatePrivateKey } from '../../runtime/pki/request.ts';
import type { Subject } from '../../runtime/pki/subject.ts';
import { selfSignedCertificate } from '../../runtime/process/serving/self-signed.ts';
import { isEntitledTo, kubeCredential } from './approval.ts';
import { signRequest } from './signing.ts';

const prefix = 'system:open-cluster-management:';
const applicant = { addon: 'a', cluster: 'cluster1' };
const credential = kubeCredential(applicant, 'a-agent');
const user = `${prefix}cluster:cluster1:addon:a:agent:a-agent`;
const groups = [`${prefix}cluster:cluster1:addon:a`, `${prefix}addon:a`];
const key = createPrivateKey(generatePrivateKey());

interface Given {
  name?: string;
  addon?: string;
  cluster?: string;
  requester?: string;
  csrUser?: string;
  signerName?: string;
  usages?: string[];
  subject?: Partial<Subject>;
  pem?: string;
}

const requestWith = (given: Given = {}): CertificateSigningRequest => ({
  metadata: {
    name: given.name ?? 'addon-cluster1-a-x',
    labels: {
      'open-cluster-management.io/addon-name': given.addon ?? 'a',
      'open-cluster-management.io/cluster-name': given.cluster ?? 'cluster1',
    },
    annotations: given.csrUser === undefined ? {} : { 'open-cluster-management.io/csr-user': given.csrUser },
  },
  spec: {
    signerName: given.signerName ?? credential.signerName,
    username: given.requester ?? `${prefix}cluster1:agent1`,
    usages: given.usages ?? ['digital signature', 'key encipherment', 'client auth'],
    request: Buffer.from(
      given.pem ??
        createRequest(key, { commonName: user, organizations: groups, ...given.subject }, [
          'a.addon.open-cluster-management.io',
        ]),
    ).toString('base64'),
  },
});

const grpc = 'system:serviceaccount:open-cluster-management-hub:grpc-server-sa';

describe('requests of add-on agents', () => {
  test.each<[string, Given]>([
    ['as agents make them', {}],
    [
      'with the group of all users, as older agents do',
      { subject: { organizations: [...groups, 'system:authenticated'] } },
    ],
    ['with groups in another order', { subject: { organizations: groups.toReversed() } }],
    ['made by the gRPC server for the agent', { requester: grpc, csrUser: `${prefix}cluster1:agent1` }],
  ])('addon.md 65: %s', (_, given) => {
    expect(isEntitledTo(requestWith(given), applicant, credential)).toBe(true);
  });

  test.each<[string, Given]>([
    ['90c: an agent of a cluster whose name begins alike', { requester: `${prefix}cluster10:agent1` }],
    ['90c: an agent of another cluster', { requester: `${prefix}cluster2:agent1` }],
    ['90c: a user that is no agent', { requester: `${prefix}cluster1` }],
    ['90c: a user of more parts', { requester: `${prefix}cluster1:agent1:x` }],
    ['90c: another group', { subject: { organizations: [...groups, 'ops'] } }],
    ['90c: the group of masters', { subject: { organizations: [...groups, 'system:masters'] } }],
    ['90c: a group less', { subject: { organizations: [groups[0]!] } }],
    [
      '90c: groups of another cluster',
      { subject: { organizations: [`${prefix}cluster:cluster10:addon:a`, groups[1]!] } },
    ],
    ['90c: the user of another cluster', { subject: { commonName: user.replace('cluster1', 'cluster10') } }],
    ['90c: the user of another agent', { subject: { commonName: `${user}2` } }],
    ['90c: an organizational unit', { subject: { organizationalUnits: ['x'] } }],
    ['90c: the gRPC server for nobody', { requester: grpc }],
    ['90c: the gRPC server for another cluster', { requester: grpc, csrUser: `${prefix}cluster10:agent1` }],
    ['90c: the annotation of somebody else', { requester: 'eve', csrUser: `${prefix}cluster1:agent1` }],
    ['65: another signer', { signerName: 'example.com/s' }],
    ['65: other usages', { usages: ['client auth', 'server auth'] }],
    ['65: another add-on', { addon: 'b' }],
    ['65: another cluster', { cluster: 'cluster2' }],
    ['65: another name', { name: 'cluster1-a' }],
    ['65: another PEM type', { pem: createRequest(key, credential.subject).replaceAll('REQUEST', 'THING') }],
    ['65: no PEM', { pem: 'nonsense' }],
  ])('addon.md %s', (_, given) => {
    expect(isEntitledTo(requestWith(given), applicant, credential)).toBe(false);
  });

  test('addon.md 65 (A23): of a custom signer requester and subject count as well', () => {
    const subject = { commonName: 'u', organizations: ['g'], organizationalUnits: ['o'] };
    const custom = { signerName: 'example.com/s', subject };
    const ask = (given: Given) =>
      isEntitledTo(requestWith({ signerName: custom.signerName, subject, ...given }), applicant, custom);
    expect(ask({})).toBe(true);
    expect(ask({ requester: 'eve' })).toBe(false);
    expect(ask({ subject: { ...subject, commonName: 'admin' } })).toBe(false);
    expect(ask({ subject: { ...subject, organizationalUnits: [] } })).toBe(false);
    expect(ask({ subject: { ...subject, organizations: ['g', 'h'] } })).toBe(false);
  });
});

describe('an add-on’s own signer', () => {
  const now = new Date('2030-06-01T00:00:00Z');
  const request = createRequest(
    key,
    { commonName: 'u', organizations: ['g', 'h'], organizationalUnits: ['o'] },
    ['x.example'],
  );
  const selfSigned = selfSignedCertificate(['ca'], now);
  /** A certificate of an authority that has this key, as OpenSSL makes it. */
  const certificateOf = (privateKey: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'signer-'));
    try {
      writeFileSync(join(folder, 'key.pem'), privateKey);
      const args = ['req', '-x509', '-new', '-key', 'key.pem', '-days', '2', '-subj', '/O=org/CN=signer'];
      return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('addon.md 65 (A16): subject and key are those of the request, usages those of a peer, and nothing else', () => {
    const pem = signRequest(request, { certificate: selfSigned.cert, key: selfSigned.key }, { now });
    const certificate = new X509Certificate(pem);
    const issuer = new X509Certificate(selfSigned.cert);
    expect(certificate.issuer).toBe(issuer.subject);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.subjectAltName).toBeUndefined();
    expect(certificate.ca).toBe(false);
    const [parsed] = parseChain(pem);
    expect(parsed!.subject).toEqual({
      commonNames: ['u'],
      organizations: ['g', 'h'],
      organizationalUnits: ['o'],
      others: [],
    });
    expect(parsed!.notAfter.toISOString()).toBe('2030-06-02T00:00:00.000Z');
  });

  test.each([
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('addon.md 6.6 (A16): a key of type %s signs, in whichever encoding', (_, generate) => {
    const { privateKey, publicKey } = generate();
    const types =
      privateKey.asymmetricKeyType === 'rsa' ? (['pkcs8', 'pkcs1'] as const) : (['pkcs8'] as const);
    for (const type of types) {
      const pem = privateKey.export({ type: type as 'pkcs8', format: 'pem' }).toString();
      const certificate = certificateOf(pem);
      const signed = new X509Certificate(signRequest(request, { certificate, key: pem }));
      expect(signed.verify(publicKey)).toBe(true);
      expect(signed.checkIssued(new X509Certificate(certificate))).toBe(true);
    }
  });

  test('addon.md 6.6: it ends with its authority at the latest, and as it was configured', () => {
    const sign = (validityMs: number, at = now) =>
      new Date(
        new X509Certificate(
          signRequest(
            request,
            { certificate: selfSigned.cert, key: selfSigned.key },
            { now: at, validityMs },
          ),
        ).validTo,
      ).getTime();
    expect(sign(3_600_000)).toBe(now.getTime() + 3_600_000);
    const end = new Date(new X509Certificate(selfSigned.cert).validTo).getTime();
    expect(sign(10 * 365 * 24 * 3_600_000)).toBe(end);
    expect(() => sign(1000, new Date(end + 1000))).toThrow('expired');
  });

  test('addon.md 65: an authority that is none, and a request that is none', () => {
    const other = selfSignedCertificate(['other'], now);
    expect(() => signRequest(request, { certificate: selfSigned.cert, key: other.key }, { now })).toThrow(
      'belong',
    );
    expect(() => signRequest(request, { certificate: '', key: '' })).toThrow();
    expect(() =>
      signRequest('nonsense', { certificate: selfSigned.cert, key: selfSigned.key }, { now }),
    ).toThrow('CERTIFICATE REQUEST');
  });
});
