import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { finalizer } from '../../api/names.ts';
import { type HostedTask, hostedTask, hostingValidity, isDeployed } from './tasks.ts';

const deletionTimestamp = '2026-01-01T00:00:00Z';

interface Given {
  leaves?: ('addon' | 'cluster' | 'hosting')[];
  finalizers?: string[];
  /** Of condition Configured; default none. */
  configured?: 'True' | 'False';
  checksConfigured?: boolean;
  hosting?: string;
  isMissing?: boolean;
}

const factsOf = ({
  leaves = [],
  finalizers = [],
  configured,
  checksConfigured = false,
  hosting,
  isMissing,
}: Given) => {
  const leaving = (what: 'addon' | 'cluster' | 'hosting') => leaves.includes(what) && { deletionTimestamp };
  const addon: ManagedClusterAddOn = {
    metadata: { name: 'a', namespace: 'c1', finalizers, ...leaving('addon') },
    spec: {},
    status: {
      conditions: configured
        ? [
            {
              type: 'Configured',
              status: configured,
              reason: 'x',
              message: '',
              lastTransitionTime: deletionTimestamp,
            },
          ]
        : [],
    },
  };
  return {
    addon,
    cluster: { metadata: { name: 'c1', ...leaving('cluster') } },
    checksConfigured,
    ...(hosting && { hosting }),
    ...(hosting && !isMissing && { hostingCluster: { metadata: { name: hosting, ...leaving('hosting') } } }),
  };
};
const { addonPreDelete, addonHostedWorks, addonHostedPreDelete } = finalizer;

describe('works on the managed cluster', () => {
  test.each<[string, Given, boolean]>([
    ['82: usually', {}, true],
    ['85: not configured, where nothing asks', { configured: 'False' }, true],
    ['85: not configured', { configured: 'False', checksConfigured: true }, false],
    ['85: not yet configured', { checksConfigured: true }, false],
    ['85: configured', { configured: 'True', checksConfigured: true }, true],
    ['86: the add-on leaves', { leaves: ['addon'] }, false],
    ['86: the cluster leaves', { leaves: ['cluster'] }, false],
    ['86: the add-on leaves, and has hooks', { leaves: ['addon'], finalizers: [addonPreDelete] }, true],
    ['86: the cluster leaves, and it has hooks', { leaves: ['cluster'], finalizers: [addonPreDelete] }, true],
  ])('addon.md %s', (_, given, deployed) => {
    expect(isDeployed(factsOf(given))).toBe(deployed);
  });
});

describe('works on the hosting cluster', () => {
  const finalizers = [addonHostedWorks];
  test.each<[string, Given, HostedTask]>([
    ['in Default mode', {}, 'nothing'],
    ['in Default mode, hosted before', { finalizers }, 'cleanUp'],
    ['a cluster that is missing', { hosting: 'h', isMissing: true }, 'nothing'],
    ['a cluster that went', { hosting: 'h', isMissing: true, finalizers }, 'cleanUp'],
    ['valid', { hosting: 'h' }, 'addFinalizer'],
    ['valid, and marked', { hosting: 'h', finalizers }, 'deploy'],
    ['the hosting cluster leaves', { hosting: 'h', finalizers, leaves: ['hosting'] }, 'cleanUp'],
    ['the add-on leaves', { hosting: 'h', finalizers, leaves: ['addon'] }, 'cleanUp'],
    ['the managed cluster leaves', { hosting: 'h', finalizers, leaves: ['cluster'] }, 'nothing'],
    [
      'the add-on leaves, and has hooks',
      { hosting: 'h', finalizers: [addonHostedWorks, addonHostedPreDelete], leaves: ['addon'] },
      'deploy',
    ],
    [
      'the add-on leaves and has hooks, but nobody marked it before',
      { hosting: 'h', finalizers: [addonHostedPreDelete], leaves: ['addon'] },
      'nothing',
    ],
    ['not configured', { hosting: 'h', finalizers, checksConfigured: true }, 'nothing'],
  ])('addon.md 89: %s', (_, given, task) => {
    expect(hostedTask(factsOf(given))).toBe(task);
  });

  test('addon.md 89: what is told of the hosting cluster', () => {
    expect(hostingValidity(factsOf({}))).toBeUndefined();
    expect(hostingValidity(factsOf({ hosting: 'h' }))).toMatchObject({
      type: 'HostingClusterValidity',
      status: 'True',
      reason: 'HostingClusterValid',
      message: 'hosting cluster h is a managed cluster of the hub',
    });
    expect(hostingValidity(factsOf({ hosting: 'h', isMissing: true }))).toMatchObject({
      status: 'False',
      reason: 'HostingClusterInvalid',
      message: 'hosting cluster h is not a managed cluster of the hub',
    });
  });
});
