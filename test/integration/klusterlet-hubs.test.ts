import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { managedClusterAddOns } from '../../operators/api/generated/addon.ts';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import { clusterLease, label } from '../../operators/api/names.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  certificateSigningRequests,
  type Deployment,
  leases,
  type Secret,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition, isTrue } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../cluster/index.ts';
import { createWorkspace, type Daemon, logTail, type Workspace } from '../cluster/processes.ts';
import { type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';
import { runPod } from './klusterlet/pod.ts';
import { createRig, type Rig as Hub } from './registration/rig.ts';

const namespace = 'open-cluster-management-agent';
const { available, joined } = managedClusterCondition;

let managedPlane: ControlPlane;
let planes: [ControlPlane, ControlPlane];
let hubs: [Hub, Hub];
let rig: Rig;
let workspace: Workspace;
let agent: Daemon;

beforeAll(async () => {
  const start = (name: string) => startControlPlane({ name });
  [managedPlane, ...planes] = await Promise.all([start('managed'), start('hub-one'), start('hub-two')]);
  hubs = [await createRig(planes[0], planes[0]), await createRig(planes[1], planes[1])];
  for (const hub of hubs) await hub.startController();
  rig = await rigOf(managedPlane);
  await rig.start();
  workspace = await createWorkspace('moving-agents');
});

afterAll(async () => {
  await workspace?.dispose();
  await rig?.dispose();
  for (const hub of hubs ?? []) await hub.stop();
  await Promise.all([managedPlane?.stop(), ...(planes ?? []).map((plane) => plane.stop())]);
});

const bootstrapSecret = async (name: string, hub: Hub) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData: { kubeconfig: await hub.bootstrapKubeconfig() },
});

const install = async (name: string, registrationConfiguration: object = {}) => {
  const klusterlet: Klusterlet = {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name },
    spec: {
      registrationImagePullSpec: 'registration',
      workImagePullSpec: 'work',
      clusterName: name,
      registrationConfiguration,
    },
  };
  await rig.apply(klusterlet);
  await waitForKlusterlet(rig, 'applied', async () =>
    isTrue((await rig.get<Klusterlet>('klusterlet', name)).status?.conditions, 'Applied'),
  );
};

/** Starts the registration agent, or its next container. */
const run = async (name: string, flags: string[] = []) => {
  const deployment = await rig.get<Deployment>('deployment', `${name}-registration-agent`, namespace);
  agent = await runPod(rig, managedPlane, workspace, deployment, flags);
};

/** Waits, and shows the log of the agent when it was in vain. */
const until = async <R>(what: string, look: () => Promise<R | undefined | false>) => {
  try {
    return await waitFor(what, look);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await logTail(agent, 40)}`, { cause: error });
  }
};

const untilEnded = (why: string) => until(why, () => Promise.resolve(agent.ended()));

/** Has a hub take the cluster in, and waits for its lease to be renewed there from now on. */
const join = async (cluster: string, hub: Hub) => {
  const since = new Date().toISOString();
  await until('the cluster on the hub', () => hub.cluster(cluster));
  await hub.accept(cluster);
  await hub.approve(cluster);
  await until('joined', async () => (await hub.condition(cluster, joined.type)) === 'True');
  await until('available', async () => (await hub.condition(cluster, available.type)) === 'True');
  await until('a lease that is renewed', async () => {
    const lease = await hub.hub.get(leases, clusterLease, cluster);
    return (lease.spec?.renewTime ?? '') > since;
  });
};

/** The server of the hub kubeconfig that the agent keeps. */
const presentHub = async () => {
  const { data } = await rig.get<Secret>('secret', 'hub-kubeconfig-secret', namespace);
  return parseKubeconfig(Buffer.from(data?.['kubeconfig'] ?? '', 'base64').toString()).server;
};

/** Has an add-on of the cluster ask a hub for its credential. */
const registersAddOn = async (cluster: string, { hub }: Hub) => {
  const name = { name: 'moving', namespace: cluster };
  await hub.create(managedClusterAddOns, { metadata: name, spec: {} });
  const body = { status: { registrations: [{ type: 'kubeClient', kubeClient: {} }] } };
  await hub.patch(managedClusterAddOns, name, { type: 'merge', body }, { subresource: 'status' });
  await until('the request of the add-on', async () => {
    const labelSelector = `${label.clusterName}=${cluster},${label.addonName}=${name.name}`;
    return (await hub.list(certificateSigningRequests, { labelSelector })).items.length > 0;
  });
};

const leave = async (name: string) => {
  await agent.end();
  await rig.remove('klusterlet', name, undefined, patienceFlag);
  await waitForKlusterlet(rig, 'the namespace gone', async () => !(await rig.find('namespace', namespace)));
};

test('operator.md 137, registration.md 46: with the bootstrap secret of another hub the cluster appears on that hub', async () => {
  const [first, second] = hubs;
  await install('moved');
  await rig.apply(await bootstrapSecret('bootstrap-hub-kubeconfig', first));
  await run('moved');
  await join('moved', first);
  expect(await presentHub()).toBe(planes[0].server);

  await rig.apply(await bootstrapSecret('bootstrap-hub-kubeconfig', second));
  await untilEnded('the agent ends for its new bootstrap secret');
  await run('moved');
  await join('moved', second);
  expect(await presentHub()).toBe(planes[1].server);
  await waitForKlusterlet(rig, 'the Klusterlet connected', async () => {
    const { status } = await rig.get<Klusterlet>('klusterlet', 'moved');
    return findCondition(status?.conditions, 'HubConnectionDegraded')?.status === 'False';
  });
  await registersAddOn('moved', second);
  expect(agent.ended()).toBeUndefined();
  await leave('moved');
});

test('operator.md 138, registration.md 55, 56: of several hubs the agent leaves one that denies it, and one that is gone', async () => {
  const [first, second] = hubs;
  await install('several', {
    featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
    bootstrapKubeConfigs: {
      type: 'LocalSecrets',
      localSecretsConfig: { kubeConfigSecrets: [{ name: 'hub-one' }, { name: 'hub-two' }] },
    },
  });
  await rig.apply(await bootstrapSecret('hub-one', first), await bootstrapSecret('hub-two', second));
  // Klusterlets take no less than 180 seconds. The lease is renewed every 75 seconds at the latest.
  const soon = ['--hub-connection-timeout-seconds=120'];
  await run('several', soon);
  await join('several', first);
  expect(await presentHub()).toBe(planes[0].server);

  await first.accept('several', false);
  await untilEnded('the agent leaves the hub that denies it');
  expect(await logTail(agent, 40)).toContain('the hub no longer accepts the cluster several');
  await run('several', soon);
  await join('several', second);
  expect(await presentHub()).toBe(planes[1].server);

  // The first hub would have it again, and is not asked as long as the second one answers.
  await first.accept('several', true);
  await planes[1].shutdown();
  await untilEnded('the agent leaves the hub that is gone');
  expect(await logTail(agent, 40)).toContain('no contact with the hub for 120 seconds');
  await run('several', soon);
  await join('several', first);
  expect(await presentHub()).toBe(planes[0].server);
  await leave('several');
});
