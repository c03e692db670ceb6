import { describe, expect, test } from '@jest/globals';
import type { ClusterManagementAddOn, ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { NotInTurn } from '../../addon-framework/agent/agent.ts';
import { specHashOf } from '../../addon-framework/configuration/spec-hash.ts';
import { currentTemplate, deploymentConfigOf, hasTemplate, templateOf } from './choose.ts';

const group = 'addon.open-cluster-management.io';
const template = { metadata: { name: 't' }, spec: { addonName: 'a', agentSpec: {} } };
const config = { metadata: { name: 'c', namespace: 'n' }, spec: { agentInstallNamespace: 'x' } };

const addonWith = (
  resource: string,
  name: string,
  specHash?: string,
  namespace?: string,
): ManagedClusterAddOn => ({
  metadata: { name: 'a', namespace: 'c1' },
  spec: {},
  status: {
    configReferences: [
      { group, resource: 'others', desiredConfig: { name: 'o', specHash: 'h' } },
      {
        group,
        resource,
        desiredConfig: { name, ...(namespace && { namespace }), ...(specHash && { specHash }) },
      },
      { group, resource, desiredConfig: { name: 'second', specHash: 'h' } },
    ],
  },
});
const withTemplate = (hash?: string) => addonWith('addontemplates', 't', hash);
const withConfig = (hash?: string) => addonWith('addondeploymentconfigs', 'c', hash, 'n');
const owner: ClusterManagementAddOn = {
  metadata: { name: 'a' },
  spec: {
    defaultConfigs: [{ group, resource: 'addontemplates', name: 't' }],
    installStrategy: {
      type: 'Placements',
      placements: [
        {
          name: 'p',
          namespace: 'n',
          configs: [
            { group, resource: 'addontemplates', name: 'gone' },
            { group, resource: 'addondeploymentconfigs', name: 'c', namespace: 'n' },
            { group, resource: 'addondeploymentconfigs', name: 'gone', namespace: 'n' },
          ],
        },
      ],
    },
  },
};
const find =
  <T extends { metadata: { name: string } }>(object: T) =>
  (name: string) =>
    name === object.metadata.name ? object : undefined;

describe('the template of an add-on', () => {
  test('addon.md 63: the first that it refers to', () => {
    expect(templateOf(withTemplate(specHashOf(template)), owner, find(template))).toBe(template);
  });

  test.each<[string, ManagedClusterAddOn, string]>([
    ['none', addonWith('configs', 'x', 'h'), 'addon c1/a template not found in status'],
    ['one without a hash', withTemplate(), 'addon a template desired spec hash is empty'],
    [
      'one that does not exist',
      addonWith('addontemplates', 'gone', 'h'),
      'AddOnTemplate gone does not exist',
    ],
    ['one that was edited (A8)', withTemplate('old'), 'AddOnTemplate t was edited'],
  ])('addon.md 63: %s', (_, addon, message) => {
    expect(() => templateOf(addon, owner, find(template))).toThrow(message);
  });

  test('addon.md 6.1 (A8): what is there but not in turn leaves all as it is; what is not there is an error', () => {
    expect(() => templateOf(withTemplate('old'), owner, find(template))).toThrow(NotInTurn);
    expect(() => templateOf(withTemplate(), owner, find(template))).toThrow(NotInTurn);
    const gone = addonWith('addontemplates', 'gone', 'h');
    expect(() => templateOf(gone, owner, find(template))).not.toThrow(NotInTurn);
  });

  test('addon.md 6.1: a reference that only the status says counts for nothing: agents write statuses too', () => {
    const other = { ...template, metadata: { name: 'other' } };
    const forged = addonWith('addontemplates', 'other', specHashOf(other));
    expect(() => templateOf(forged, owner, find(other))).toThrow(NotInTurn);
    expect(currentTemplate(forged, owner, find(other))).toBeUndefined();
    const named = { ...forged, spec: { configs: [{ group, resource: 'addontemplates', name: 'other' }] } };
    expect(templateOf(named, undefined, find(other))).toBe(other);
    expect(currentTemplate(withTemplate('old'), owner, find(template))).toBe(template);
  });

  test.each<[string, ManagedClusterAddOn, boolean]>([
    ['a template', withTemplate('h'), true],
    ['one without a hash', withTemplate(), true],
    ['none', addonWith('configs', 'x', 'h'), false],
    ['nothing', { metadata: { name: 'a' }, spec: {} }, false],
  ])('addon.md 62: events of an add-on with %s count: %s', (_, addon, counts) => {
    expect(hasTemplate(addon)).toBe(counts);
  });
});

describe('the AddOnDeploymentConfig of an add-on', () => {
  test('addon.md 70: the first that it refers to, or none', () => {
    expect(deploymentConfigOf(withConfig(specHashOf(config)), owner, find(config))).toBe(config);
    expect(deploymentConfigOf(withTemplate('h'), owner, find(config))).toBeUndefined();
  });

  test.each<[string, ManagedClusterAddOn, string]>([
    ['without a hash', withConfig(), 'addon a deployment config desired spec hash is empty'],
    ['that was edited (A8)', withConfig('old'), 'AddOnDeploymentConfig n/c was edited'],
    [
      'that does not exist',
      addonWith('addondeploymentconfigs', 'gone', 'h', 'n'),
      'AddOnDeploymentConfig n/gone does not exist',
    ],
    [
      'that nobody but the status names',
      addonWith('addondeploymentconfigs', 'c', specHashOf(config), 'elsewhere'),
      'ClusterManagementAddOn a names another AddOnDeploymentConfig',
    ],
  ])('addon.md 6.4: one %s', (_, addon, message) => {
    expect(() => deploymentConfigOf(addon, owner, find(config))).toThrow(message);
  });
});
