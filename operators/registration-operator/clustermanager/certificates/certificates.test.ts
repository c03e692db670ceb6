import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority, issueServing, type KeyPair } from './issue.ts';
import { authorityProblem, certificatesOf, nextBundle, servingProblem } from './renewal.ts';

const day = 24 * 3_600_000;
const now = new Date('2026-03-01T12:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);
const host = 'cluster-manager-registration-webhook.open-cluster-management-hub.svc';

let authority: KeyPair;
let other: KeyPair;
let serving: KeyPair;
beforeAll(async () => {
  authority = await createAuthority(now, 365 * day);
  other = await createAuthority(later(1000), 365 * day);
  serving = await issueServing(authority, [host], now, 30 * day);
});

describe('certificates (operator.md 4.9, row 63)', () => {
  test('an authority signs itself, with RSA 2048 and SHA-256, for a year from a second ago', () => {
    const certificate = new X509Certificate(authority.certificate);
    expect(certificate.subject).toBe(`CN=cluster-manager-webhook@${now.getTime() / 1000}`);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(certificate.signatureAlgorithm).toBe('sha256WithRSAEncryption');
    expect(certificate.validFromDate).toEqual(later(-1000));
    expect(certificate.validToDate).toEqual(later(365 * day));
  });

  test('a serving certificate is for its hosts, issued by the authority that follows it', () => {
    const [leaf, issuer] = certificatesOf(serving.certificate);
    expect(leaf?.checkHost(host)).toBe(host);
    expect(leaf?.subject).toBe(`CN=${host}`);
    expect(leaf?.ca).toBe(false);
    expect(leaf?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf?.checkIssued(issuer as X509Certificate)).toBe(true);
    expect(leaf?.verify((issuer as X509Certificate).publicKey)).toBe(true);
    expect(issuer?.toString()).toBe(new X509Certificate(authority.certificate).toString());
  });

  test('an address is both an address and a name; the common name is the first in order', async () => {
    const { certificate } = await issueServing(
      authority,
      ['b.example', '10.0.0.1', 'fd00::1'],
      now,
      30 * day,
    );
    const leaf = new X509Certificate(certificate);
    expect(leaf.subject).toBe('CN=10.0.0.1');
    expect(leaf.checkIP('10.0.0.1')).toBe('10.0.0.1');
    expect(leaf.checkIP('fd00::1')).toBe('fd00::1');
    expect(leaf.subjectAltName).toContain('DNS:10.0.0.1');
  });

  test('a serving certificate does not outlive its authority', async () => {
    const { certificate } = await issueServing(authority, [host], later(350 * day), 30 * day);
    expect(new X509Certificate(certificate).validToDate).toEqual(later(365 * day));
  });
});

describe('rotation (operator.md 4.9)', () => {
  test.each([
    ['missing', () => undefined, 0, 'missing'],
    ['fresh', () => authority, 0, undefined],
    ['after 291 days', () => authority, 291 * day, undefined],
    ['after 293 days', () => authority, 293 * day, 'due for renewal'],
    ['expired', () => authority, 400 * day, 'due for renewal'],
    ['no PEM', () => ({ certificate: 'x', key: 'y' }), 0, 'unusable'],
    ['the key of another', () => ({ certificate: authority.certificate, key: other.key }), 0, 'unusable'],
    ['no authority', () => serving, 0, 'unusable'],
  ] as [string, () => KeyPair | undefined, number, string | undefined][])(
    'authority: %s',
    (_, pair, age, problem) => {
      expect(authorityProblem(pair(), later(age))).toBe(problem);
    },
  );

  test.each([
    ['missing', () => undefined, [host], 0, 'missing'],
    ['fresh', () => serving, [host], 0, undefined],
    ['after 23 days', () => serving, [host], 23 * day, undefined],
    ['after 25 days', () => serving, [host], 25 * day, 'due for renewal'],
    ['no PEM', () => ({ certificate: '', key: '' }), [host], 0, 'unusable'],
    ['another host', () => serving, ['x.svc'], 0, 'made for other hosts'],
    ['one host more', () => serving, [host, '10.0.0.1'], 0, 'made for other hosts'],
  ] as [string, () => KeyPair | undefined, string[], number, string | undefined][])(
    'serving: %s',
    (_, pair, hosts, age, problem) => {
      expect(servingProblem(pair(), hosts, authority.certificate, later(age))).toBe(problem);
    },
  );

  test('serving: issued by an authority that is not trusted', () => {
    expect(servingProblem(serving, [host], other.certificate, now)).toBe(
      'issued by an authority that is not in the bundle',
    );
  });

  test('row 67: a new authority comes first and the old one stays while it is valid', () => {
    const bundle = nextBundle(authority.certificate, other.certificate, now);
    expect(certificatesOf(bundle).map(({ fingerprint256 }) => fingerprint256)).toEqual(
      [other, authority].map(({ certificate }) => new X509Certificate(certificate).fingerprint256),
    );
    expect(nextBundle(bundle, other.certificate, now)).toBe(bundle);
    expect(certificatesOf(nextBundle(bundle, other.certificate, later(366 * day)))).toHaveLength(1);
  });

  test('a bundle that cannot be read is an error that says what to do', () => {
    expect(() => nextBundle('rubbish', authority.certificate, now)).toThrow(/delete the ConfigMap/);
    expect(nextBundle(undefined, authority.certificate, now)).toContain('BEGIN CERTIFICATE');
  });
});
