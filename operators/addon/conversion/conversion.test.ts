import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { load } from 'js-yaml';
import type {
  ClusterManagementAddOn,
  ClusterManagementAddOnV1alpha1,
  ManagedClusterAddOn,
  ManagedClusterAddOnV1alpha1,
} from '../../api/generated/addon.ts';
import { annotation } from '../../api/names.ts';
import { convertAddon } from './convert.ts';
import * as managed from './managed-addon.ts';
import * as management from './management-addon.ts';

const v1alpha1 = 'addon.open-cluster-management.io/v1alpha1';
const v1beta1 = 'addon.open-cluster-management.io/v1beta1';
const metadata = {
  name: 'a',
  namespace: 'cluster1',
  uid: 'u',
  labels: { x: 'y' },
  annotations: { mine: 'kept' },
  finalizers: ['f'],
};

describe('ManagedClusterAddOn', () => {
  const newer: ManagedClusterAddOn = {
    apiVersion: v1beta1,
    kind: 'ManagedClusterAddOn',
    metadata: { ...metadata, annotations: { mine: 'kept', [annotation.addonInstallNamespace]: 'ns' } },
    spec: { configs: [{ group: 'g', resource: 'r', namespace: 'n', name: 'c' }] },
    status: {
      namespace: 'ns',
      healthCheck: { mode: 'Lease' },
      configReferences: [
        {
          group: 'g',
          resource: 'r',
          desiredConfig: { namespace: 'n', name: 'c', specHash: 'h' },
          lastObservedGeneration: 3,
        },
      ],
      registrations: [
        { type: 'kubeClient', kubeClient: { driver: 'csr', subject: { user: 'u', groups: ['g'] } } },
        {
          type: 'customSigner',
          customSigner: {
            signerName: 'example.com/s',
            subject: { user: 'u', groups: ['g'], organizationUnits: ['o'] },
          },
        },
      ],
    },
  };

  test('addon.md 93, 95: in v1alpha1', () => {
    expect(managed.toV1alpha1(newer)).toEqual({
      apiVersion: v1alpha1,
      kind: 'ManagedClusterAddOn',
      metadata,
      spec: { ...newer.spec, installNamespace: 'ns' },
      status: {
        namespace: 'ns',
        healthCheck: { mode: 'Lease' },
        kubeClientDriver: 'csr',
        configReferences: [
          {
            group: 'g',
            resource: 'r',
            namespace: 'n',
            name: 'c',
            desiredConfig: { namespace: 'n', name: 'c', specHash: 'h' },
            lastObservedGeneration: 3,
          },
        ],
        registrations: [
          { signerName: 'kubernetes.io/kube-apiserver-client', subject: { user: 'u', groups: ['g'] } },
          { signerName: 'example.com/s', subject: { user: 'u', groups: ['g'], organizationUnit: ['o'] } },
        ],
      },
    });
  });

  test('addon.md 93: there and back nothing is lost', () => {
    expect(managed.toV1beta1(managed.toV1alpha1(newer))).toEqual(newer);
    const bare: ManagedClusterAddOn = { apiVersion: v1beta1, metadata: { name: 'a' }, spec: {} };
    expect(managed.toV1beta1(managed.toV1alpha1(bare))).toEqual(bare);
  });

  const subject = fc.record(
    {
      user: fc.string(),
      groups: fc.array(fc.string()),
      organizationUnit: fc.array(fc.string(), { minLength: 1 }),
    },
    { requiredKeys: ['user'] },
  );
  const older = fc.record({
    installNamespace: fc.constantFrom(undefined, 'ns', 'other'),
    kubeClientDriver: fc.constantFrom(undefined, 'csr', 'token'),
    registrations: fc.option(
      fc.array(
        fc.record(
          {
            signerName: fc.constantFrom('kubernetes.io/kube-apiserver-client', 'example.com/s'),
            subject,
          },
          { requiredKeys: ['signerName'] },
        ),
      ),
      { nil: undefined },
    ),
  });

  test('addon.md 93 (A25): whatever v1alpha1 says of registrations comes back', () => {
    fc.assert(
      fc.property(older, ({ installNamespace, kubeClientDriver, registrations }) => {
        const addon = {
          apiVersion: v1alpha1,
          metadata,
          spec: { ...(installNamespace && { installNamespace }) },
          status: { ...(kubeClientDriver && { kubeClientDriver }), ...(registrations && { registrations }) },
        } as ManagedClusterAddOnV1alpha1;
        expect(managed.toV1alpha1(managed.toV1beta1(addon))).toEqual(addon);
      }),
    );
  });

  test('addon.md 8 (A25): what v1beta1 has no field for is kept in an annotation while it still fits', () => {
    const addon = managed.toV1beta1({
      metadata,
      spec: {},
      status: {
        registrations: [
          {
            signerName: 'kubernetes.io/kube-apiserver-client',
            subject: { user: 'u', organizationUnit: ['o'] },
          },
        ],
      },
    });
    const renamed = structuredClone(addon);
    renamed.status!.registrations![0]!.kubeClient!.subject!.user = 'another';
    expect(managed.toV1alpha1(renamed).status?.registrations?.[0]?.subject).toEqual({ user: 'another' });
    for (const nonsense of [
      '{',
      '[]',
      '{"organizationUnits":3,"driver":4}',
      '{"organizationUnits":[null]}',
    ]) {
      addon.metadata.annotations![annotation.addonRegistrations] = nonsense;
      expect(managed.toV1alpha1(addon)).toMatchObject({
        metadata: { annotations: { mine: 'kept' } },
        status: { registrations: [{ subject: { user: 'u' } }] },
      });
    }
  });

  test('addon.md 8: the driver is that of every kubeClient; what is deprecated is left out', () => {
    const kubeClient = { signerName: 'kubernetes.io/kube-apiserver-client' };
    const converted = managed.toV1beta1({
      metadata,
      spec: { installNamespace: 'x' },
      status: {
        kubeClientDriver: 'token',
        addOnConfiguration: { crName: 'c' },
        registrations: [kubeClient, kubeClient],
        configReferences: [{ resource: 'r', name: 'c' }],
      },
    });
    expect(converted.status).toEqual({
      registrations: Array(2).fill({ type: 'kubeClient', kubeClient: { driver: 'token' } }),
      configReferences: [{ resource: 'r' }],
    });
  });
});

