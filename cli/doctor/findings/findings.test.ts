import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CredentialFacts, Facts, HubFacts, ManagedFacts, WorkloadFacts } from '../facts.ts';
import { CODES } from './finding.ts';
import { findingsOf } from './index.ts';

const taken = '2026-01-02T00:00:00Z';
const early = '2026-01-01T00:00:00Z';
const hub: HubFacts = {
  clusterManager: { metadata: { name: 'cluster-manager' } } as never,
  operands: [],
  operator: { namespace: 'o', name: 'cluster-manager', wanted: 1, available: 1, pods: [] },
  webhooks: [],
  missingBootstrap: [],
  clusters: [],
  namespaces: [],
  works: [],
  placements: [],
  setBindings: [],
  addons: [],
  managementAddons: ['hello'],
};
const managed: ManagedFacts = {
  klusterlets: [{ metadata: { name: 'klusterlet' } } as never],
  operator: { namespace: 'o', name: 'klusterlet', wanted: 1, available: 1, pods: [] },
  agents: [],
  credentials: [],
  appliedWorks: [],
};

const codes = (facts: Pick<Facts, 'hub' | 'managed'>): string[] =>
  findingsOf({ version: 1, taken, server: 'https://h', unread: [], ...facts }, 'clusteradm').map(
    ({ code }) => code,
  );
const ofHub = (facts: Partial<HubFacts>) => codes({ hub: { ...hub, ...facts } });
const ofManaged = (facts: Partial<ManagedFacts>) => codes({ managed: { ...managed, ...facts } });

test('nothing is found where nothing is wrong', () => {
  expect(codes({ hub, managed })).toEqual([]);
});

test('what could not be read is not said to be missing', () => {
  expect(ofHub({ clusterManager: undefined, operator: undefined })).toEqual([]);
  expect(ofManaged({ klusterlets: undefined, operator: undefined })).toEqual([]);
});

test('docs/doctor.md tells each code', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');
  const told = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, row = '']) => [
    ...row.matchAll(/`([\w-]+)`/g),
  ]);
  expect(new Set(told.map(([, code]) => code))).toEqual(new Set(CODES));
  expect(told).toHaveLength(CODES.length);
});

describe('Deployments', () => {
  const agent: WorkloadFacts = { namespace: 'a', name: 'agent', wanted: 1, available: 0, pods: [] };
  const pod = { name: 'p', phase: 'Running', ready: false };
  test.each<[string, Partial<WorkloadFacts>]>([
    ['quota', { failure: 'pods "x" is forbidden: exceeded quota: none' }],
    ['pod-security', { failure: 'violates PodSecurity "restricted:latest"' }],
    ['pod-webhook', { failure: 'admission webhook "x" denied the request' }],
    ['no-pods', { failure: 'serviceaccount "x" not found' }],
    ['not-ready', { pods: [pod] }],
    ['container-config', { pods: [{ ...pod, reason: 'CreateContainerConfigError' }] }],
    ['crash', { pods: [{ ...pod, reason: 'Error', unscheduled: undefined }] }],
  ])('%s', (code, given) => {
    expect(ofManaged({ agents: [{ ...agent, ...given }] })).toEqual([code]);
  });
});

