import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster, ManagedClusterSet, ManagedClusterTaint } from '../../api/generated/cluster.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { parseFlags } from '../../runtime/process/flags/flags.ts';
import { autoAcceptance } from './accept/accept-controller.ts';
import { isAsWanted } from '../../runtime/controller/ensure.ts';
import {
  clusterRoleBindingFor,
  clusterRoleFor,
  commonClusterRolesFor,
  namespaceOf,
  registrationRoleBindingFor,
  workRoleBindingFor,
} from './accept/permissions.ts';
import { featureLabelChanges } from './addon-features.ts';
import { clockCondition } from './clock-sync.ts';
import { awaitsFirstWrite, firstWrite } from './first-write.ts';
import {
  autoApprovedUsers,
  parseLabels,
  registrationControllerFlags,
  validateControllerFlags,
} from './flags.ts';
import { nextToGo, parseGcResource, priorityOf } from './gc.ts';
import { sight } from './lease.ts';
import { boundCondition } from './sets/binding-controller.ts';
import { decide } from './sets/default-sets.ts';
import { concernedBy, namespacesFor } from './sets/managed-namespaces.ts';
import { emptyCondition, setsChangedBy } from './sets/set-controller.ts';
import { taintsFor } from './taints.ts';

const cluster = (
  name: string,
  labels: Record<string, string> = {},
  more: Partial<ManagedCluster> = {},
): ManagedCluster => ({
  metadata: { name, labels, uid: 'u', resourceVersion: '1' },
  ...more,
});

const setLabel = 'cluster.open-cluster-management.io/clusterset';

describe('flags', () => {
  const flagsOf = (...args: string[]) => parseFlags(registrationControllerFlags, args).flags;

  test('registration.md 14: entries of the clean-up list', () => {
    expect(parseGcResource('a/b')).toBeUndefined();
    expect(parseGcResource('a//c')).toBeUndefined();
    expect(parseGcResource('work.open-cluster-management.io/v1/manifestworks')).toMatchObject({
      group: 'work.open-cluster-management.io',
      version: 'v1',
      plural: 'manifestworks',
    });
  });

  test('registration.md 15: labels', () => {
    expect(() => validateControllerFlags(flagsOf('--labels=a'))).toThrow('"a" is not of the form key=value');
    expect(parseLabels('a=1,b=2')).toEqual({ a: '1', b: '2' });
    expect(parseLabels('')).toEqual({});
  });

  test('registration.md 1.2: the newer list of users replaces the older one', () => {
    expect(autoApprovedUsers(flagsOf('--cluster-auto-approval-users=a'))).toEqual(['a']);
    expect(
      autoApprovedUsers(flagsOf('--cluster-auto-approval-users=a', '--auto-approved-csr-users=b,c')),
    ).toEqual(['b', 'c']);
  });
});

describe('permissions', () => {
  const subjects = ['system:open-cluster-management:c1', 'open-cluster-management:c1'];

  test('registration.md 84: an accepted cluster gets four rules', () => {
    expect(clusterRoleFor('c1', true, {}).rules).toEqual([
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests'],
        verbs: ['create', 'get', 'list', 'watch'],
      },
      {
        apiGroups: ['register.open-cluster-management.io'],
        resources: ['managedclusters/clientcertificates'],
        verbs: ['renew'],
      },
      {
        apiGroups: ['cluster.open-cluster-management.io'],
        resources: ['managedclusters'],
        resourceNames: ['c1'],
        verbs: ['get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: ['cluster.open-cluster-management.io'],
        resources: ['managedclusters/status'],
        resourceNames: ['c1'],
        verbs: ['patch', 'update'],
      },
    ]);
  });

  test('registration.md 86: a denied one keeps a look at itself', () => {
    expect(clusterRoleFor('c1', false, {}).rules).toEqual([
      {
        apiGroups: ['cluster.open-cluster-management.io'],
        resources: ['managedclusters'],
        resourceNames: ['c1'],
        verbs: ['get', 'list', 'watch'],
      },
    ]);
  });

  test('registration.md 84, 85, D21: names, subjects, finalizer and labels', () => {
    const extra = { team: 'x' };
    const all = [
      namespaceOf('c1', extra),
      clusterRoleFor('c1', true, extra),
      clusterRoleBindingFor('c1', extra),
      registrationRoleBindingFor('c1', extra),
      workRoleBindingFor('c1', extra),
    ];
    expect(all.map(({ metadata }) => metadata.name)).toEqual([
      'c1',
      'open-cluster-management:managedcluster:c1',
      'open-cluster-management:managedcluster:c1',
      'open-cluster-management:managedcluster:c1:registration',
      'open-cluster-management:managedcluster:c1:work',
    ]);
    for (const { metadata } of all)
      expect(metadata.labels).toEqual({ team: 'x', 'open-cluster-management.io/cluster-name': 'c1' });
    expect(workRoleBindingFor('c1', extra).metadata.finalizers).toEqual([
      'cluster.open-cluster-management.io/manifest-work-cleanup',
    ]);
    expect(clusterRoleBindingFor('c1', extra).subjects?.map(({ name }) => name)).toEqual(subjects);
    expect(commonClusterRolesFor(extra).map(({ metadata }) => metadata.labels)).toEqual([
      { team: 'x', 'open-cluster-management.io/cluster-name': '' },
      { team: 'x', 'open-cluster-management.io/cluster-name': '' },
    ]);
    expect(extra).toEqual({ team: 'x' });
  });

  test('registration.md 84: a settled object costs nothing, an edited one does', () => {
    const want = clusterRoleFor('c1', true, {});
    const have = { ...want, metadata: { ...want.metadata, labels: { ...want.metadata.labels, other: '1' } } };
    expect(isAsWanted(have, want)).toBe(true);
    expect(isAsWanted(undefined, want)).toBe(false);
    expect(isAsWanted({ ...have, rules: have.rules!.slice(1) }, want)).toBe(false);
    expect(isAsWanted({ ...have, metadata: { name: 'x', labels: {} } }, want)).toBe(false);
  });
});

