import { describe, expect, test } from '@jest/globals';
import type { ClusterManagerSpec } from '../../../api/generated/operator.ts';
import type { Deployment, NetworkPolicy } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { validFeatureGates } from '../../feature-gates.ts';
import { clusterManager } from '../cluster-manager-fixture.ts';
import { objectsFor } from './fixture.ts';
import { nothingObserved, type Observed, unknownGates } from './parameters.ts';

const nothing: Observed = {
  ...nothingObserved('open-cluster-management', { minVersion: 'VersionTLS12', cipherSuites: [] }),
  convertsAddons: true,
};

const gate = (mode = 'Enable') => ({ feature: 'NetworkPolicies', mode });
type Spec = Partial<ClusterManagerSpec>;
const withGate: Spec = { registrationConfiguration: { featureGates: [gate()] } } as Spec;

const objectsOf = (spec: Spec, name = 'cluster-manager', observed: Partial<Observed> = {}) =>
  objectsFor(clusterManager(spec, name), { ...nothing, ...observed });
const policiesOf = (...args: Parameters<typeof objectsOf>): NetworkPolicy[] =>
  objectsOf(...args)
    .filter(({ object }) => object.kind === 'NetworkPolicy')
    .map(({ object }) => object as UnknownObject as NetworkPolicy);
const named = (policies: NetworkPolicy[], name: string) =>
  policies.find(({ metadata }) => metadata.name === name)?.spec;
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }));
const selected = (values: string[]) => ({ matchExpressions: [{ key: 'app', operator: 'In', values }] });

