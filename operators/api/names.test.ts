import { describe, expect, test } from '@jest/globals';
import * as conditions from './conditions.ts';
import * as identities from './identities.ts';
import * as names from './names.ts';

const hash = '0123456789abcdef'.repeat(4);

describe('registration.md 0.1: identities', () => {
  test.each([
    [identities.managedClustersGroup, 'system:open-cluster-management:managed-clusters'],
    [identities.clusterGroup('c1'), 'system:open-cluster-management:c1'],
    [identities.awsClusterGroup('c1'), 'open-cluster-management:c1'],
    [identities.agentUser('c1', 'a1'), 'system:open-cluster-management:c1:a1'],
    [identities.addonGroup('c1', 'logs'), 'system:open-cluster-management:cluster:c1:addon:logs'],
    [identities.addonUser('c1', 'logs'), 'system:open-cluster-management:cluster:c1:addon:logs:agent:logs'],
    [identities.serviceAccountUser('ns', 'sa'), 'system:serviceaccount:ns:sa'],
    [identities.clusterRoleOf('c1'), 'open-cluster-management:managedcluster:c1'],
    [identities.registrationRoleBindingOf('c1'), 'open-cluster-management:managedcluster:c1:registration'],
    [identities.workRoleBindingOf('c1'), 'open-cluster-management:managedcluster:c1:work'],
  ])('%s', (name, expected) => expect(name).toBe(expected));
});

/** As the API server judges keys of labels and annotations, and names of finalizers. */
const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

test.each([
  ...Object.values(names.label),
  ...Object.values(names.annotation),
  ...Object.values(names.finalizer),
  ...Object.values(names.taint),
  names.addonFeatureLabel('logs'),
  names.managedNamespaceLabel(hash),
])('%s is a qualified name', (name) => expect(name).toMatch(qualifiedName));

test('the label of managed namespaces holds 63 characters of the hash', () => {
  expect(names.managedNamespaceLabel(hash)).toBe(
    `clusterset.open-cluster-management.io/${hash.slice(0, 63)}`,
  );
});

describe('conditions', () => {
  const all = Object.entries(conditions)
    .filter(([name]) => name.endsWith('Condition'))
    .flatMap(([object, types]) =>
      Object.values(types as Record<string, conditions.ConditionNames<string, string>>).map(
        ({ type, reason }) => [object, type, Object.values(reason)] as const,
      ),
    );

  test.each(all)('%s %s has reasons that the API accepts', (_, type, reasons) => {
    expect(type).toMatch(/^[A-Za-z]+$/);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
  });

  test('a reason is its own name', () => {
    expect(conditions.managedClusterCondition.joined).toEqual({
      type: 'ManagedClusterJoined',
      reason: { ManagedClusterJoined: 'ManagedClusterJoined' },
    });
  });

  test('every reason of a condition rule has the prefix by which outdated ones are found', () => {
    for (const reason of Object.values(conditions.conditionRuleReason)) {
      expect(reason.startsWith(conditions.conditionRulePrefix)).toBe(true);
    }
  });
});
