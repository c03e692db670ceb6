import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest } from '../../operators/runtime/client/kubernetes.ts';
import { decide } from './accept.ts';

const request = async (commonName: string): Promise<string> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }, { O: ['system:open-cluster-management:c1'] }],
    keys,
    signingAlgorithm: algorithm,
  });
  return Buffer.from(csr.toString('pem')).toString('base64');
};

const BOOTSTRAP = {
  username: 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap',
  groups: ['system:serviceaccounts:open-cluster-management'],
};

const csr = async (
  name: string,
  commonName: string,
  identity = BOOTSTRAP,
  condition?: string,
): Promise<CertificateSigningRequest> => ({
  metadata: { name },
  spec: {
    request: await request(commonName),
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: [],
    ...identity,
  },
  ...(condition && { status: { conditions: [{ type: condition, status: 'True' }] } }),
});

const flags = { skipApproveCheck: false, requesters: [] as string[] };
const names = (csrs: CertificateSigningRequest[]) => csrs.map(({ metadata }) => metadata.name);

describe('decide', () => {
  test('cli.md 44: a CSR of the bootstrap service account is approved', async () => {
    expect(names(decide([await csr('a', 'cn1')], flags).approve)).toEqual(['a']);
  });

  test.each([
    [
      'another service account',
      { ...BOOTSTRAP, username: 'system:serviceaccount:open-cluster-management:other' },
    ],
    [
      'a service account whose name only begins alike',
      { ...BOOTSTRAP, username: `${BOOTSTRAP.username}-evil` },
    ],
    ['the right name without the group', { ...BOOTSTRAP, groups: ['system:authenticated'] }],
  ])('cli.md 45: %s is not approved unless the check is skipped', async (_, identity) => {
    const foreign = [await csr('a', 'cn1', identity)];
    expect(decide(foreign, flags)).toMatchObject({ approve: [], approved: false });
    expect(names(decide(foreign, { ...flags, skipApproveCheck: true }).approve)).toEqual(['a']);
  });

  test('cli.md 46: different requesters are skipped until one is chosen', async () => {
    const two = [await csr('a', 'cn1'), await csr('b', 'cn2')];
    const skipped = decide(two, flags);
    expect(skipped.approve).toEqual([]);
    expect(skipped.notices[0]).toContain('There are CSRs of different requesters: cn1,cn2');
    expect(names(decide(two, { ...flags, requesters: ['cn1'] }).approve)).toEqual(['a']);
  });

  test('cli.md 47: a denied CSR stays denied', async () => {
    const denied = decide([await csr('a', 'cn1', BOOTSTRAP, 'Denied')], flags);
    expect(denied).toMatchObject({ approve: [], approved: false, notices: ['CSR a already denied'] });
  });

  test('an approved CSR counts', async () => {
    const approved = decide([await csr('a', 'cn1', BOOTSTRAP, 'Approved')], flags);
    expect(approved).toMatchObject({ approve: [], approved: true, notices: ['CSR a already approved'] });
  });

  test('a request that does not parse is named and left alone', async () => {
    const broken = await csr('a', 'cn1');
    broken.spec.request = Buffer.from('no request').toString('base64');
    const { approve, notices } = decide([broken], flags);
    expect(approve).toEqual([]);
    expect(notices[0]).toContain('csr a is not valid');
  });
});
