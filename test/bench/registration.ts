/**
 * `node test/bench/registration.ts [count] [--requests]`: how long the hub takes to accept clusters, against a control plane of its
 * own with the hub operands from source, and what that costs.
 */
import { readFile, readdir } from 'node:fs/promises';
import { namespaces } from '../../operators/runtime/client/kubernetes.ts';
import { cpuSeconds, readAuditLog, startControlPlane, waitFor, writesOf } from '../cluster/index.ts';
import { createRig } from '../integration/registration/rig.ts';
import { acceptClusters } from './accepted.ts';
import { figure } from './figures.ts';

const count = Number(process.argv[2] ?? 500);
/** Counting requests costs the API server an audit log. */
const counts = process.argv.includes('--requests');
const settleMs = 5_000;

/** The processes whose command line names this folder, by their executable's name. */
const processesOf = async (folder: string): Promise<Map<string, number>> => {
  const found = new Map<string, number>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!words.some((word) => word.includes(folder))) continue;
    found.set(
      words.find((word) => /^(etcd|kube-|webhook-server|controller$)/.test(word)) ?? words[0]!,
      Number(pid),
    );
  }
  return found;
};

const privateMegabytes = async (pid: number): Promise<number> => {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/Private_Dirty:\s+(\d+)/.exec(rollup)?.[1]) / 1024;
};

const plane = await startControlPlane({ name: 'bench-hub', audit: counts });
const rig = await createRig(plane, plane);
try {
  const controller = await rig.startController();
  await waitFor('the hub controllers', () => rig.hub.get(namespaces, 'default'));
  const processes = new Map([
    ...(await processesOf(plane.folder)),
    ...(await processesOf(rig.workspace.folder)),
  ]);
  const before = new Map<string, number>();
  for (const [name, pid] of processes) before.set(name, await cpuSeconds(pid));
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  const { created, accepted } = await acceptClusters(rig.hub, names);
  figure(`${count} ManagedClusters created`, created, 's');
  figure(`${count} ManagedClusters accepted, with namespaces`, accepted, 's', '15; upstream 198');
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  for (const [name, pid] of processes)
    figure(`CPU of ${name}`, (await cpuSeconds(pid)) - before.get(name)!, 's');
  figure('private memory of the controller (from source)', await privateMegabytes(controller.pid!), 'MB');
  if (counts) {
    const writes = writesOf(await readAuditLog(plane.auditLogPath!)).filter(({ user }) =>
      user.username.endsWith(':registration-controller-sa'),
    );
    const groups = Map.groupBy(
      writes,
      ({ verb, objectRef, responseStatus }) =>
        `${verb} ${objectRef?.resource}${objectRef?.subresource ? `/${objectRef.subresource}` : ''} ${responseStatus?.code}`,
    );
    for (const [what, events] of [...groups].toSorted(([, a], [, b]) => b.length - a.length))
      figure(`  ${what}`, events.length, '');
  }
} finally {
  await rig.stop();
  await plane.stop();
}
