import { describe, expect, test } from '@jest/globals';
import type {
  AddOnTemplate,
  ClusterManagementAddOn,
  ManagedClusterAddOn,
  ManagedClusterAddOnConfigReference,
} from '../../api/generated/addon.ts';
import { NotInTurn } from '../../addon-framework/agent/agent.ts';
import { specHashOf } from '../../addon-framework/configuration/spec-hash.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isMadeFromTemplate, isTemplateAddon, templateAgent } from './agent.ts';

const group = 'addon.open-cluster-management.io';
const named = (resource: string, name = 't') => ({ group, resource, name });
const owner = (...configs: ReturnType<typeof named>[]): ClusterManagementAddOn => ({
  metadata: { name: 'a' },
  spec: { defaultConfigs: configs },
});
const ofTemplates = owner(named('addontemplates'));

describe('which add-ons are made from templates', () => {
  test.each<[string, ClusterManagementAddOn, boolean]>([
    ['none', owner(), false],
    ['of other configurations', owner(named('addondeploymentconfigs')), false],
    ['of templates', ofTemplates, true],
    ['of templates, without a default', owner(named('addontemplates', '__reserved_no_default__')), true],
    ['of both', owner(named('addondeploymentconfigs'), named('addontemplates')), true],
  ])('addon.md 60: a ClusterManagementAddOn with configurations %s: %j', (_, managementAddon, expected) => {
    expect(isTemplateAddon(managementAddon)).toBe(expected);
  });

  const on = (
    references: ManagedClusterAddOnConfigReference[] = [],
    supported: { group: string; resource: string }[] = [],
  ): ManagedClusterAddOn => ({
    metadata: { name: 'a', namespace: 'c1' },
    spec: {},
    status: { configReferences: references, supportedConfigs: supported },
  });
  const reference = { group, resource: 'addontemplates', desiredConfig: { name: 't', specHash: 'h' } };
  const mark = { group, resource: 'addontemplates' };

  test.each<[string, ManagedClusterAddOn, ClusterManagementAddOn | undefined, boolean]>([
    ['with a template', on([reference]), ofTemplates, true],
    ['without a template', on(), ofTemplates, false],
    ['with a template that its owner knows nothing of', on([reference]), owner(), false],
    ['whose owner is gone, looked after before', on([reference], [mark]), undefined, true],
    ['whose owner is gone, of somebody else', on([reference]), undefined, false],
    ['whose owner wants templates no more, looked after before', on([], [mark]), owner(), true],
    ['of somebody else', on([], [{ group, resource: 'others' }]), owner(), false],
  ])('addon.md 60, 61, 62 (A20): one %s', (_, addon, managementAddon, expected) => {
    expect(isMadeFromTemplate(addon, managementAddon)).toBe(expected);
  });
});

describe('the manager of template add-ons', () => {
  const signer = {
    type: 'CustomSigner' as const,
    customSigner: {
      signerName: 'example.com/s',
      signingCA: { name: 'ca' },
      subject: { user: 'powerful' },
    },
  };
  const template: AddOnTemplate = {
    metadata: { name: 't' },
    spec: {
      addonName: 'a',
      agentSpec: { manifestConfigs: [] },
      registration: [{ type: 'KubeClient', kubeClient: {} }, signer],
    },
  };
  const stores = (...templates: AddOnTemplate[]) => ({
    managementAddons: { get: () => ofTemplates },
    templates: { get: (name: string) => templates.find(({ metadata }) => metadata.name === name) },
    deploymentConfigs: { get: () => undefined },
  });
  const agent = templateAgent({} as Client, stores(template, { ...template, metadata: { name: 'other' } }), {
    namespace: 'hub',
    validityMs: 1,
  });
  const addonFrom = (name: string, specHash = specHashOf(template)): ManagedClusterAddOn => ({
    metadata: { name: 'a', namespace: 'c1' },
    spec: {},
    status: {
      configReferences: [{ group, resource: 'addontemplates', desiredConfig: { name, specHash } }],
    },
  });
  const signers = (addon: ManagedClusterAddOn) =>
    agent.credentials(addon).map(({ signerName }) => signerName);

  test('addon.md 71 (A7): what is asked of the work agent is what the add-on’s own template says', () => {
    expect(agent.manifests(addonFrom('t'), { metadata: { name: 'c1' }, spec: {} })).toEqual({
      manifests: [],
      manifestConfigs: [],
    });
  });

  test('addon.md 19: its passes tell the progress of an add-on that is managed and stays', () => {
    const addon = addonFrom('t');
    const told = (each: ManagedClusterAddOn, from = agent) => from.toldWith!(each, [], new Date());
    expect(told(addon)!.conditions).toMatchObject([
      { type: 'Progressing', reason: 'WaitingForManifestApplied' },
    ]);
    expect(told({ ...addon, metadata: { ...addon.metadata, deletionTimestamp: 'now' } })).toBeUndefined();
    const lifecycle = { 'addon.open-cluster-management.io/lifecycle': 'self' };
    const self = { ...ofTemplates, metadata: { name: 'a', annotations: lifecycle } };
    const of = (found: ClusterManagementAddOn | undefined) =>
      templateAgent(
        {} as Client,
        { ...stores(template), managementAddons: { get: () => found } },
        { namespace: 'hub', validityMs: 1 },
      );
    expect([self, undefined].map((found) => told(addon, of(found)))).toEqual([undefined, undefined]);
  });

  test('addon.md 65: an agent renews its certificates whatever is being rolled out', () => {
    expect(signers(addonFrom('t', 'old'))).toEqual(['kubernetes.io/kube-apiserver-client', 'example.com/s']);
    expect(() => agent.registration(addonFrom('t', 'old'))).toThrow(NotInTurn);
  });

  test('addon.md 65 (A23): by a template that nobody named it gets no certificate but its own', () => {
    expect(signers(addonFrom('other'))).toEqual(['kubernetes.io/kube-apiserver-client']);
  });
});