describe('acceptance', () => {
  const now = new Date('2026-01-02T03:04:05.678Z');
  const noted = { 'open-cluster-management.io/automatically-accepted-on': '2026-01-02T03:04:05Z' };

  test('registration.md 103, 104, 105: automatic acceptance happens once', () => {
    expect(autoAcceptance(cluster('c1'), now)).toEqual({
      metadata: { uid: 'u', resourceVersion: '1', annotations: noted },
      spec: { hubAcceptsClient: true },
    });
    expect(autoAcceptance(cluster('c1', {}, { spec: { hubAcceptsClient: true } }), now)).toEqual({
      metadata: { uid: 'u', resourceVersion: '1', annotations: noted },
    });
    expect(autoAcceptance({ metadata: { name: 'c1', annotations: noted } }, now)).toBeUndefined();
  });

  test('the first write of an accepted cluster holds finalizers and taint', () => {
    const accepted = cluster('c1', {}, { spec: { hubAcceptsClient: true } });
    expect(awaitsFirstWrite(accepted)).toBe(true);
    expect(awaitsFirstWrite(cluster('c1'))).toBe(false);
    const write = firstWrite({ ...accepted, metadata: { ...accepted.metadata, finalizers: ['x'] } }, true);
    expect(write).toEqual({
      metadata: {
        uid: 'u',
        resourceVersion: '1',
        finalizers: [
          'x',
          'cluster.open-cluster-management.io/api-resource-cleanup',
          'cluster.open-cluster-management.io/resource-cleanup',
        ],
      },
      spec: { taints: [{ key: 'cluster.open-cluster-management.io/unreachable', effect: 'NoSelect' }] },
    });
  });
});

describe('leases', () => {
  const at = (time: number) => new Date(time).toISOString();

  const grace = 300_000;

  test('since-1.3.1.md 56: where no clock is looked at, even the first sight counts on the clock of the hub', () => {
    expect(sight(undefined, at(1_000), grace, 5_000, 'ignored').seenAt).toBe(5_000);
    expect(sight(undefined, undefined, grace, 5_000, 'ignored').seenAt).toBe(0);
  });

  test('registration.md 62: at first sight the time of the lease counts', () => {
    expect(sight(undefined, at(1_000), grace, 5_000).seenAt).toBe(1_000);
  });

  test('a lease from the future counts from now', () => {
    expect(sight(undefined, at(9_000), grace, 5_000).seenAt).toBe(5_000);
  });

  test('registration.md 70: a lease without a time never was renewed', () => {
    expect(sight(undefined, undefined, grace, 5_000).seenAt).toBe(0);
  });

  test('a renewal that is seen counts from then, whatever clock wrote it', () => {
    const first = sight(undefined, at(1_000), grace, 5_000);
    expect(sight(first, at(1_000), grace, 8_000)).toBe(first);
    expect(sight(first, at(1_500), grace, 8_000).seenAt).toBe(8_000);
  });

  test('a shorter grace counts from its announcement', () => {
    const first = sight(undefined, at(1_000), grace, 5_000);
    expect(sight(first, at(1_000), 10_000, 60_000).seenAt).toBe(60_000);
  });
});

