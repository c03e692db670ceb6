import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { observedReferences, withConfigHashes } from './hashed.ts';
import type { DesiredReference } from './references.ts';
import { specHashOf } from './spec-hash.ts';

const config = { metadata: { name: 'x', namespace: 'n', generation: 3 }, spec: { a: 1 } } as KubeObject;
const hash = specHashOf(config);
const supported = [{ group: 'g', resource: 'configs' }];
const find = ({ name, namespace }: DesiredReference) =>
  name === 'x' && namespace === 'n' ? config : undefined;
const reference = (name: string, specHash?: string, resource = 'configs') => ({
  group: 'g',
  resource,
  desiredConfig: { namespace: 'n', name, ...(specHash && { specHash }) },
});

describe('hashes of configurations', () => {
  test('addon.md 7.5: in a ClusterManagementAddOn all that its manager understands, and none of what does not exist', () => {
    const status = {
      defaultConfigReferences: [reference('x'), reference('gone', 'old'), reference('x', 'their', 'others')],
      installProgressions: [{ name: 'p', namespace: 'n', configReferences: [reference('x', 'old')] }],
    };
    expect(withConfigHashes(status, supported, find)).toEqual({
      defaultConfigReferences: [reference('x', hash), reference('gone'), reference('x', 'their', 'others')],
      installProgressions: [{ name: 'p', namespace: 'n', configReferences: [reference('x', hash)] }],
    });
    expect(withConfigHashes({}, supported, find)).toEqual({});
  });

  test('addon.md 7.5, 51: in an add-on those that it names itself; of the others it has the one that was rolled out', () => {
    const addon: ManagedClusterAddOn = {
      metadata: { name: 'a', namespace: 'c1' },
      spec: { configs: [{ group: 'g', resource: 'configs', namespace: 'n', name: 'x' }] },
      status: { configReferences: [reference('x', 'old'), reference('x', 'old', 'others')] },
    };
    const lastObservedGeneration = 3;
    expect(observedReferences(addon, supported, find)).toEqual([
      { ...reference('x', hash), lastObservedGeneration },
      reference('x', 'old', 'others'),
    ]);
    expect(observedReferences({ ...addon, spec: {} }, supported, find)?.[0]).toEqual({
      ...reference('x', 'old'),
      lastObservedGeneration,
    });
  });

  test('addon.md 7.5 (A14): what says nothing of what is desired stays as it is', () => {
    const addon = {
      metadata: { name: 'a' },
      spec: {},
      status: { configReferences: [{ group: 'g', resource: 'configs' }] },
    };
    expect(observedReferences(addon, supported, find)).toEqual(addon.status.configReferences);
  });
});
