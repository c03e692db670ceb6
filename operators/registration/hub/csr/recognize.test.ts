import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest } from '../../../runtime/client/kubernetes.ts';
import { createRequest, generatePrivateKey } from '../../../runtime/pki/request.ts';
import { recognize } from './recognize.ts';

const signer = 'kubernetes.io/kube-apiserver-client';
const prefix = 'system:open-cluster-management:';
const common = `${prefix}managed-clusters`;
const key = createPrivateKey(generatePrivateKey());

interface Given {
  label?: string;
  signerName?: string;
  commonName?: string;
  organizations?: string[];
  organizationalUnits?: string[];
  dnsNames?: string[];
  usages?: string[];
  pem?: (pem: string) => string;
}

const requestOf = (given: Given = {}): CertificateSigningRequest => {
  const label = 'label' in given ? given.label : 'c1';
  const pem = createRequest(
    key,
    {
      commonName: given.commonName ?? `${prefix}c1:a1`,
      organizations: given.organizations ?? [`${prefix}c1`, common],
      organizationalUnits: given.organizationalUnits,
    },
    given.dnsNames,
  );
  return {
    metadata: {
      name: 'any-name',
      labels: label === undefined ? {} : { 'open-cluster-management.io/cluster-name': label },
    },
    spec: {
      signerName: given.signerName ?? signer,
      usages: given.usages ?? ['digital signature', 'key encipherment', 'client auth'],
      request: Buffer.from(given.pem?.(pem) ?? pem).toString('base64'),
    },
  };
};

describe('requests of agents', () => {
  const agent = { clusterName: 'c1', commonName: `${prefix}c1:a1` };

  test('registration.md 98: one made as agents make them is recognised', () => {
    expect(recognize(requestOf(), signer)).toEqual(agent);
  });

  test('registration.md 99: the common group may be missing', () => {
    expect(recognize(requestOf({ organizations: [`${prefix}c1`] }), signer)).toEqual(agent);
  });

  test.each<[string, Given]>([
    ['no label', { label: undefined }],
    ['an empty label', { label: '' }],
    ['the label of another cluster', { label: 'c2' }],
    ['another signer', { signerName: 'kubernetes.io/kubelet-serving' }],
    ['another PEM type', { pem: (pem) => pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE') }],
    ['no PEM', { pem: () => 'nonsense' }],
    ['no O', { organizations: [] }],
    ['only the common group', { organizations: [common] }],
    ['the O of another cluster', { organizations: [`${prefix}c2`, common] }],
    ['an O that starts like the cluster', { organizations: [`${prefix}c1xyz`, common] }],
    ['a further O', { organizations: [`${prefix}c1`, common, 'system:masters'] }],
    ['an O in other case', { organizations: [`${prefix}C1`, common] }],
    ['a CN without agent', { commonName: `${prefix}c1` }],
    ['a CN with an empty agent', { commonName: `${prefix}c1:` }],
    ['a CN of three parts', { commonName: `${prefix}c1:a1:b1` }],
    ['a CN of another cluster', { commonName: `${prefix}c2:a1` }],
    ['a CN that starts like the cluster', { commonName: `${prefix}c1xyz:a1` }],
    ['a CN without prefix', { commonName: 'c1:a1' }],
    ['label and O of one cluster, CN of another', { commonName: `${prefix}c10:a1` }],
    ['an OU', { organizationalUnits: ['signers'] }],
    ['alternative names', { dnsNames: ['kubernetes.default.svc'] }],
    ['a serving usage', { usages: ['client auth', 'server auth'] }],
    ['no client usage', { usages: ['digital signature'] }],
  ])('registration.md 100: %s is not recognised', (_what, given) => {
    expect(recognize(requestOf(given), signer)).toBeUndefined();
  });
});
