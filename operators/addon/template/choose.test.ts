import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { specHashOf } from '../../addon-framework/configuration/spec-hash.ts';
import { deploymentConfigOf, hasTemplate, templateOf } from './choose.ts';

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
const find =
  <T extends { metadata: { name: string } }>(object: T) =>
  (name: string) =>
    name === object.metadata.name ? object : undefined;

describe('the template of an add-on', () => {
  test('addon.md 63: the first that it refers to', () => {
    expect(templateOf(withTemplate(specHashOf(template)), find(template))).toBe(template);
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
    expect(() => templateOf(addon, find(template))).toThrow(message);
  });

  test.each<[string, ManagedClusterAddOn, boolean]>([
    ['a template', withTemplate('h'), true],
    ['one without a hash', withTemplate(), false],
    ['none', addonWith('configs', 'x', 'h'), false],
    ['nothing', { metadata: { name: 'a' }, spec: {} }, false],
  ])('addon.md 62: events of an add-on with %s count: %s', (_, addon, counts) => {
    expect(hasTemplate(addon)).toBe(counts);
  });
});

describe('the AddOnDeploymentConfig of an add-on', () => {
  test('addon.md 70: the first that it refers to, or none', () => {
    expect(deploymentConfigOf(withConfig(specHashOf(config)), find(config))).toBe(config);
    expect(deploymentConfigOf(withTemplate('h'), find(config))).toBeUndefined();
  });

  test.each<[string, ManagedClusterAddOn, string]>([
    ['without a hash', withConfig(), 'addon a deployment config desired spec hash is empty'],
    ['that was edited (A8)', withConfig('old'), 'AddOnDeploymentConfig n/c was edited'],
    [
      'that does not exist',
      addonWith('addondeploymentconfigs', 'gone', 'h', 'n'),
      'AddOnDeploymentConfig n/gone does not exist',
    ],
  ])('addon.md 6.4: one %s', (_, addon, message) => {
    expect(() => deploymentConfigOf(addon, find(config))).toThrow(message);
  });
});
