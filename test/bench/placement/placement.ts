/**
 * `npm run bench -- placement [many] [memory]`: the placement controller as its image runs it, against a control plane of
 * its own: how long decisions take beside a bare client that writes the same objects, what a change and a restart write, and
 * what is kept in memory. `many` adds 10,000 placements over 1,000 clusters, `memory` adds 10,000 clusters.
 */
import { setTimeout as pass } from 'node:timers/promises';
import {
  type PlacementSpec,
  type PrioritizerPolicy,
  managedClusters,
} from '../../../operators/api/generated/cluster.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../../operators/runtime/client/kubeconfig/load.ts';
import { startControlPlane } from '../../cluster/index.ts';
import { installCrds } from '../../integration/work/agent.ts';
import { BenchController } from '../controller.ts';
import { figure, seconds } from '../figures.ts';
import { numbered } from '../floors.ts';
import { decisionsFloor } from './floor.ts';
import { BenchHub } from './hub.ts';

const kinds = ['placements', 'placementdecisions', 'addonplacementscores'].concat([
  'managedclusters',
  'managedclustersets',
  'managedclustersetbindings',
]);

const prioritized = (...builtIns: string[]): PrioritizerPolicy => ({
  mode: 'Exact',
  configurations: builtIns.map((builtIn) => ({ scoreCoordinate: { type: 'BuiltIn', builtIn }, weight: 1 })),
});
const two: PlacementSpec = {
  numberOfClusters: 10,
  prioritizerPolicy: prioritized('Balance', 'ResourceAllocatableMemory'),
};
const three = (at: number): PlacementSpec => ({
  numberOfClusters: 10,
  predicates: [{ requiredClusterSelector: { labelSelector: { matchLabels: { group: `g${at % 20}` } } } }],
  prioritizerPolicy: prioritized('Balance', 'Steady', 'ResourceAllocatableCPU'),
});
const whole: PlacementSpec = {
  numberOfClusters: 10,
  prioritizerPolicy: prioritized('Balance', 'Steady', 'ResourceAllocatableCPU'),
};

/** Placements that are created while the controller runs, and the same objects by a bare client. */
const benchFew = async (
  hub: BenchHub,
  controller: BenchController,
  title: string,
  count: number,
  spec: PlacementSpec,
  goal: string,
): Promise<void> => {
  const [namespace, bare] = [`few-${count}`, `bare-${count}`];
  for (const each of [namespace, bare]) await hub.tenant(each);
  const names = numbered('p', count);
  const took = await seconds(() =>
    Promise.all([hub.place(names, namespace, () => spec), hub.decided(names, namespace)]),
  );
  figure(title, took, 's', goal);
  await controller.untilIdle();
  await controller.stop();
  const floor =
    (await seconds(() => hub.place(names, bare, () => spec))) +
    (await decisionsFloor(hub, names, namespace, bare, count));
  figure('  floor: the same objects by a bare client', floor, 's');
  await controller.start();
  await hub.decided(names, bare);
  await controller.untilIdle();
};

/** Placements over 1000 clusters that are there when the controller starts. Resolves to the seconds until all are decided on. */
const benchDecided = async (
  hub: BenchHub,
  controller: BenchController,
  namespace: string,
  names: readonly string[],
  specOf: (at: number) => PlacementSpec,
): Promise<number> => {
  await hub.tenant(namespace);
  await controller.stop();
  await hub.place(names, namespace, specOf);
  await controller.start();
  const took = await seconds(() => hub.decided(names, namespace));
  figure(`${names.length} placements over 1000 clusters, three prioritizers`, took, 's');
  figure('  CPU of the controller, with its start', await controller.cpuSeconds, 's');
  figure('  its private memory then', await controller.privateMemory(), 'MB');
  await controller.untilIdle();
  return took;
};

/** {@link benchDecided}, and the same objects by a bare client. */
const benchMany = async (
  hub: BenchHub,
  controller: BenchController,
  count: number,
  specOf: (at: number) => PlacementSpec,
): Promise<void> => {
  const [namespace, bare] = [`many-${count}`, `bare-many-${count}`];
  const names = numbered('p', count);
  const took = await benchDecided(hub, controller, namespace, names, specOf);
  await controller.stop();
  await hub.tenant(bare);
  await hub.place(names, bare, specOf);
  const floor = await decisionsFloor(hub, names, namespace, bare, 10);
  figure('  floor: the same objects by a bare client', floor, 's');
  figure('  to their floor', took / floor, 'x', '1.5');
  await hub.clear(bare);
};

