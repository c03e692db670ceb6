import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { type TokenTask, infrastructureReady, tokenInfrastructure, tokenTask } from './infrastructure.ts';

interface Given {
  drivers?: ('csr' | 'token' | undefined)[];
  isTold?: boolean;
  isDeleting?: boolean;
}

const addonWith = ({ drivers = [], isTold = false, isDeleting = false }: Given): ManagedClusterAddOn => ({
  metadata: { name: 'a', namespace: 'c1', ...(isDeleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
  spec: {},
  status: {
    registrations: [
      { type: 'customSigner', customSigner: { signerName: 'example.com/s' } },
      ...drivers.map((driver) => ({
        type: 'kubeClient' as const,
        kubeClient: { ...(driver && { driver }) },
      })),
    ],
    ...(isTold && {
      conditions: [
        {
          type: 'TokenInfrastructureReady',
          status: 'True' as const,
          reason: 'TokenInfrastructureReady',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    }),
  },
});

describe('what an add-on’s tokens need', () => {
  test.each<[string, Given | undefined, TokenTask]>([
    ['53: the token driver', { drivers: ['token'] }, 'apply'],
    ['53: the csr driver', { drivers: ['csr'] }, 'nothing'],
    ['53: no driver yet', { drivers: [undefined] }, 'nothing'],
    ['54: no registration for the hub', {}, 'nothing'],
    [
      '54: another driver, and the condition of before',
      { drivers: ['csr'], isTold: true },
      'removeAndForget',
    ],
    ['55: no registration any more', { isTold: true }, 'removeAndForget'],
    ['56: leaving with the condition', { drivers: ['token'], isDeleting: true, isTold: true }, 'remove'],
    ['56: leaving without it', { drivers: ['token'], isDeleting: true }, 'nothing'],
    ['56: gone', undefined, 'remove'],
    ['58: several, the first of which counts', { drivers: ['token', 'csr'] }, 'apply'],
    ['58: several, the first of which counts', { drivers: ['csr', 'token'] }, 'nothing'],
  ])('addon.md %s', (_, given, task) => {
    expect(tokenTask(given && addonWith(given))).toBe(task);
  });

  test('addon.md 53: three objects, and the UID where agents look for it', () => {
    const { serviceAccount, role, roleBinding } = tokenInfrastructure('a', 'c1', 'hub');
    const labels = {
      'addon.open-cluster-management.io/name': 'a',
      'addon.open-cluster-management.io/token-infrastructure': 'true',
    };
    expect(serviceAccount).toEqual({ metadata: { name: 'a-agent', namespace: 'c1', labels } });
    expect(role).toMatchObject({
      metadata: { name: 'a-token-role', namespace: 'c1', labels },
      rules: [{ resourceNames: ['a-agent'], verbs: ['create'] }, { verbs: ['subscribe'] }],
    });
    expect(roleBinding).toMatchObject({
      metadata: { name: 'a-token-role', namespace: 'c1', labels },
      roleRef: { kind: 'Role', name: 'a-token-role' },
      subjects: [
        { kind: 'Group', name: 'system:open-cluster-management:c1' },
        { kind: 'Group', name: 'open-cluster-management:c1' },
        { kind: 'ServiceAccount', name: 'grpc-server-sa', namespace: 'hub' },
      ],
    });
    const made = { metadata: { name: 'a-agent', namespace: 'c1', uid: 'u' } };
    expect(infrastructureReady(made).message).toBe('ServiceAccount c1/a-agent (UID: u) is ready');
  });
});
