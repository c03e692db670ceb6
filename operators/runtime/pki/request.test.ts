import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKeyPair, parseChain, validityOf } from './certificate.ts';
import { createRequest, generatePrivateKey, parseRequest } from './request.ts';
import { namesSubject } from './subject.ts';

const subject = {
  commonName: 'system:open-cluster-management:cluster1:agent1',
  organizations: [
    'system:open-cluster-management:cluster1',
    'system:open-cluster-management:managed-clusters',
  ],
};

const inTemporaryFolder = <T>(use: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'pkix-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const openssl = (folder: string, ...args: string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe('certificate requests', () => {
  test('registration.md 17: OpenSSL reads subject, key, extensions and a valid signature', () => {
    const key = createPrivateKey(generatePrivateKey());
    const request = createRequest(key, { ...subject, organizationalUnits: ['unit'] }, [
      'a.example',
      'b.example',
    ]);

    const text = inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'request.pem'), request);
      return openssl(
        folder,
        'req',
        '-in',
        'request.pem',
        '-verify',
        '-noout',
        '-text',
        '-nameopt',
        'RFC2253',
      );
    });

    expect(text).toContain(
      'Subject: CN=system:open-cluster-management:cluster1:agent1,OU=unit,' +
        'O=system:open-cluster-management:managed-clusters,O=system:open-cluster-management:cluster1',
    );
    expect(text).toContain('ASN1 OID: prime256v1');
    expect(text).toContain('DNS:a.example, DNS:b.example');
  });

  test('are read back as they were written', () => {
    const key = createPrivateKey(generatePrivateKey());

    const parsed = parseRequest(createRequest(key, subject, ['a.example']));

    expect(parsed).toEqual({
      subject: {
        commonNames: [subject.commonName],
        organizations: subject.organizations,
        organizationalUnits: [],
        others: [],
      },
      extensions: ['2.5.29.17'],
    });
  });

  test('of another PEM type, of other bytes, or cut short are refused', () => {
    const request = createRequest(createPrivateKey(generatePrivateKey()), subject);
    const der = Buffer.from(request.replace(/-----[^-]+-----/g, ''), 'base64');
    const pem = (type: string, bytes: Buffer) =>
      `-----BEGIN ${type}-----\n${bytes.toString('base64')}\n-----END ${type}-----\n`;

    expect(() => parseRequest(pem('PUBLIC KEY', der))).toThrow('PEM block type must be CERTIFICATE REQUEST');
    expect(() => parseRequest(pem('CERTIFICATE REQUEST', der.subarray(0, 40)))).toThrow();
    expect(() => parseRequest(pem('CERTIFICATE REQUEST', Buffer.from('hello')))).toThrow();
    expect(() => parseRequest('')).toThrow();
  });

  test('written by OpenSSL with several values in one relative name are read', () => {
    const parsed = inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'key.pem'), generatePrivateKey());
      openssl(
        folder,
        'req',
        '-new',
        '-key',
        'key.pem',
        '-out',
        'r.pem',
        '-multivalue-rdn',
        '-subj',
        '/O=b+O=a/L=x/CN=n',
      );
      return parseRequest(readFileSync(join(folder, 'r.pem'), 'utf8'));
    });

    expect(parsed.subject.organizations.toSorted()).toEqual(['a', 'b']);
    expect(parsed.subject.commonNames).toEqual(['n']);
    expect(parsed.subject.others).toEqual(['2.5.4.7']);
  });
});

describe('certificates', () => {
  test('registration.md 29, 38, 39: key pair, chain validity and subject', () => {
    inTemporaryFolder((folder) => {
      const key = generatePrivateKey();
      writeFileSync(join(folder, 'key.pem'), key);
      const issue = (days: string, file: string, subj: string) => {
        openssl(
          folder,
          'req',
          '-x509',
          '-new',
          '-key',
          'key.pem',
          '-days',
          days,
          '-out',
          file,
          '-subj',
          subj,
        );
        return readFileSync(join(folder, file), 'utf8');
      };
      const leaf = issue(
        '10',
        'leaf.pem',
        `/O=${subject.organizations[1]}/O=${subject.organizations[0]}/CN=${subject.commonName}`,
      );
      const authority = issue('5', 'ca.pem', '/CN=authority');

      const chain = parseChain(leaf + authority);

      expect(isKeyPair(leaf + authority, key)).toBe(true);
      expect(isKeyPair(leaf, generatePrivateKey())).toBe(false);
      expect(chain).toHaveLength(2);
      const days = (validityOf(chain).notAfter.getTime() - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(4.9);
      expect(days).toBeLessThan(5.1);
      expect(namesSubject(chain[0]!.subject, subject)).toBe(true);
      expect(namesSubject(chain[0]!.subject, { ...subject, organizationalUnits: ['x'] })).toBe(false);
      expect(namesSubject(chain[0]!.subject, { ...subject, commonName: 'other' })).toBe(false);
      expect(() => parseChain('')).toThrow('there is no certificate');
    });
  });
});
