import { describe, expect, test } from '@jest/globals';
import {
  type ManagedClusterAddOn,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../api/generated/addon.ts';
import { managedClusters } from '../../api/generated/cluster.ts';
import { type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { annotation } from '../../api/names.ts';
import { certificateSigningRequests, configMaps, roleBindings } from '../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { addonKey, addonOfWork, keptWork, workIndexes } from '../works/kept.ts';
import type { AddonAgent } from './agent.ts';
import { agentController } from './agent-controller.ts';
import { addonAgentIndexes } from './caches.ts';
import { type Fault, PretendHub, pretendInformer } from './fixture.ts';

const prefix = 'addon.open-cluster-management.io';
const key = 'c/a';
const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => quiet };

type Mode = 'Default' | 'Hosted' | 'foreground';

const hook = (mode: Mode): UnknownObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'j',
    namespace: 'n',
    annotations: {
      [`${prefix}/addon-pre-delete`]: '',
      ...(mode === 'Hosted' && { [`${prefix}/hosted-manifest-location`]: 'hosting' }),
    },
  },
});

const agentOf = (manifests: () => readonly UnknownObject[]): AddonAgent => ({
  isManagerOf: () => true,
  manages: () => true,
  supportedConfigs: [],
  checksConfigured: false,
  prober: { type: 'None' },
  registration: () => ({ registrations: [], namespace: 'n', bindings: () => [] }),
  manifests: () => ({ manifests: manifests(), manifestConfigs: [] }),
  credentials: () => [],
  sign: () => Promise.resolve(undefined),
});

const byAddon = { addon: (object: Parameters<typeof addonOfWork>[0]): string[] => [addonOfWork(object)] };

/** The manager of an add-on whose hook is a Job, with caches of its own. */
const start = (hub: PretendHub, manifests: () => readonly UnknownObject[]) => {
  const caches = {
    managementAddons: pretendInformer(hub, clusterManagementAddOns),
    addons: pretendInformer(hub, managedClusterAddOns, {
      indexes: {
        ...addonAgentIndexes,
        key: ({ metadata }: ManagedClusterAddOn) => [addonKey(metadata.namespace, metadata.name)],
      },
    }),
    clusters: pretendInformer(hub, managedClusters),
    works: pretendInformer(hub, manifestWorks, { trim: keptWork, indexes: workIndexes }),
  };
  const objects = {
    roleBindings: pretendInformer(hub, roleBindings, { indexes: byAddon }),
    hookRecords: pretendInformer(hub, configMaps, { indexes: byAddon }),
    requests: pretendInformer(hub, certificateSigningRequests),
  };
  const agent = agentOf(manifests);
  const controller = agentController(hub.client, agent, { ...caches, configs: [] }, objects);
  const hear = (...late: (keyof typeof caches)[]) => {
    for (const [name, informer] of Object.entries({ ...caches, ...objects }))
      if (!late.includes(name as keyof typeof caches)) informer.hear();
  };
  hear();
  const { signal } = new AbortController();
  return { hear, pass: () => controller.reconcile(key, { log: quiet, signal }) };
};

const make = (mode: Mode): PretendHub => {
  const hub = new PretendHub();
  for (const name of ['c', 'h']) hub.put(managedClusters, { metadata: { name, uid: name } });
  hub.put(clusterManagementAddOns, { metadata: { name: 'a', uid: 'owner' } });
  hub.put(managedClusterAddOns, {
    metadata: {
      name: 'a',
      namespace: 'c',
      uid: 'u',
      ...(mode === 'Hosted' && { annotations: { [annotation.hostingCluster]: 'h' } }),
      ownerReferences: [
        {
          apiVersion: apiVersionOf(clusterManagementAddOns),
          kind: clusterManagementAddOns.kind,
          name: 'a',
          uid: 'owner',
        },
      ],
    },
  });
  return hub;
};

const isHook = ({ metadata }: ManifestWork): boolean => metadata.name.includes('pre-delete');

