import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appliedManifestWorks } from '../../operators/api/generated/work.ts';
import { configMaps } from '../../operators/runtime/client/kubernetes.ts';
import { waitFor } from '../cluster/index.ts';
import { type WorkRig, configMap, startWorkRig } from './work/rig.ts';

const eviction = 'work.open-cluster-management.io/eviction';

let rig: WorkRig;
beforeAll(async () => {
  rig = await startWorkRig({
    name: 'restore',
    args: ['--status-sync-interval=2s', '--appliedmanifestwork-eviction-grace-period=0s'],
  });
  await rig.startAgent();
});
afterAll(() => rig?.stop());

/** A backup is old when it is needed: the hub's versions have gone far since. */
const muchHappens = async (): Promise<void> => {
  await rig.onHub.apply(configMaps, configMap('busy'), { fieldManager: 'test' });
  for (let count = 0; count < 300; count++) {
    const body = { data: { count: `${count}` } };
    await rig.onHub.patch(configMaps, { name: 'busy', namespace: 'default' }, { type: 'merge', body });
  }
};

const uidOf = async (name: string) => (await rig.onSpoke.find(configMaps, name, 'default'))?.metadata.uid;
const heldAs = (work: string, value: string | undefined) =>
  waitFor(`the eviction of ${work} to be ${value}`, async () => {
    const found = (await rig.appliedWork(work))?.metadata.annotations?.[eviction];
    if (found === value) return true;
    throw new Error(String(found));
  });

describe('faults R16: a hub that is restored from a backup', () => {
  let before: (string | undefined)[];

  test('has nothing deleted that it does not know any more, or not yet', async () => {
    await rig.create('older', [configMap('older-1')]);
    await rig.applied('older');
    await rig.hub.backup();
    await rig.change('older', { workload: { manifests: [configMap('older-1'), configMap('older-2')] } });
    await rig.applied('older');
    await rig.create('newer', [configMap('newer')]);
    await rig.applied('newer');
    await muchHappens();
    before = await Promise.all([uidOf('older-1'), uidOf('older-2'), uidOf('newer')]);

    await rig.hub.restore();

    await heldAs('newer', 'held');
    const said = await rig.says(
      'older',
      'Applied',
      /configmaps default\/older-2: .*older state of this ManifestWork/,
    );
    expect(said.status).toBe('True');
    expect(await Promise.all([uidOf('older-1'), uidOf('older-2'), uidOf('newer')])).toEqual(before);
    expect(await rig.agentLog()).toMatch(/set back, as restored from a backup/);
  });

  test('has it taken up again where the work comes back', async () => {
    await rig.create('newer', [configMap('newer')]);
    await rig.applied('newer');
    await heldAs('newer', undefined);
    await rig.change('older', { workload: { manifests: [configMap('older-1'), configMap('older-2')] } });
    await rig.applied('older');
    expect(await Promise.all([uidOf('older-1'), uidOf('older-2'), uidOf('newer')])).toEqual(before);
  });

  test('has it deleted once somebody confirms that', async () => {
    await rig.create('unwanted', [configMap('unwanted')]);
    await rig.applied('unwanted');
    await rig.change('older', { workload: { manifests: [configMap('older-1'), configMap('older-3')] } });
    await rig.applied('older');
    await muchHappens();

    await rig.hub.restore();

    await heldAs('unwanted', 'held');
    await rig.says('older', 'Applied', /configmaps default\/older-3: .*older state of this ManifestWork/);
    for (const work of ['unwanted', 'older']) {
      const { metadata } = (await rig.appliedWork(work))!;
      const body = { metadata: { annotations: { [eviction]: 'confirmed' } } };
      await rig.onSpoke.patch(appliedManifestWorks, { name: metadata.name }, { type: 'merge', body });
    }
    await rig.gone(rig.onSpoke, configMaps, 'unwanted', 'default');
    await rig.gone(rig.onSpoke, configMaps, 'older-3', 'default');
    expect(await uidOf('older-1')).toBe(before[0]);
  });
});