describe('clocks', () => {
  test.each([
    [299_999, 'True', 'ManagedClusterClockSynced'],
    [-299_999, 'True', 'ManagedClusterClockSynced'],
    [300_000, 'False', 'ManagedClusterClockOutOfSync'],
    [-301_000, 'False', 'ManagedClusterClockOutOfSync'],
  ])('registration.md 66: a distance of %d ms is %s', (distance, status, reason) => {
    expect(clockCondition(cluster('a'), distance, 300_000)).toMatchObject({ status, reason });
  });

  test.each([
    ['true', 'True'],
    ['True', 'False'],
    ['1', 'False'],
    ['false', 'False'],
    ['', 'False'],
  ])('since-1.3.1.md 52, 53: a clock that is hours off, with the annotation "%s"', (value, status) => {
    const annotations = { 'registration.open-cluster-management.io/skip-clock-sync-check': value };
    const annotated = cluster('a', {}, { metadata: { name: 'a', annotations } });
    expect(clockCondition(annotated, -7_200_000, 300_000)).toMatchObject({
      status,
      reason: status === 'True' ? 'ManagedClusterClockSynced' : 'ManagedClusterClockOutOfSync',
    });
  });
});

describe('taints', () => {
  const own = (which: string): ManagedClusterTaint => ({
    key: `cluster.open-cluster-management.io/${which}`,
    effect: 'NoSelect',
  });
  const stamped = (taint: ManagedClusterTaint) => ({ ...taint, timeAdded: '2026-01-01T00:00:00Z' });
  const user: ManagedClusterTaint = { key: 'user', effect: 'NoSelect' };
  const similar: ManagedClusterTaint = { ...own('unreachable'), effect: 'PreferNoSelect' };

  test.each([
    ['undefined', undefined, [user], [user, own('unreachable')]],
    ['Unknown', 'Unknown', [stamped(own('unavailable')), user], [user, own('unreachable')]],
    ['False', 'False', [stamped(own('unreachable')), similar], [similar, own('unavailable')]],
    ['True', 'True', [stamped(own('unreachable')), own('unavailable'), user], [user]],
  ])('registration.md 118: availability %s', (_name, available, before, after) => {
    expect(taintsFor(before, available)).toEqual(after);
  });

  test('registration.md 118: taints that are right stay the same', () => {
    const taints = [stamped(own('unreachable')), user];
    expect(taintsFor(taints, 'Unknown')).toBe(taints);
  });
});