/** Deletes the add-on, as the API server would. */
const remove = (hub: PretendHub, mode: Mode): void => {
  const addon = hub.get(managedClusterAddOns, { name: 'a', namespace: 'c' })!;
  const { finalizers = [] } = addon.metadata;
  const held = mode === 'foreground' ? [...finalizers, 'foregroundDeletion'] : finalizers;
  hub.put(managedClusterAddOns, {
    ...addon,
    metadata: { ...addon.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: held },
  });
};

/** What agents, the garbage collector and the API server do between two passes. */
const world = (hub: PretendHub): void => {
  for (const work of hub.of(manifestWorks).filter(isHook)) {
    if (work.status) continue;
    const values = [{ name: 'JobComplete', fieldValue: { type: 'String' as const, string: 'True' } }];
    const resourceMeta = { ordinal: 0, group: 'batch', resource: 'jobs', name: 'j', namespace: 'n' };
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    hub.put(manifestWorks, {
      ...work,
      status: {
        conditions: [{ type: 'Available', status: 'True', reason: 'R', message: '', lastTransitionTime }],
        resourceStatus: { manifests: [{ conditions: [], resourceMeta, statusFeedback: { values } }] },
      },
    } as ManifestWork);
  }
  const addon = hub.get(managedClusterAddOns, { name: 'a', namespace: 'c' });
  if (addon?.metadata.deletionTimestamp && addon.metadata.finalizers?.join() === 'foregroundDeletion')
    hub.remove(managedClusterAddOns, addon.metadata);
  hub.collect();
};

const hooksMade = ({ writes }: PretendHub): string[] =>
  writes.filter((line) => line.startsWith('create manifestworks') && line.includes('pre-delete'));

/**
 * Takes an add-on with a hook to its end. After the write that goes wrong the caches are `late` once, or the process starts
 * anew; its template is gone by then, as it often is. Resolves to what was written since the add-on was deleted.
 */
const takeOff = async (mode: Mode, fault?: { at: number; how: Fault; then: 'late' | 'restart' }) => {
  const hub = make(mode);
  let manifests: readonly UnknownObject[] = [hook(mode)];
  let manager = start(hub, () => manifests);
  for (let pass = 0; pass < 5; pass++, manager.hear()) await manager.pass();
  remove(hub, mode);
  manager.hear();
  manifests = [];
  hub.writes.length = 0;
  hub.fault = fault;
  let failures = 0;
  for (let pass = 0; pass < 20; pass++) {
    const isFirst = await manager.pass().then(
      () => false,
      () => failures++ === 0,
    );
    world(hub);
    if (isFirst && fault?.then === 'restart') manager = start(hub, () => manifests);
    else manager.hear(...(isFirst ? (['addons'] as const) : []));
  }
  return hub;
};

describe.each(['Default', 'Hosted', 'foreground'] as const)(
  'the hooks of an add-on that leaves, %s',
  (mode) => {
    const left = (hub: PretendHub) =>
      [managedClusterAddOns, manifestWorks, configMaps].flatMap((resource) => hub.of(resource));

    test('addon.md 88: its work and its record stay until the add-on is let go of', async () => {
      const hub = await takeOff(mode);
      expect(left(hub)).toEqual([]);
      expect(hooksMade(hub)).toHaveLength(1);
      const letGo = hub.writes.findIndex((line) => line.startsWith('patch managedclusteraddons'));
      expect(letGo).toBeGreaterThan(0);
      const removals = hub.writes.flatMap((line, at) => (line.startsWith('delete') ? at : []));
      for (const at of removals) expect(at).toBeGreaterThan(letGo);
      expect(hub.writes.at(-1)).toBe(`delete configmaps c/addon-a-pre-delete`);
    });

    test('addon.md 88: run once, whichever write is refused or goes unanswered, with late caches and after a restart', async () => {
      const { length } = (await takeOff(mode)).writes;
      for (let at = 0; at < length; at++)
        for (const how of ['conflict', 'lost'] as const)
          for (const then of ['late', 'restart'] as const) {
            const hub = await takeOff(mode, { at, how, then });
            const isLost = how === 'conflict' && hub.writes[at] === hooksMade(hub)[0];
            expect({
              at,
              how,
              then,
              made: hooksMade(hub).length - (isLost ? 1 : 0),
              left: left(hub),
            }).toEqual({
              at,
              how,
              then,
              made: 1,
              left: [],
            });
          }
    });
  },
);
