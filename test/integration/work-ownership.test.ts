import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ManifestWorkSpec,
  appliedManifestWorks,
  manifestWorks,
} from '../../operators/api/generated/work.ts';
import { configMaps, serviceAccounts } from '../../operators/runtime/client/kubernetes.ts';
import type { OwnerReference, UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { hubHashOf } from '../../operators/work/agent/start.ts';
import { waitFor } from '../cluster/index.ts';
import { type WorkRig, cluster, configMap, startWorkRig } from './work/rig.ts';

const claims: Resource<UnknownObject> = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
};
const claim = (name: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});

let rig: WorkRig;
beforeAll(async () => {
  rig = await startWorkRig({
    name: 'work-ownership',
    args: ['--status-sync-interval=2s', '--agent-id=agent', '--appliedmanifestwork-eviction-grace-period=1s'],
  });
  await rig.startAgent();
});
afterAll(() => rig?.stop());

const ownersOf = async (name: string): Promise<OwnerReference[]> =>
  (await rig.onSpoke.get(claims, name, 'default')).metadata.ownerReferences ?? [];
const appliedName = (work: string) => `${hubHashOf(rig.hub.server)}-${work}`;
const manifests = (spec: ManifestWorkSpec['workload']) => ({ workload: spec });

/** The claim of a work that is applied, and the work's uid there. */
const start = async (name: string): Promise<{ uid: string; owner: string }> => {
  await rig.create(`${name}-old`, [claim(name), configMap(`${name}-stays`)]);
  await rig.applied(`${name}-old`);
  const { uid } = (await rig.onSpoke.get(claims, name, 'default')).metadata;
  return { uid: uid!, owner: (await rig.appliedWork(`${name}-old`))!.metadata.uid! };
};

/** Waits until the garbage collector has dealt with objects of an owner that is gone: what it would take is taken then. */
const collected = async (name: string, owner: string): Promise<void> => {
  const canary = `${name}-canary`;
  const reference = {
    apiVersion: 'work.open-cluster-management.io/v1',
    kind: 'AppliedManifestWork',
    name: appliedName(`${name}-old`),
    uid: owner,
  };
  await rig.onSpoke.create(configMaps, configMap(canary, {}, { ownerReferences: [reference] }));
  await rig.gone(rig.onSpoke, configMaps, canary, 'default');
};

const isOwnedBy = (name: string, works: readonly string[]) =>
  waitFor(`${name} to be owned by ${works.join()}`, async () => {
    const owners = (await ownersOf(name)).map((owner) => owner.name);
    return owners.toSorted().join() === works.map(appliedName).toSorted().join();
  });

const drop = (name: string) =>
  rig.change(`${name}-old`, manifests({ manifests: [configMap(`${name}-stays`)] }));

type Move = [what: string, move: (name: string) => Promise<unknown>];
const long = (name: string) =>
  Array.from({ length: 100 }, (_, index) => configMap(`${name}-${index}`, { text: 'x'.repeat(1_000) }));

describe('an object moves from one work to another and keeps its uid', () => {
  const moves: Move[] = [
    [
      'the new work first, then the old one drops it',
      async (name) => {
        await rig.create(`${name}-new`, [claim(name)]);
        await drop(name);
      },
    ],
    [
      'both while the agent is away',
      async (name) => {
        await rig.stopAgent();
        await rig.create(`${name}-new`, [claim(name)]);
        await drop(name);
        await rig.startAgent();
      },
    ],
    [
      'to a new work that is long',
      async (name) => {
        await rig.create(`${name}-new`, [...long(name), claim(name)]);
        await drop(name);
      },
    ],
    [
      'the old work is deleted altogether',
      async (name) => {
        await rig.create(`${name}-new`, [...long(name), claim(name)]);
        await rig.remove(`${name}-old`);
        await rig.gone(rig.onHub, manifestWorks, `${name}-old`, cluster);
      },
    ],
    [
      'the old work is deleted while the agent is away',
      async (name) => {
        await rig.stopAgent();
        await rig.create(`${name}-new`, [claim(name)]);
        await rig.remove(`${name}-old`);
        await rig.startAgent();
        await rig.gone(rig.onHub, manifestWorks, `${name}-old`, cluster);
      },
    ],
    [
      'the old work vanishes and is evicted',
      async (name) => {
        await rig.stopAgent();
        await rig.create(`${name}-new`, [claim(name)]);
        await rig.remove(`${name}-old`);
        await rig.onHub.patch(
          manifestWorks,
          { name: `${name}-old`, namespace: cluster },
          { type: 'merge', body: { metadata: { finalizers: null } } },
        );
        await rig.startAgent();
        await rig.gone(rig.onSpoke, appliedManifestWorks, appliedName(`${name}-old`));
      },
    ],
  ];
  const rounds = Array.from({ length: 24 }, (_, round) => [round, ...moves[round % moves.length]!] as const);
  test.each(rounds)('round %i: %s', async (round, _, move) => {
    const name = `moves-${round}`;
    const { uid, owner } = await start(name);
    await move(name);
    await rig.applied(`${name}-new`);
    await isOwnedBy(name, [`${name}-new`]);
    if (!(await rig.appliedWork(`${name}-old`))) await collected(name, owner);
    expect((await rig.onSpoke.get(claims, name, 'default')).metadata.uid).toBe(uid);
    await waitFor('the record of the new work', async () =>
      (await rig.appliedWork(`${name}-new`))?.status?.appliedResources?.some((entry) => entry.uid === uid),
    );
    for (const work of [`${name}-old`, `${name}-new`]) await rig.remove(work);
    await rig.gone(rig.onSpoke, claims, name, 'default');
  });
});

