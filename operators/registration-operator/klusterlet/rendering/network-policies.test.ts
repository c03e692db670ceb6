import { describe, expect, test } from '@jest/globals';
import type { KlusterletSpec } from '../../../api/generated/operator.ts';
import type { Deployment, NetworkPolicy } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { findBundles, loadBundles, render } from '../../bundle/index.ts';
import { validFeatureGates } from '../../feature-gates.ts';
import { klusterletOf } from '../klusterlet-fixture.ts';
import { type Mode, modes } from '../mode.ts';
import { registrationGates } from './agent-arguments.ts';
import { nothingObserved, type Observed, renderInput, suppliedParameters } from './parameters.ts';

const [bundle] = loadBundles(findBundles(), {
  sets: ['klusterlet'],
  supplies: { klusterlet: suppliedParameters() },
});

const withGate = (mode = 'Enable'): KlusterletSpec =>
  ({ registrationConfiguration: { featureGates: [{ feature: 'NetworkPolicies', mode }] } }) as KlusterletSpec;
const objectsOf = (spec: KlusterletSpec, mode: Mode = 'Default', observed: Partial<Observed> = {}) =>
  render(
    bundle,
    'klusterlet',
    renderInput(klusterletOf('k', spec), { ...nothingObserved(mode), ...observed }),
  ).flatMap(({ objects }) => objects);
const policiesOf = (...args: Parameters<typeof objectsOf>): NetworkPolicy[] =>
  objectsOf(...args)
    .filter(({ object }) => object.kind === 'NetworkPolicy')
    .map(({ object }) => object as UnknownObject as NetworkPolicy);
const named = (policies: NetworkPolicy[], name: string) =>
  policies.find(({ metadata }) => metadata.name === name)?.spec;

const agents = {
  matchExpressions: [
    {
      key: 'app',
      operator: 'In',
      values: ['klusterlet-registration-agent', 'klusterlet-manifestwork-agent', 'klusterlet-agent'],
    },
  ],
};
const both = (port: number) => ({ ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port })) });
const tcp = (...ports: number[]) => ({ ports: ports.map((port) => ({ protocol: 'TCP', port })) });

describe('network policies of agents', () => {
  test.each<[string, KlusterletSpec]>([
    ['no registrationConfiguration', {}],
    ['the gate off', withGate('Disable')],
  ])('since-1.3.1.md 17: with %s there is none', (_, spec) => {
    expect(policiesOf(spec)).toEqual([]);
  });

  test.each(modes)(
    'since-1.3.1.md 18, 20: %s: four, where the agents are, the one that denies last',
    (mode) => {
      const objects = objectsOf(withGate(), mode).filter(({ object }) => object.kind === 'NetworkPolicy');
      const namespace = mode.endsWith('Hosted') ? 'k' : 'open-cluster-management-agent';
      expect(
        objects.map(({ target, object: { metadata } }) => [target, metadata.namespace, metadata.name]),
      ).toEqual(
        ['allow-dns-and-api', 'klusterlet', 'klusterlet-agent', 'default-deny-all'].map((name) => [
          'management',
          namespace,
          name,
        ]),
      );
    },
  );

  test('since-1.3.1.md 18, 24, 3.6: whom they select and what they let through', () => {
    const policies = policiesOf(withGate());
    expect(named(policies, 'default-deny-all')).toEqual({
      podSelector: agents,
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(named(policies, 'allow-dns-and-api')).toEqual({
      podSelector: agents,
      policyTypes: ['Egress'],
      egress: [both(5353), both(53), tcp(443, 6443)],
    });
    expect(named(policies, 'klusterlet')).toEqual({
      podSelector: { matchLabels: { app: 'klusterlet' } },
      policyTypes: ['Ingress'],
      ingress: [tcp(8443)],
    });
    expect(named(policies, 'klusterlet-agent')).toEqual({
      podSelector: agents,
      policyTypes: ['Ingress'],
      ingress: [tcp(8443)],
    });
    expect(JSON.stringify(policies)).not.toContain('namespaceSelector');
  });

  test('since-1.3.1.md 25: what the agents dial is let through, on whichever port it is', () => {
    const dialled = ['https://10.96.0.1:443', 16_443, 'https://hub:7443', 'http://proxy:3128', 'hub:8090'];
    const { egress } = named(policiesOf(withGate(), 'Default', { dialled }), 'allow-dns-and-api') ?? {};
    expect(egress?.[2]).toEqual(tcp(443, 3128, 6443, 7443, 8090, 16_443));
    const unknown = named(policiesOf(withGate(), 'Default', { dialled: [undefined] }), 'allow-dns-and-api');
    expect(unknown?.egress?.[2]).toEqual({ ports: [{ protocol: 'TCP' }] });
  });

  test.each(modes)(
    'since-1.3.1.md 24, 26: %s: every agent is selected, with the port that it listens on',
    (mode) => {
      const deployments = objectsOf(withGate(), mode)
        .filter(({ object }) => object.kind === 'Deployment')
        .map(({ object }) => object as UnknownObject as Deployment);
      expect(deployments).toHaveLength(mode.startsWith('Singleton') ? 1 : 2);
      for (const { spec } of deployments) {
        expect(agents.matchExpressions[0]?.values).toContain(spec?.template.metadata?.labels?.['app']);
        const [container] = spec?.template.spec?.containers ?? [];
        expect(container?.readinessProbe?.httpGet?.port).toBe(8443);
      }
      // A hosted add-on in the namespace carries another label, and none of the policies selects all Pods.
      for (const { spec } of policiesOf(withGate(), mode)) expect(spec?.podSelector).not.toEqual({});
    },
  );

  test('since-1.3.1.md 19: the gate is no flag of an agent, and valid', () => {
    const klusterlet = klusterletOf('k', withGate());
    const agentsOnly = objectsOf(withGate()).filter(({ object }) => object.kind === 'Deployment');
    expect(JSON.stringify(agentsOnly)).not.toContain('NetworkPolicies');
    expect(validFeatureGates({ Registration: registrationGates(klusterlet).unknown }).status).toBe('True');
  });
});