describe('cluster sets', () => {
  const exclusive = (name: string): ManagedClusterSet => ({
    metadata: { name },
    spec: { clusterSelector: { selectorType: 'ExclusiveClusterSetLabel' } },
  });
  const bySelector = (name: string, labelSelector?: object): ManagedClusterSet => ({
    metadata: { name },
    spec: { clusterSelector: { selectorType: 'LabelSelector', labelSelector } },
  });

  test('registration.md 120: a change of labels concerns the sets that it changes', () => {
    const sets = [exclusive('s1'), exclusive('s2'), bySelector('all', {})];
    const change = (before: Record<string, string>, after: Record<string, string>) =>
      setsChangedBy({ type: 'updated', previous: cluster('a', before), object: cluster('a', after) }, sets);
    expect(change({ [setLabel]: 's1' }, { [setLabel]: 's1', other: '1' })).toEqual([]);
    expect(change({ [setLabel]: 's1' }, { [setLabel]: 's2' })).toEqual(['s1', 's2']);
    expect(setsChangedBy({ type: 'deleted', object: cluster('a', { [setLabel]: 's1' }) }, sets)).toEqual([
      's1',
      'all',
    ]);
  });

  test('registration.md 119, 122: conditions', () => {
    expect(emptyCondition(0)).toMatchObject({ status: 'True', reason: 'NoClusterMatched' });
    expect(emptyCondition(3)).toMatchObject({ status: 'False', message: '3 ManagedClusters selected' });
    expect(boundCondition(true)).toMatchObject({ status: 'True', reason: 'ClusterSetBound', message: '' });
    expect(boundCondition(false)).toMatchObject({ status: 'False', reason: 'ClusterSetNotFound' });
  });

  test('registration.md 121: default and global sets', () => {
    const opted = { annotations: { 'cluster.open-cluster-management.io/autoupdate': 'false' } };
    expect(decide('default', undefined)).toBe('create');
    expect(decide('default', exclusive('default'))).toBe('nothing');
    expect(decide('default', bySelector('default', {}))).toBe('revert');
    expect(decide('global', bySelector('global', {}))).toBe('nothing');
    expect(decide('global', bySelector('global'))).toBe('revert');
    expect(decide('global', bySelector('global', { matchLabels: { a: 'b' } }))).toBe('revert');
    expect(decide('default', { ...bySelector('default', {}), metadata: { name: 'default', ...opted } })).toBe(
      'nothing',
    );
    const withNamespaces = exclusive('default');
    withNamespaces.spec!.managedNamespaces = [{ name: 'n' }];
    expect(decide('default', withNamespaces)).toBe('nothing');
  });

  test('registration.md 78, 82, D10: namespaces by set and name, with what the agent said', () => {
    const withNamespaces = (name: string, list: string[], leaving = false): ManagedClusterSet => ({
      metadata: { name, ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
      spec: { managedNamespaces: list.map((each) => ({ name: each })) },
    });
    const conditions = [
      {
        type: 'NamespaceAvailable',
        status: 'True',
        reason: 'NamespaceApplied',
        message: '',
        lastTransitionTime: 't',
      },
    ] as const;
    expect(
      namespacesFor(
        [withNamespaces('z', ['b', 'a']), withNamespaces('s', ['c']), withNamespaces('gone', ['x'], true)],
        [
          { name: 'a', clusterSet: 'z', conditions: [...conditions] },
          { name: 'c', clusterSet: 'z', conditions: [...conditions] },
        ],
      ),
    ).toEqual([
      { name: 'c', clusterSet: 's' },
      { name: 'a', clusterSet: 'z', conditions },
      { name: 'b', clusterSet: 'z' },
    ]);
    expect(namespacesFor([], [])).toEqual([]);
  });
});

test('registration.md 79: a set concerns its clusters and those that were its clusters, each once', () => {
  const setOf = (name: string, selector?: object): ManagedClusterSet => ({
    metadata: { name },
    spec: {
      clusterSelector: selector
        ? { selectorType: 'LabelSelector', labelSelector: selector }
        : { selectorType: 'ExclusiveClusterSetLabel' },
      managedNamespaces: [{ name: 'n' }],
    },
  });
  const mentions = (clusterSet: string) => ({ status: { managedNamespaces: [{ name: 'n', clusterSet }] } });
  const clusters = [
    cluster('new', { [setLabel]: 's' }),
    cluster('stays', { [setLabel]: 's' }, mentions('s')),
    cluster('left', { [setLabel]: 'other' }, mentions('s')),
    cluster('other', { [setLabel]: 'other' }, mentions('other')),
    cluster('none'),
  ];
  expect(concernedBy(setOf('s'), clusters)).toEqual(['new', 'stays', 'left']);
  const emptied = { ...setOf('s'), spec: { ...setOf('s').spec, managedNamespaces: [] } };
  expect(concernedBy(emptied, clusters)).toEqual(['stays', 'left']);
  expect(concernedBy(setOf('all', {}), clusters)).toEqual(['new', 'stays', 'left', 'other', 'none']);
  const broken = { matchExpressions: [{ key: 'a', operator: 'Foo' }] };
  expect(concernedBy(setOf('s', broken), clusters)).toEqual(['stays', 'left']);
});

describe('clean-up', () => {
  const object = (name: string, priority?: string): KubeObject => ({
    metadata: {
      name,
      annotations: priority === undefined ? {} : { 'open-cluster-management.io/cleanup-priority': priority },
    },
  });

  test.each([
    [undefined, 0],
    ['20', 20],
    ['100', 100],
    ['101', 0],
    ['-1', 0],
    ['x', 0],
    ['1.5', 0],
  ])('registration.md 94: the priority %s is %d', (text, priority) => {
    expect(priorityOf(object('a', text))).toBe(priority);
  });

  test('registration.md 92: the lowest priority goes first, all of it at once', () => {
    const next = nextToGo([object('a', '20'), object('b'), object('c', '0'), object('d', '100')]);
    expect(next.map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
  });
});

describe('labels of add-ons', () => {
  const addon = (
    name: string,
    status?: 'True' | 'False' | 'Unknown',
    leaving = false,
  ): ManagedClusterAddOn => ({
    spec: {},
    metadata: { name, ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    status: status && {
      conditions: [{ type: 'Available', status, reason: 'r', message: '', lastTransitionTime: 't' }],
    },
  });
  const key = (name: string) => `feature.open-cluster-management.io/addon-${name}`;

  test('registration.md 140, D11: three values, stale ones removed, foreign ones untouched', () => {
    const labels = { [key('gone')]: 'available', [key('same')]: 'available', other: '1' };
    const addons = [
      addon('same', 'True'),
      addon('bad', 'False'),
      addon('far', 'Unknown'),
      addon('new'),
      addon('leaving', 'True', true),
      addon('x'.repeat(60), 'True'),
    ];
    expect(featureLabelChanges(labels, addons)).toEqual({
      [key('gone')]: null,
      [key('bad')]: 'unhealthy',
      [key('far')]: 'unreachable',
      [key('new')]: 'unreachable',
    });
    expect(featureLabelChanges({ [key('same')]: 'available' }, [addon('same', 'True')])).toEqual({});
  });
});