/** One cluster gets a label that five placements of a thousand ask for. */
const benchChange = async (hub: BenchHub, controller: BenchController): Promise<void> => {
  await hub.tenant('affected');
  const names = numbered('p', 5);
  const chosen = { labelSelector: { matchLabels: { chosen: 'yes' } } };
  await hub.place(names, 'affected', () => ({ predicates: [{ requiredClusterSelector: chosen }] }));
  await hub.decided(names, 'affected');
  await controller.untilIdle();

  const times: number[] = [];
  let others = 0;
  for (let at = 0; at < 10; at++) {
    const watched = hub.watchWrites();
    const missing = new Set(names);
    const name = `cluster-${at}`;
    const took = seconds(() =>
      hub.until(hub.decisions, 'the affected decisions', ({ metadata, status }) => {
        const isNamed = status?.decisions.some(({ clusterName }) => clusterName === name);
        if (metadata.namespace === 'affected' && isNamed)
          missing.delete(metadata.name.replace(/-decision-1$/, ''));
        return missing.size === 0;
      }),
    );
    const body = { metadata: { labels: { chosen: 'yes' } } };
    await hub.client.patch(managedClusters, { name }, { type: 'merge', body });
    times.push((await took) * 1000);
    await controller.untilIdle();
    // For each placement its decisions and its status.
    others += watched.end().length - 2 * names.length;
  }
  const title = 'one cluster changes among 1000 placements';
  figure(`${title}: its decisions, longest of ten`, Math.max(...times), 'ms', '200');
  figure(`${title}: other writes`, others, '', '0');
};

const benchRestart = async (hub: BenchHub, controller: BenchController): Promise<void> => {
  await controller.stop();
  const watched = hub.watchWrites();
  await controller.start();
  await controller.untilIdle();
  const written = watched.end();
  figure('restart with 1000 placements: writes', written.length, '', '0');
  for (const line of written.slice(0, 5)) process.stderr.write(`  written: ${line}\n`);
  figure('  CPU of the controller, with its start', await controller.cpuSeconds, 's');
};

export const benchPlacement = async (more: readonly string[]): Promise<void> => {
  const plane = await startControlPlane({ name: 'bench-placement', controllerManager: false });
  const client = connect(loadConnection(plane.kubeconfigPath), { userAgent: 'bench' });
  let hub: BenchHub | undefined;
  let controller: BenchController | undefined;
  try {
    await installCrds(plane, ...kinds.map((kind) => `${kind}.cluster.open-cluster-management.io`));
    hub = await BenchHub.start(client);
    controller = await BenchController.of(plane, 'placement');
    await controller.start();
    await pass(20_000);
    figure('controller idle: private memory', await controller.privateMemory(), 'MB', '30');

    await hub.clusters(0, 500);
    await controller.untilIdle();
    await benchFew(hub, controller, 'one placement over 500 clusters, all of them', 1, {}, '0.2');
    await benchFew(hub, controller, '20 placements over 500 clusters, two prioritizers', 20, two, '0.5');
    await hub.clusters(500, 1000);
    await benchMany(hub, controller, 1000, () => whole);
    await controller.start();
    await controller.untilIdle();
    await benchChange(hub, controller);
    await benchRestart(hub, controller);
    figure('controller with 1000 placements: private memory', await controller.privateMemory(), 'MB');
    if (more.includes('many')) {
      await benchDecided(hub, controller, 'many-10000', numbered('p', 10_000), three);
      figure('controller with 11,000 placements: private memory', await controller.privateMemory(), 'MB');
    }
    if (!more.includes('memory')) return;
    await hub.clusters(1000, 10_000);
    await controller.stop();
    await controller.start();
    await controller.untilIdle();
    await pass(20_000);
    figure('controller with 10,000 clusters: private memory', await controller.privateMemory(), 'MB', '160');
  } finally {
    await controller?.stop();
    hub?.stop();
    await client.close();
    await plane.stop();
  }
};