describe('credentials', () => {
  const credential: CredentialFacts = {
    namespace: 'a',
    secret: 's',
    purpose: 'bootstrap',
    present: true,
    server: 'https://hub',
  };
  const failed = (code: string) => ({ probe: { ok: false, code, message: 'said' } });
  test.each<[string, Partial<CredentialFacts>]>([
    ['unreachable', failed('TimeoutError')],
    ['unreachable', failed('EHOSTUNREACH')],
    ['server-certificate-expired', failed('CERT_HAS_EXPIRED')],
    ['clock', failed('CERT_NOT_YET_VALID')],
    ['ca', failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['connection', failed('EPIPE')],
    ['ca', { ...failed('SELF_SIGNED_CERT_IN_CHAIN'), proxy: 'http://p' }],
    ['hub-error', { probe: { ok: false, status: 500 } }],
    ['managed-kubeconfig-missing', { purpose: 'managed', present: false }],
    ['token-expired', { tokenExpires: early, probe: { ok: false, status: 401 } }],
  ])('%s', (code, given) => {
    expect(ofManaged({ credentials: [{ ...credential, ...given }] })).toEqual([code]);
  });

  test('an agent that has joined needs what it joined with no more', () => {
    const own: CredentialFacts = { ...credential, purpose: 'hub', probe: { ok: true } };
    const old = { ...credential, tokenExpires: early };
    expect(ofManaged({ credentials: [old, own] })).toEqual([]);
    expect(ofManaged({ credentials: [old, { ...own, namespace: 'b' }] })).toEqual(['token-expired']);
  });
});

const said = (type: string, status: string, reason = 'Tested') => ({
  type,
  status,
  reason,
  message: 'said',
  lastTransitionTime: early,
});

test.each([
  ['not-prepared', said('ReadyToApply', 'False')],
  ['apply-failed', said('Applied', 'False')],
  ['configuration', said('ValidConfiguration', 'False')],
  ['hub-connection', said('HubConnectionDegraded', 'True')],
  ['degraded', said('WorkDesiredDegraded', 'True')],
  ['klusterlet-deletion', said('Deleting', 'True')],
])('%s of a Klusterlet', (code, condition) => {
  const metadata = { name: 'klusterlet' };
  expect(ofManaged({ klusterlets: [{ metadata, status: { conditions: [condition] } } as never] })).toEqual([
    code,
  ]);
});

test.each([
  ['migration', said('MigrationSucceeded', 'False')],
  ['degraded', said('HubRegistrationDegraded', 'True')],
])('%s of a ClusterManager', (code, condition) => {
  const metadata = { name: 'cluster-manager' };
  expect(ofHub({ clusterManager: { metadata, status: { conditions: [condition] } } as never })).toEqual([
    code,
  ]);
});

describe('a hub and its fleet', () => {
  const addon = (conditions: object[], metadata = {}) =>
    [{ metadata: { name: 'hello', namespace: 'c1', ...metadata }, status: { conditions } }] as never;
  const placement = (reason: string) =>
    [
      {
        metadata: { name: 'p', namespace: 'n' },
        status: { conditions: [said('PlacementSatisfied', 'False', reason)] },
      },
    ] as never;
  test.each<[string, Partial<HubFacts>]>([
    ['clustermanager-missing', { clusterManager: null }],
    ['operator-missing', { operator: null }],
    ['webhook-ca', { webhooks: [{ configuration: 'w', service: 'n/s', ready: 1, caUntil: early }] }],
    ['cluster-namespace', { namespaces: [{ cluster: 'c1', phase: 'Missing' }] }],
    ['cluster-namespace', { namespaces: [{ cluster: 'c1', phase: 'Terminating' }] }],
    ['sets-empty', { placements: placement('AllManagedClusterSetsEmpty') }],
    ['no-match', { placements: placement('NoManagedClusterMatched') }],
    ['too-few', { placements: placement('NotAllDecisionsScheduled') }],
    ['placement', { placements: placement('Else') }],
    ['addon-config', { addons: addon([said('Configured', 'False')]) }],
    ['addon-manifests', { addons: addon([said('ManifestApplied', 'False')]) }],
    ['addon-deletion', { addons: addon([], { deletionTimestamp: early }) }],
  ])('%s', (code, facts) => {
    expect(ofHub(facts)).toEqual([code]);
  });

  test('what waits for a cluster is not told beside the cluster', () => {
    const cluster = { name: 'c1', requests: [], sets: [], cluster: { metadata: { name: 'c1' } } as never };
    const works = [{ metadata: { name: 'w', namespace: 'c1' } }] as never;
    expect(ofHub({ clusters: [cluster], works, addons: addon([said('Available', 'Unknown')]) })).toEqual([
      'not-accepted',
    ]);
  });
});
