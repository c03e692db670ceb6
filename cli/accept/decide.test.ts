import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest } from '../../operators/runtime/client/kubernetes.ts';
import { decide, ofPresentLife } from './decide.ts';
import { type ReadRequest, readRequests } from './request.ts';
import { certificateRequest } from './request-fixture.ts';

const BOOTSTRAP = {
  username: 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap',
  groups: ['system:serviceaccounts:open-cluster-management'],
};
const GROUP = 'system:open-cluster-management:c1';
const agent = (name: string) => `${GROUP}:${name}`;

interface Options {
  identity?: { username: string; groups: string[] };
  condition?: string;
  organizations?: string[];
  signerName?: string;
}

const csr = (name: string, commonName: string, options: Options = {}): ReadRequest => {
  const object: CertificateSigningRequest = {
    metadata: { name },
    spec: {
      request: '',
      signerName: options.signerName ?? 'kubernetes.io/kube-apiserver-client',
      ...(options.identity ?? BOOTSTRAP),
    },
    ...(options.condition && { status: { conditions: [{ type: options.condition, status: 'True' }] } }),
  };
  const organizations = options.organizations ?? [GROUP, 'system:open-cluster-management:managed-clusters'];
  return { csr: object, subject: { commonName, organizations } };
};

const decideFor = (requests: ReadRequest[], flags = {}) => {
  const decision = decide('c1', requests, { skipApproveCheck: false, requesters: [], ...flags });
  return { ...decision, approve: decision.approve.map(({ metadata }) => metadata.name) };
};

describe('decide', () => {
  test.each([
    ['the bootstrap service account', BOOTSTRAP],
    [
      'a bootstrap token',
      { username: 'system:bootstrap:ocmhub', groups: ['system:bootstrappers:managedcluster'] },
    ],
    [
      'the gRPC server',
      {
        username: 'system:serviceaccount:open-cluster-management-hub:grpc-server-sa',
        groups: ['system:serviceaccounts:open-cluster-management-hub'],
      },
    ],
  ])('cli.md 44: a CSR of %s is approved', (_, identity) => {
    expect(decideFor([csr('a', agent('x'), { identity })])).toEqual({
      approve: ['a'],
      approved: false,
      notices: [],
      problems: [],
    });
  });

  test.each([
    [
      'another service account',
      { ...BOOTSTRAP, username: 'system:serviceaccount:open-cluster-management:other' },
    ],
    ['a service account whose name only begins alike', { ...BOOTSTRAP, username: `${BOOTSTRAP.username}-x` }],
    ['the right name without the group', { ...BOOTSTRAP, groups: ['system:authenticated'] }],
  ])('cli.md 45: %s is not approved unless the check is skipped', (_, identity) => {
    const foreign = [csr('a', agent('x'), { identity })];
    expect(decideFor(foreign)).toMatchObject({ approve: [], approved: false });
    expect(decideFor(foreign).problems[0]).toContain(`csr a was made by ${identity.username}`);
    expect(decideFor(foreign, { skipApproveCheck: true }).approve).toEqual(['a']);
  });

  test.each([
    ['another cluster', 'system:open-cluster-management:c2:x', {}],
    ['an add-on', `${GROUP}:addon:x:agent`, {}],
    ['nobody', `${GROUP}:`, {}],
    ['another group', agent('x'), { organizations: ['system:open-cluster-management:c2'] }],
    ['another signer', agent('x'), { signerName: 'kubernetes.io/kubelet-serving' }],
  ])('a request for %s under the label of this cluster is not approved', (_, commonName, options) => {
    const foreign = [csr('a', commonName, options)];
    expect(decideFor(foreign).approve).toEqual([]);
    expect(decideFor(foreign).problems[0]).toContain('csr a is not of an agent of cluster c1');
    expect(decideFor(foreign, { skipApproveCheck: true }).approve).toEqual(['a']);
  });

  test('cli.md 46: different requesters are skipped until one is chosen', () => {
    const two = [csr('a', agent('x')), csr('b', agent('y'))];
    const skipped = decideFor(two);
    expect(skipped.approve).toEqual([]);
    expect(skipped.notices).toEqual([
      `There are CSRs of different requesters: ${agent('x')},${agent('y')}, approve is skipped please specify the certain requesters with --requesters or set --skip-approve-check if all CSRs need to be approved`,
    ]);
    expect(decideFor(two, { requesters: [agent('x')] })).toMatchObject({
      approve: ['a'],
      notices: [`CSR b with requester ${agent('y')} is not in the approve list`],
    });
    expect(decideFor(two, { skipApproveCheck: true }).approve).toEqual(['a', 'b']);
  });

  test('several CSRs of one requester are all approved', () => {
    expect(decideFor([csr('a', agent('x')), csr('b', agent('x'))]).approve).toEqual(['a', 'b']);
  });

  test('cli.md 47: a denied CSR stays denied', () => {
    expect(decideFor([csr('a', agent('x'), { condition: 'Denied' })])).toMatchObject({
      approve: [],
      approved: false,
      notices: ['CSR a already denied'],
    });
  });

  test('an approved CSR counts', () => {
    expect(decideFor([csr('a', agent('x'), { condition: 'Approved' })])).toMatchObject({
      approve: [],
      approved: true,
      notices: ['CSR a already approved'],
    });
  });
});

describe('ofPresentLife', () => {
  const at = (name: string, creationTimestamp: string, condition?: string): CertificateSigningRequest => {
    const { csr: object } = csr(name, agent('x'), { condition });
    return { ...object, metadata: { name, creationTimestamp } };
  };

  test('leaves out what was decided before the cluster was created', () => {
    const created = '2026-01-01T12:00:00Z';
    const all = [
      at('former', '2026-01-01T11:00:00Z', 'Approved'),
      at('early', '2026-01-01T11:59:59Z'),
      at('approved', '2026-01-01T12:00:00Z', 'Approved'),
      at('denied', '2026-01-01T12:00:01Z', 'Denied'),
    ];
    expect(ofPresentLife(all, created).map(({ metadata }) => metadata.name)).toEqual([
      'early',
      'approved',
      'denied',
    ]);
  });
});

describe('readRequests', () => {
  const stored = (request: string): CertificateSigningRequest => ({
    metadata: { name: 'a' },
    spec: { request: Buffer.from(request).toString('base64'), signerName: 'x', ...BOOTSTRAP },
  });

  test('reads the subject', async () => {
    const [read] = await readRequests([stored(await certificateRequest(agent('x'), [GROUP, 'g']))]);
    expect(read).toMatchObject({ subject: { commonName: agent('x'), organizations: [GROUP, 'g'] } });
  });

  test.each([
    ['no request', 'no request'],
    ['nothing', ''],
  ])('%s is a problem that decide names', async (_, text) => {
    const [read] = await readRequests([stored(text)]);
    expect(decideFor([read!])).toMatchObject({
      approve: [],
      problems: [expect.stringContaining('csr a is not valid: ')],
    });
  });
});