describe('ClusterManagementAddOn', () => {
  const strategy = {
    type: 'Placements' as const,
    placements: [{ name: 'p', namespace: 'n', rolloutStrategy: { type: 'All' as const } }],
  };
  const older: ClusterManagementAddOnV1alpha1 = {
    apiVersion: v1alpha1,
    kind: 'ClusterManagementAddOn',
    metadata,
    spec: {
      addOnMeta: { displayName: 'A' },
      installStrategy: strategy,
      supportedConfigs: [
        { group: 'g', resource: 'r', defaultConfig: { namespace: 'n', name: 'c' } },
        { group: 'g', resource: 'clusterwide', defaultConfig: { name: 'c' } },
        { group: 'g', resource: 'without' },
      ],
    },
    status: {
      defaultconfigReferences: [{ group: 'g', resource: 'r', desiredConfig: { name: 'c', specHash: 'h' } }],
      installProgressions: [{ name: 'p', namespace: 'n' }],
    },
  };

  test('addon.md 94, 95: in v1beta1', () => {
    expect(management.toV1beta1(older)).toEqual({
      apiVersion: v1beta1,
      kind: 'ClusterManagementAddOn',
      metadata,
      spec: {
        addOnMeta: { displayName: 'A' },
        installStrategy: strategy,
        defaultConfigs: [
          { group: 'g', resource: 'r', namespace: 'n', name: 'c' },
          { group: 'g', resource: 'clusterwide', name: 'c' },
          { group: 'g', resource: 'without', name: '__reserved_no_default__' },
        ],
      },
      status: {
        defaultConfigReferences: older.status!.defaultconfigReferences,
        installProgressions: older.status!.installProgressions,
      },
    });
  });

  test('addon.md 94: there and back nothing is lost, but what is deprecated', () => {
    expect(management.toV1alpha1(management.toV1beta1(older))).toEqual(older);
    const deprecated = { ...older, spec: { ...older.spec, addOnConfiguration: { crName: 'c' } } };
    expect(management.toV1alpha1(management.toV1beta1(deprecated))).toEqual(older);
    const bare: ClusterManagementAddOn = { apiVersion: v1beta1, metadata: { name: 'a' }, spec: {} };
    expect(management.toV1beta1(management.toV1alpha1(bare))).toEqual(bare);
  });
});

describe('what cannot be converted', () => {
  const addon = { apiVersion: v1beta1, kind: 'ManagedClusterAddOn', metadata: { name: 'a' } };
  test.each([
    ['an unknown version', addon, 'addon.open-cluster-management.io/v2', 'ManagedClusterAddOn a cannot'],
    ['a version of another group', { ...addon, apiVersion: 'v1' }, v1alpha1, 'from v1 to'],
    ['another kind', { ...addon, kind: 'AddOnTemplate' }, v1alpha1, 'AddOnTemplate a cannot'],
    ['a kind that every object has', { ...addon, kind: 'constructor' }, v1alpha1, 'constructor a cannot'],
    ['a list that is none', { ...addon, status: { registrations: 3 } }, v1alpha1, 'ManagedClusterAddOn a'],
    ['an entry that is none', { ...addon, status: { configReferences: [null] } }, v1alpha1, 'a cannot be'],
  ])('addon.md 8: %s', (_, object, to, message) => {
    expect(() => convertAddon(object, to)).toThrow(message);
  });
});

describe('AddOnTemplate', () => {
  test('since-1.3.1.md 28: is the same in both versions, so that nothing converts it', async () => {
    const file = new URL(
      '../../../crds/addontemplates.addon.open-cluster-management.io.yaml',
      import.meta.url,
    );
    const { spec } = load(await readFile(file, 'utf8')) as {
      spec: { conversion?: object; versions: { name: string; served: boolean; storage: boolean }[] };
    };
    expect(spec.conversion).toBeUndefined();
    const [older, newer, ...others] = spec.versions;
    expect(others).toEqual([]);
    expect(older).toMatchObject({
      name: 'v1alpha1',
      served: true,
      storage: true,
      additionalPrinterColumns: [{ name: 'ADDON NAME', type: 'string', jsonPath: '.spec.addonName' }],
    });
    expect(newer).toEqual({ ...older, name: 'v1beta1', storage: false });
  });
});
