import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { clusterManagers, klusterlets } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { clusterLease } from '../../operators/api/names.ts';
import { leases } from '../../operators/runtime/client/kubernetes.ts';
import { isTrue } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, patience, startControlPlane, waitFor } from '../cluster/index.ts';
import { type AuditEvent, readAuditLog } from '../cluster/audit.ts';
import { type Daemon, logTail } from '../cluster/processes.ts';
import { controlPlaneOptions } from './clustermanager/harness.ts';
import { MortalOperator } from './faults/operators.ts';
import { type Agent, createRig, type Rig } from './registration/rig.ts';
import { type RunningAgent, startAgent } from './work/agent.ts';

/**
 * How often the API server is killed, and for how many seconds it is then left alone at least: FAULTS_RESTARTS=6 and
 * FAULTS_RESTART_PAUSE=3 are the defaults; 20 and 30 make the ten minutes of the row.
 */
const restarts = Number(process.env['FAULTS_RESTARTS'] ?? 6);
const pauseMs = Number(process.env['FAULTS_RESTART_PAUSE'] ?? 3) * 1000;
const leaseSeconds = 5;

jest.setTimeout(4 * patience + restarts * (pauseMs + patience));

const cluster = 'restarted';
let plane: ControlPlane;
let rig: Rig;
let controller: Daemon;
let agent: Agent;
let workAgent: RunningAgent;
let operators: MortalOperator[] = [];

/** One API server is hub, managed and management cluster, so that every process loses it each time. */
beforeAll(async () => {
  plane = await startControlPlane({ name: 'restart', ...controlPlaneOptions });
  rig = await createRig(plane, plane);
  controller = await rig.startController();
  await rig.hub.create(managedClusters, {
    metadata: { name: cluster },
    spec: { hubAcceptsClient: true, leaseDurationSeconds: leaseSeconds },
  });
  agent = await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster });
  await rig.approve(cluster);
  await waitFor('joined', async () => (await rig.condition(cluster, 'ManagedClusterJoined')) === 'True');
  workAgent = await startAgent({ hub: plane, spoke: plane, cluster });
  for (const name of ['cluster-manager', 'klusterlet'] as const)
    operators.push(await MortalOperator.install(plane, name));
  for (const operator of operators) operator.start();
  await rig.hub.create(clusterManagers, { metadata: { name: 'cluster-manager' }, spec: {} as never });
  await rig.hub.create(klusterlets, {
    metadata: { name: 'klusterlet' },
    spec: { clusterName: cluster, registrationImagePullSpec: 'r', workImagePullSpec: 'w' } as never,
  });
  for (const resource of [clusterManagers, klusterlets])
    await waitFor(`${resource.kind} applied`, async () => {
      const { items } = await rig.hub.list(resource as typeof klusterlets);
      if (isTrue(items[0]?.status?.conditions, 'Applied')) return true;
      const logs = operators.map(({ log }) => log.slice(-2000)).join('\n');
      throw new Error(`${JSON.stringify(items[0]?.status?.conditions)}\n${logs}`);
    });
});

afterAll(async () => {
  for (const operator of operators) await operator.dispose();
  await workAgent?.stop('SIGKILL');
  await rig?.stop();
  await plane?.stop();
});

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const ended = async (): Promise<string[]> => {
  const daemons = await Promise.all(
    [controller, agent.daemon].map(async (daemon) =>
      daemon.ended() ? [`${daemon.name}: ${daemon.ended()}\n${await logTail(daemon)}`] : [],
    ),
  );
  const others = operators.filter((operator) => operator.hasEnded).map(({ log }) => log.slice(-2000));
  return [...daemons.flat(), ...others, ...(isRunning(workAgent.pid) ? [] : ['the work agent'])];
};

/** When the agent renewed its lease last; milliseconds of the clock. */
const renewedAt = async (): Promise<number> => {
  const lease = await rig.hub.get(leases, clusterLease, cluster);
  return Date.parse(lease.spec?.renewTime ?? '');
};

/** No node runs the hub's Pods, so that the operator looks every few seconds why they do not come up. */
const isLookingForCauses = (path: string): boolean => /\/(nodes|pods)$/.test(path);

/** What was listed as a whole, by process: a watch that goes on from where it was is no list. */
const listsOf = (events: AuditEvent[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { verb, userAgent, requestURI, responseStatus } of events) {
    if (verb !== 'list' || responseStatus?.code !== 200 || userAgent === 'integration-test') continue;
    const url = new URL(requestURI, 'https://localhost');
    if (isLookingForCauses(url.pathname)) continue;
    const selectors = ['labelSelector', 'fieldSelector'].map((name) => url.searchParams.get(name) ?? '');
    const what = `${userAgent} ${url.pathname} ${selectors.join(' ')}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
};

test('faults R18: no process ends, the lease is renewed and no lists pile up while the API server is killed again and again', async () => {
  const marks: number[] = [];
  for (let round = 0; round < restarts; round += 1) {
    await plane.shutdown();
    marks.push(Date.now());
    await plane.restart();
    const back = Date.now();
    // The row's pause: what is watched is what the processes do in it, which no condition tells.
    await delay(pauseMs);
    await waitFor('the lease renewed since the API server is back', async () => (await renewedAt()) > back);
    expect(await ended()).toEqual([]);
  }

  await rig.hub.create(manifestWorks, {
    metadata: { name: 'after', namespace: cluster },
    spec: {
      workload: {
        manifests: [
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'after', namespace: 'default' } },
        ],
      },
    },
  });
  await waitFor('the work available', async () =>
    isTrue((await rig.hub.get(manifestWorks, 'after', cluster)).status?.conditions, 'Available'),
  );
  await waitFor(
    'the cluster available',
    async () => (await rig.condition(cluster, 'ManagedClusterConditionAvailable')) === 'True',
  );

  const events = await readAuditLog(plane.auditLogPath!);
  const piled = marks.flatMap((from, at) => {
    const until = marks[at + 1] ?? Infinity;
    const during = events.filter(({ stageTimestamp }) => {
      const time = Date.parse(stageTimestamp);
      return time >= from && time < until;
    });
    return [...listsOf(during)]
      .filter(([, count]) => count > 2)
      .map(([what, count]) => `${at + 1}: ${count} x ${what}`);
  });
  expect(piled).toEqual([]);
  expect(await ended()).toEqual([]);
});
