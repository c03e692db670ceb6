import { describe, expect, test } from '@jest/globals';
import type { Klusterlet } from '../../api/generated/operator.ts';
import { klusterletsOfDeployment, klusterletsOfSecret } from './affected-klusterlets.ts';
import { klusterletOf } from './klusterlet-fixture.ts';

const listOf = (...list: Klusterlet[]) => ({ list: () => list });

describe('keys (operator.md 139)', () => {
  const all = listOf(
    klusterletOf('default'),
    klusterletOf('hosted', {
      namespace: 'open-cluster-management-hosted',
      deployOption: { mode: 'Hosted' },
    }),
    klusterletOf('other', { namespace: 'open-cluster-management-other' }),
  );
  test.each([
    ['hub-kubeconfig-secret', 'open-cluster-management-agent', ['default']],
    ['bootstrap-hub-kubeconfig', 'open-cluster-management-other', ['other']],
    ['external-managed-kubeconfig', 'hosted', ['hosted']],
    ['external-managed-kubeconfig-work', 'hosted', ['hosted']],
    ['any', 'hosted', []],
    ['hub-kubeconfig-secret', 'elsewhere', []],
    ['hub-kubeconfig-secret', '', []],
    // The namespace of a Default Klusterlet is not its name, and that of a hosted one is not spec.namespace.
    ['hub-kubeconfig-secret', 'default', []],
    ['hub-kubeconfig-secret', 'open-cluster-management-hosted', []],
    ['hub-kubeconfig-secret', undefined, []],
  ])('Secret %s in %s → %j', (name, namespace, expected) => {
    expect(klusterletsOfSecret(all)({ metadata: { name, namespace } })).toEqual(expected);
  });
  test.each([
    ['default-registration-agent', 'open-cluster-management-agent', ['default']],
    ['hosted-agent', 'hosted', ['hosted']],
    ['nginx', 'hosted', []],
    ['default-work-agent', undefined, []],
    ['default-work-agent', '', []],
    ['default-work-agent', 'default', []],
  ])('Deployment %s in %s → %j', (name, namespace, expected) => {
    expect(klusterletsOfDeployment(all)({ metadata: { name, namespace } })).toEqual(expected);
  });
});