describe('who names an object', () => {
  test('a work that orphans its objects keeps it, without an owner', async () => {
    const { uid, owner } = await start('orphaned');
    await rig.create('orphaned-new', [claim('orphaned')], { deleteOption: { propagationPolicy: 'Orphan' } });
    await rig.remove('orphaned-old');
    await rig.gone(rig.onHub, manifestWorks, 'orphaned-old', cluster);
    await collected('orphaned', owner);
    await rig.applied('orphaned-new');
    const { metadata } = await rig.onSpoke.get(claims, 'orphaned', 'default');
    expect([metadata.uid, metadata.ownerReferences]).toEqual([uid, undefined]);
  });

  test('a work whose executor may not apply it keeps it, and owns it when he may', async () => {
    const { uid } = await start('refused');
    await rig.onSpoke.create(serviceAccounts, { metadata: { name: 'mover', namespace: 'default' } });
    const executor = {
      subject: { type: 'ServiceAccount' as const, serviceAccount: { namespace: 'default', name: 'mover' } },
    };
    await rig.create('refused-new', [claim('refused')], { executor });
    await rig.applied('refused-new', 'False');
    await drop('refused');
    await rig.applied('refused-old');
    await isOwnedBy('refused', ['refused-new']);
    expect((await rig.onSpoke.get(claims, 'refused', 'default')).metadata.uid).toBe(uid);
    await rig.remove('refused-new');
    await rig.gone(rig.onSpoke, claims, 'refused', 'default');
  });

  test.each<[string, Partial<ManifestWorkSpec>]>([
    [
      'only reads it',
      {
        manifestConfigs: [
          {
            resourceIdentifier: { group: '', resource: 'configmaps', name: '*', namespace: '*' },
            updateStrategy: { type: 'ReadOnly' },
          },
        ],
      },
    ],
  ])('a work that %s does not keep it', async (what, spec) => {
    const name = `unkept-${what.length}`;
    await rig.create(`${name}-old`, [configMap(name)]);
    await rig.applied(`${name}-old`);
    await rig.create(`${name}-new`, [configMap(name)], spec);
    await rig.applied(`${name}-new`);
    await rig.remove(`${name}-old`);
    await rig.gone(rig.onHub, manifestWorks, `${name}-old`, cluster);
    expect(await rig.onSpoke.find(configMaps, name, 'default')).toBeUndefined();
  });

  test('two works that name it and are deleted together do not keep it', async () => {
    await rig.create('both-a', [configMap('of-both')]);
    await rig.create('both-b', [configMap('of-both')]);
    await Promise.all([rig.applied('both-a'), rig.applied('both-b')]);
    await Promise.all([rig.remove('both-a'), rig.remove('both-b')]);
    await Promise.all(['both-a', 'both-b'].map((name) => rig.gone(rig.onHub, manifestWorks, name, cluster)));
    expect(await rig.onSpoke.find(configMaps, 'of-both', 'default')).toBeUndefined();
  });

  test('nothing is deleted while the hub cannot be asked', async () => {
    await rig.create('asked', [configMap('asked')]);
    await rig.applied('asked');
    const { uid } = (await rig.onSpoke.get(configMaps, 'asked', 'default')).metadata;
    await rig.hub.shutdown();
    await rig.onSpoke.delete(appliedManifestWorks, { name: appliedName('asked') });
    await waitFor('the agent to have asked', async () => {
      const log = await rig.agentLog();
      return log.includes('the hub cannot be asked whether another ManifestWork names it');
    });
    expect((await rig.onSpoke.get(configMaps, 'asked', 'default')).metadata.uid).toBe(uid);
    await rig.hub.restart();
    await waitFor('the object to be made anew by its work', async () => {
      const found = await rig.onSpoke.find(configMaps, 'asked', 'default');
      return found !== undefined && found.metadata.uid !== uid;
    });
  });
});
