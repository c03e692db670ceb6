/**
 * `npm run bench`: two clusters with the images of this source tree, and the figures of the README's path.
 * `npm run bench -- quiet` adds five minutes in which the hub's audit log must show leases only; `npm run bench -- modes`
 * measures instead how long each mode takes to install and to upgrade; `npm run bench -- placement` the placement
 * controller alone (placement/placement.ts), and `npm run bench -- addon` the add-on manager alone (addon/addon.ts).
 */
import { setTimeout as pass } from 'node:timers/promises';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { versions } from '../../scripts/bundle.ts';
import { removeCluster } from '../cluster/index.ts';
import { acceptCluster, type Fleet, installHub, joinCluster, startFleet } from '../e2e/fleet.ts';
import { activityWithin } from '../e2e/quiet.ts';
import { benchAddon } from './addon/addon.ts';
import { benchClusters } from './clusters.ts';
import { benchFeedback } from './feedback.ts';
import { figure, seconds } from './figures.ts';
import { reportMemory } from './memory.ts';
import { benchModes } from './modes.ts';
import { benchPlacement } from './placement/placement.ts';
import { reportStarts } from './starts.ts';
import { benchWorks } from './works.ts';

const HUB = 'bench-hub';
const MANAGED = 'bench-managed';
const SETTLE_MS = 20_000;
const QUIET_MS = 300_000;

const quiet = async ({ hub }: Fleet): Promise<void> => {
  const { leases, others } = await activityWithin(hub, QUIET_MS);
  figure('five quiet minutes: writes of leases', leases.length, '');
  figure('five quiet minutes: other writes', others.length, '', '0');
  for (const line of others) process.stdout.write(`  ${line}\n`);
};

const bench = async (fleet: Fleet): Promise<void> => {
  figure('clusteradm init to hub ready', await seconds(() => installHub(fleet)), 's', '8');
  const joined = await seconds(async () => {
    await joinCluster(fleet);
    await acceptCluster(fleet);
  });
  figure('clusteradm join to ManagedCluster Available', joined, 's', '8');
  await pass(SETTLE_MS);
  await reportStarts([fleet.hub, fleet.managed]);
  await reportMemory([fleet.hub, fleet.managed]);
  const [hub, managed] = [fleet.hub, fleet.managed].map(({ kubeconfigPath }) =>
    connect(loadConnection(kubeconfigPath), { userAgent: 'bench' }),
  ) as [Client, Client];
  try {
    await benchWorks(hub, managed);
    await benchFeedback({ hub, managed }, fleet.images.references.work);
    await benchClusters(fleet.hub, hub);
  } finally {
    await Promise.all([hub.close(), managed.close()]);
  }
};

const chosen = process.argv.slice(2);
const say = (line: string) => void process.stderr.write(`${line}\n`);

const onClusters = async (): Promise<void> => {
  const images = chosen.includes('modes') ? { moreTags: versions() } : {};
  try {
    const fleet = await startFleet({
      hubName: HUB,
      managedName: MANAGED,
      audit: chosen.includes('quiet'),
      images,
      say,
    });
    if (chosen.includes('modes')) await benchModes(fleet);
    else await bench(fleet);
    if (chosen.includes('quiet')) {
      await pass(SETTLE_MS);
      await quiet(fleet);
    }
  } finally {
    for (const name of [HUB, MANAGED]) await removeCluster(name);
  }
};

if (chosen.includes('placement')) await benchPlacement(chosen);
else if (chosen.includes('addon')) await benchAddon(chosen);
else await onClusters();
