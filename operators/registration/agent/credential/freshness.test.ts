import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { drawThreshold, freshnessOf } from './freshness.ts';

const day = 86_400_000;
const subject = { commonName: 'n', organizations: ['b', 'a'] };
const additional = { 'agent-name': 'x' };

/** A certificate and key for this subject, valid for a hundred days from now. */
const issue = (subj: string): { certificate: string; key: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'freshness-'));
  try {
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', [...args, '-days', '100', '-subj', subj, '-out', 'c', '-keyout', 'k'], {
      cwd: folder,
      stdio: 'ignore',
    });
    return {
      certificate: readFileSync(join(folder, 'c'), 'utf8'),
      key: readFileSync(join(folder, 'k'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const encode = (data: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );

const { certificate, key } = issue('/O=a/O=b/CN=n');
const complete = { 'tls.crt': certificate, 'tls.key': key, 'agent-name': 'x' };
const start = Date.now();

const check = (data: Record<string, string>, days = 0, threshold = 0.2, wanted: typeof subject = subject) =>
  freshnessOf(encode(data), { subject: wanted, additional }, threshold, new Date(start + days * day));

const without = (name: keyof typeof complete) =>
  Object.fromEntries(Object.entries(complete).filter(([each]) => each !== name));

describe('whether a certificate can stay', () => {
  test('registration.md 39, 40: it is valid, ours whatever the order, and the data is as it should be', () => {
    const found = check(complete);
    expect(found.fresh).toBe(true);
    const days = found.fresh ? (found.rotateAt.getTime() - start) / day : 0;
    expect(days).toBeCloseTo(80, 1);
  });

  test.each([
    ['registration.md 40: no certificate', without('tls.crt'), 'NoValidCertificateFound'],
    ['registration.md 40: no key', without('tls.key'), 'NoValidCertificateFound'],
    ['registration.md 40: an unreadable one', { ...complete, 'tls.crt': 'x' }, 'NoValidCertificateFound'],
    ['registration.md 40: other data', { ...complete, 'agent-name': 'y' }, 'AdditonalSecretDataChanged'],
    [
      'registration.md 5.2: one that was made for gRPC',
      { ...complete, 'config.yaml': 'url: h:1' },
      'AdditonalSecretDataChanged',
    ],
    ['registration.md 40: missing data', without('agent-name'), 'AdditonalSecretDataChanged'],
  ])('%s asks for a new one', (_what, data, reason) => {
    expect(check(data)).toMatchObject({ fresh: false, need: { reason } });
  });

  test('registration.md 39: another subject asks for a new one', () => {
    const other = issue('/O=a/O=b/OU=unit/CN=n');
    const data = { ...complete, 'tls.crt': other.certificate, 'tls.key': other.key };
    expect(check(data)).toMatchObject({ fresh: false });
    expect(check(complete, 0, 0.2, { ...subject, organizations: ['a'] })).toMatchObject({ fresh: false });
    expect(check(complete, 0, 0.2, { ...subject, commonName: 'm' })).toMatchObject({ fresh: false });
  });

  test.each([
    [74, 0.25, true],
    [81, 0.2, false],
    [77, 0.2, true],
    [77, 0.25, false],
    [101, 0.2, false],
  ])('registration.md 41: after %d of 100 days, with threshold %d: %s', (days, threshold, fresh) => {
    expect(check(complete, days, threshold).fresh).toBe(fresh);
  });

  test('registration.md 41: thresholds lie between a fifth and a quarter', () => {
    expect(drawThreshold(() => 0)).toBe(0.2);
    expect(drawThreshold(() => 0.999)).toBeLessThan(0.25);
  });
});