const podsOf = (name: string) => [
  'clustermanager-registration-controller',
  `${name}-registration-webhook`,
  `${name}-work-controller`,
  `${name}-work-webhook`,
  'clustermanager-placement-controller',
  'clustermanager-addon-manager-controller',
  `${name}-addon-webhook`,
  `${name}-grpc-server`,
];
/** Everything that a hub can have. */
const full: Spec = {
  registrationConfiguration: {
    featureGates: [gate()],
    registrationDrivers: [{ authType: 'csr' }, { authType: 'grpc' }],
  },
  workConfiguration: { featureGates: [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' }] },
  placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
} as Spec;

describe('network policies of a hub', () => {
  test.each<[string, Spec]>([
    ['no registrationConfiguration', {}],
    ['no gates', { registrationConfiguration: { featureGates: [] } } as Spec],
    ['the gate off', { registrationConfiguration: { featureGates: [gate('Disable')] } } as Spec],
    [
      'the gate off by its first entry',
      { registrationConfiguration: { featureGates: [gate('Disable'), gate()] } } as Spec,
    ],
  ])('since-1.3.1.md 1: with %s there is none', (_, spec) => {
    expect(policiesOf(spec)).toEqual([]);
  });

  test('since-1.3.1.md 2, 14: five, in the namespace of the hub, the one that denies last', () => {
    const policies = policiesOf(withGate);
    expect(policies.map(({ metadata }) => [metadata.namespace, metadata.name])).toEqual(
      [
        'allow-egress',
        'allow-intra-namespace',
        'allow-hub-ingress',
        'allow-prometheus-ingress',
        'default-deny-all',
      ].map((name) => ['open-cluster-management-hub', name]),
    );
  });

  test.each(['cluster-manager', 'other'])(
    'since-1.3.1.md 3, 4: whom they select and what they let through: %s',
    (name) => {
      const policies = policiesOf(full, name);
      const pods = selected(podsOf(name));
      expect(named(policies, 'default-deny-all')).toEqual({
        podSelector: pods,
        policyTypes: ['Ingress', 'Egress'],
      });
      expect(named(policies, 'allow-egress')).toEqual({
        podSelector: pods,
        policyTypes: ['Egress'],
        egress: [
          {
            ports: [
              { protocol: 'UDP', port: 53 },
              { protocol: 'TCP', port: 53 },
              { protocol: 'UDP', port: 5353 },
              { protocol: 'TCP', port: 5353 },
            ],
          },
          { ports: tcp(443, 6443) },
        ],
      });
      expect(named(policies, 'allow-intra-namespace')).toEqual({
        podSelector: pods,
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: pods }] }],
        egress: [{ to: [{ podSelector: pods }] }],
      });
      expect(named(policies, 'allow-hub-ingress')).toEqual({
        podSelector: selected([
          `${name}-registration-webhook`,
          `${name}-work-webhook`,
          `${name}-addon-webhook`,
          `${name}-grpc-server`,
          'clustermanager-placement-controller',
        ]),
        policyTypes: ['Ingress'],
        ingress: [{ ports: tcp(9443, 8090) }],
      });
      expect(named(policies, 'allow-prometheus-ingress')).toEqual({
        podSelector: pods,
        policyTypes: ['Ingress'],
        ingress: [{ ports: tcp(8443, 8080, 8000) }],
      });
      expect(JSON.stringify(policies)).not.toContain('namespaceSelector');
    },
  );

  test('since-1.3.1.md 5, 2.6: the ports are those that the Pods listen on', () => {
    const bind = (port: number) => ({
      bindConfiguration: { port, metricsPort: port + 1, healthProbePort: port + 2 },
    });
    const deployOption = {
      mode: 'Default',
      default: {
        registrationWebhookConfiguration: bind(1111),
        workWebhookConfiguration: bind(2222),
        addonWebhookConfiguration: bind(3333),
      },
    };
    const policies = policiesOf({ ...full, deployOption } as Spec);
    expect(named(policies, 'allow-hub-ingress')?.ingress).toEqual([
      { ports: tcp(1111, 2222, 3333, 8090, 9443) },
    ]);
    expect(named(policies, 'allow-prometheus-ingress')?.ingress).toEqual([
      { ports: tcp(8443, 1112, 1113, 2223, 2224, 3334, 3335) },
    ]);
  });

  test('since-1.3.1.md 15, 16, 2.6: every Pod of the hub is selected, and each port of its containers is let through', () => {
    const objects = objectsOf(full, 'hub').map(({ object }) => object);
    const deployments = objects.filter(
      ({ kind }) => kind === 'Deployment',
    ) as UnknownObject[] as Deployment[];
    expect(deployments).toHaveLength(8);
    const policies = policiesOf(full, 'hub');
    for (const { metadata, spec } of deployments) {
      const app = spec?.template.metadata?.labels?.['app'] ?? '';
      const selects = (policy: NetworkPolicy) =>
        policy.spec?.podSelector?.matchExpressions?.some(({ values }) => values?.includes(app)) ?? false;
      const ofPod = policies.filter(selects);
      expect(ofPod.map((policy) => policy.metadata.name)).toContain('default-deny-all');
      const open = ofPod
        .flatMap((policy) => policy.spec?.ingress ?? [])
        .filter(({ from }) => !from)
        .flatMap(({ ports = [] }) => ports.map(({ port }) => port));
      const listening = (spec?.template.spec?.containers ?? [])
        .flatMap(({ ports = [], livenessProbe, readinessProbe, args = [] }) => [
          ...ports.map(({ containerPort }) => containerPort),
          ...[livenessProbe, readinessProbe].flatMap((probe) => probe?.httpGet?.port ?? []),
          ...args.flatMap((arg) => {
            const [, port] = /^--(?:(?:metrics-|health-probe-)?port|listen)=(?:.*:)?(\d+)$/.exec(arg) ?? [];
            return port === undefined ? [] : [Number(port)];
          }),
        ])
        .map(Number);
      expect({ name: metadata.name, listening, open }).toEqual({
        name: metadata.name,
        listening: listening.filter((port) => open.includes(port)),
        open,
      });
      expect(listening.length).toBeGreaterThan(0);
    }
    // A Pod with another label is nobody's: it stays unrestricted.
    expect(JSON.stringify(policies)).not.toContain('"podSelector":{}');
  });

  test('since-1.3.1 2.6: API servers and proxies on other ports can be reached', () => {
    const dialled = [
      'https://10.96.0.1:443',
      16_443,
      'https://hub.example:7443',
      'http://proxy.example:3128',
    ];
    const [egress] = [named(policiesOf(withGate, 'cm', { dialled }), 'allow-egress')?.egress?.[1]];
    expect(egress).toEqual({ ports: tcp(443, 3128, 6443, 7443, 16_443) });
  });

  test('since-1.3.1.md 12: of a hosted hub they stand where its Pods are', () => {
    const hosted = objectsOf({ ...withGate, deployOption: { mode: 'Hosted' } } as Spec, 'hosted').filter(
      ({ object }) => object.kind === 'NetworkPolicy',
    );
    expect(new Set(hosted.map(({ target, object }) => `${target} ${object.metadata.namespace}`))).toEqual(
      new Set(['management hosted']),
    );
  });

  test('since-1.3.1.md 6: the gate is no flag of an operand, and valid', () => {
    const asked = clusterManager(withGate);
    expect(
      JSON.stringify(objectsOf(withGate).filter(({ object }) => object.kind === 'Deployment')),
    ).not.toContain('NetworkPolicies');
    expect(validFeatureGates(unknownGates(asked)).status).toBe('True');
  });

  test.each(['workConfiguration', 'addOnManagerConfiguration', 'placementConfiguration'])(
    'since-1.3.1.md 7: under %s it is unknown, and does nothing',
    (field) => {
      const spec = { [field]: { featureGates: [gate()] } } as Spec;
      const condition = validFeatureGates(unknownGates(clusterManager(spec)));
      expect(condition).toMatchObject({ status: 'False' });
      expect(condition.message).toContain('NetworkPolicies');
      expect(policiesOf(spec)).toEqual([]);
    },
  );
});
