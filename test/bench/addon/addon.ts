/**
 * `npm run bench -- addon [CLUSTERS]`: the add-on manager as its image runs it, against a control plane of its own with
 * 1,000 clusters without agents: how long it takes to write the works of an add-on that is made from a template, beside a bare
 * client with the same writes, what a settled manager and one that starts anew write, and what is kept in memory.
 */
import { setTimeout as pass } from 'node:timers/promises';
import { addOnTemplates } from '../../../operators/api/generated/addon.ts';
import { managedClusters } from '../../../operators/api/generated/cluster.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import { AddonRig } from '../../integration/addon/rig.ts';
import { deployment, settings, templateConfig, templateOf } from '../../integration/addon/template.ts';
import { BenchController } from '../controller.ts';
import { figure, seconds } from '../figures.ts';
import { numbered } from '../floors.ts';
import { inTurns } from '../placement/hub.ts';
import { refusedWrites } from './refused.ts';
import { AddonWrites } from './writes.ts';

const SETTLED_MS = 20_000;
const groupSize = 100;
const others = ['two', 'three', 'four', 'five'];

const groupsOf = (clusters: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(clusters.length / groupSize) }, (_, at) =>
    clusters.slice(at * groupSize, (at + 1) * groupSize),
  );

const makeClusters = async ({ client }: AddonRig, names: readonly string[]): Promise<void> => {
  await inTurns(names, async (name) => {
    await client.create(namespaces, { metadata: { name } });
    await client.create(managedClusters, { metadata: { name }, spec: { hubAcceptsClient: true } });
  });
};

/** Enables an add-on on all clusters; resolves to the seconds until all of its works are there. */
const enable = async (
  rig: AddonRig,
  writes: AddonWrites,
  name: string,
  clusters: readonly string[],
): Promise<number> => {
  await rig.client.create(addOnTemplates, {
    metadata: { name },
    spec: templateOf(name, [deployment(), settings(name)]),
  });
  await rig.place(name, groupsOf(clusters));
  return seconds(() =>
    Promise.all([
      rig.manageBy(name, [{}], { defaultConfigs: [templateConfig(name)] }),
      writes.works(name, clusters.length),
    ]),
  );
};

const benchQuiet = async (
  writes: AddonWrites,
  title: string,
  work: () => Promise<unknown>,
): Promise<void> => {
  const noted = writes.note();
  await work();
  const lines = noted.end();
  figure(title, lines.length, '', '0');
  for (const line of lines.slice(0, 5)) process.stderr.write(`  written: ${line}\n`);
};

export const benchAddon = async (more: readonly string[]): Promise<void> => {
  const clusters = numbered('cluster', Number(more.find((each) => /^\d+$/.test(each)) ?? 1000));
  const rig = await AddonRig.start('bench-addon', { controllerManager: false, audit: false });
  let writes: AddonWrites | undefined;
  let manager: BenchController | undefined;
  try {
    await makeClusters(rig, clusters);
    writes = await AddonWrites.watch(rig.client);
    manager = await BenchController.of(rig.hub, 'addon');
    await manager.start();
    await manager.untilIdle();

    const noted = writes.note();
    const refused = await refusedWrites(rig.client);
    const took = await enable(rig, writes, 'one', clusters);
    await manager.untilIdle();
    const written = noted.end().length;
    figure(`an add-on on ${clusters.length} clusters: all works written`, took, 's');
    figure('  CPU of the manager, with its start', await manager.cpuSeconds, 's');
    figure('  writes for each cluster', written / clusters.length, '');
    figure('  refused', (await refusedWrites(rig.client)) - refused, '');
    await benchQuiet(writes, 'settled: writes', () => pass(SETTLED_MS));
    await manager.stop();
    const floor = await writes.floor(noted.of('one'), 10);
    figure('  floor: the same writes by a bare client', floor, 's');
    figure('  to their floor', took / floor, 'x', '1.5');

    await benchQuiet(writes, 'restart: writes', async () => {
      await manager!.start();
      await manager!.untilIdle();
    });
    for (const name of others) await enable(rig, writes, name, clusters);
    await manager.untilIdle();
    figure(
      `five add-ons on ${clusters.length} clusters: private memory`,
      await manager.privateMemory(),
      'MB',
    );
    await manager.stop();
    await manager.start();
    await manager.untilIdle();
    await pass(SETTLED_MS);
    figure('  and when it starts anew', await manager.privateMemory(), 'MB', '120');
  } finally {
    await manager?.stop();
    writes?.stop();
    await rig.stop();
  }
};
