import { describe, expect, test } from '@jest/globals';
import type { ClusterManager } from '../../../api/generated/operator.ts';
import { render } from '../../bundle/index.ts';
import { permissions, type Rule, roleOfChart } from '../../chart-role-fixture.ts';
import { bundles } from './fixture.ts';
import { nothingObserved, renderInput } from './parameters.ts';

const held = new Set(roleOfChart('cluster-manager'));
const isHeld = (permission: string): boolean =>
  held.has(permission) || held.has(permission.replace(/ \S+$/, ' *'));

const gate = (feature: string) => ({ feature, mode: 'Enable' as const });
const everything: ClusterManager = {
  metadata: { name: 'cm' },
  spec: {
    deployOption: { mode: 'Default' },
    registrationConfiguration: {
      featureGates: [gate('ClusterImporter'), gate('ClusterProfile'), gate('ResourceCleanup')],
      registrationDrivers: [{ authType: 'csr' }, { authType: 'grpc' }],
    },
    workConfiguration: { workDriver: 'kube', featureGates: [gate('ManifestWorkReplicaSet')] },
    addOnManagerConfiguration: { featureGates: [gate('AddonManagement')] },
  },
};
const observed = {
  ...nothingObserved('open-cluster-management', { minVersion: 'VersionTLS12', cipherSuites: [] }),
  convertsAddons: true,
  grantsTokens: true,
};

describe.each(bundles.map((bundle) => [bundle.version, bundle] as const))('bundle %s', (_, bundle) => {
  test('grants nothing that the operator of an upstream chart does not hold', () => {
    const rules = render(bundle, 'clustermanager', renderInput(everything, observed))
      .flatMap(({ objects }) => objects.map(({ object }) => object))
      .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
      .flatMap(({ rules: some }) => some as Rule[]);
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.flatMap(permissions).filter((permission) => !isHeld(permission))).toEqual([]);
  });
});
