import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterLease } from '../../operators/api/names.ts';
import { type ManagedCluster, managedClusters } from '../../operators/api/generated/cluster.ts';
import {
  type ClusterManager,
  clusterManagers,
  type Klusterlet,
  klusterlets,
} from '../../operators/api/generated/operator.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  type ConfigMap,
  configMaps,
  type Deployment,
  deployments,
  type Lease,
  leases,
  pods,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { versions } from '../../scripts/bundle.ts';
import type { References } from '../../scripts/images.ts';
import { patience, patienceFlag, waitFor } from '../cluster/index.ts';
import { AGENT_NAMESPACE, type Api, CLUSTER_NAME, condition, type Fleet, uninstall } from './fleet.ts';
import { History } from './history.ts';
import { defaultHub, type HubShape, hubSettled, hubVersions, initHub, setHubImages } from './hubs.ts';
import { settled } from './installed.ts';
import { accept, join, setImages, type Shape, upgrade, versionsOf } from './klusterlet-shapes.ts';
import { Load, LOAD } from './load.ts';
import { sharedFleet } from './shared-fleet.ts';

/*
 * A work changes every second from the first test to the last, while hub and agents are upgraded and while their images
 * do not start. The last tests look at what became of it.
 */
const [oldest, ...newer] = versions() as [string, ...string[]];
const newest = versions().at(-1)!;
const leaseSeconds = 20;
const nodeLeases = 'kube-node-lease';
const heartbeatSeconds = 10;

let fleet: Fleet;
let hub: HubShape;
let agents: Shape;
let clients: { hub: Client; managed: Client };
let load: Load;
let running: object;
let counted: History<ConfigMap>;
let cluster: History<ManagedCluster>;
let lease: History<Lease>;
/** The lease of the managed cluster's node, which kubelets renew every ten seconds: it tells how the machine fares. */
let heartbeat: History<Lease>;
let clusterManager: History<ClusterManager>;
let klusterlet: History<Klusterlet>;

/** What would change if somebody touched the workload. */
const workload = async (): Promise<object> => {
  const [deployment, { items }] = await Promise.all([
    clients.managed.get(deployments, LOAD, LOAD),
    clients.managed.list(pods, { namespace: LOAD }),
  ]);
  return {
    deployment: [deployment.metadata.uid, deployment.metadata.generation],
    pods: items.map(({ metadata, status }) => [
      metadata.uid,
      status?.containerStatuses?.map(({ restartCount }) => restartCount),
    ]),
  };
};

const clientOf = ({ kubeconfigPath }: Api): Client =>
  connect(loadConnection(kubeconfigPath), { userAgent: 'test', requestTimeoutMs: patience });

beforeAll(async () => {
  fleet = await sharedFleet();
  await uninstall(fleet);
  hub = defaultHub(fleet.hub);
  agents = {
    name: 'klusterlet',
    cluster: CLUSTER_NAME,
    namespace: AGENT_NAMESPACE,
    mode: 'Default',
    hub,
    home: fleet.managed,
    managed: fleet.managed,
  };
  // The operators come first, as a newer operator has all bundles.
  const operator = fleet.images.byTag[newest]!['registration-operator'];
  const images = { ...fleet.images.byTag[oldest]!, 'registration-operator': operator };
  await initHub(hub, operator, images);
  await join(agents, images);
  await accept(hub, [CLUSTER_NAME]);
  await hubSettled(hub);
  // A heartbeat that is missed shows within the time of an upgrade.
  const patch = JSON.stringify({ spec: { leaseDurationSeconds: leaseSeconds } });
  await fleet.hub.kubectl(['patch', 'managedcluster', CLUSTER_NAME, '--type=merge', '--patch', patch]);

  clients = { hub: clientOf(fleet.hub), managed: clientOf(fleet.managed) };
  load = new Load(clients.hub, CLUSTER_NAME, images.work);
  await load.start();
  await condition(fleet.hub, ['manifestwork', '--namespace', CLUSTER_NAME, LOAD], 'Available');
  await fleet.managed.kubectl(['-n', LOAD, 'rollout', 'status', `deployment/${LOAD}`, patienceFlag]);
  running = await workload();
  const [node] = (await clients.managed.list(leases, { namespace: nodeLeases })).items;
  [counted, cluster, lease, heartbeat, clusterManager, klusterlet] = await Promise.all([
    new History(clients.managed, configMaps, { name: LOAD, namespace: LOAD }).start(),
    new History(clients.hub, managedClusters, { name: CLUSTER_NAME }).start(),
    new History(clients.hub, leases, { name: clusterLease, namespace: CLUSTER_NAME }).start(),
    new History(clients.managed, leases, { name: node!.metadata.name, namespace: nodeLeases }).start(),
    new History(clients.hub, clusterManagers, { name: hub.name }).start(),
    new History(clients.managed, klusterlets, { name: agents.name }).start(),
  ]);
});

afterAll(async () => {
  await load?.stop();
  const histories = [counted, cluster, lease, heartbeat, clusterManager, klusterlet];
  await Promise.all(histories.map((each) => each?.stop()));
  await Promise.all([clients?.hub.close(), clients?.managed.close()]);
  if (fleet) await uninstall(fleet);
});

type Owner = ClusterManager | Klusterlet;

/** What Progressing said since a change of a generation, each answer once: `True …` or `False …`. */
const progress = (states: readonly Owner[], since: number): string[] =>
  states
    .filter(
      ({ metadata: { generation = 0 }, status }) =>
        generation > since && status?.observedGeneration === generation,
    )
    .map(({ status }) => findCondition(status?.conditions, 'Progressing'))
    .map((found) => `${found?.status} ${found?.message}`)
    .filter((text, at, all) => text !== all[at - 1]);

/**
 * Does a change, and returns what Progressing said from then until all was up to date again. Whoever reads status at
 * any moment must see that Deployments roll until they are done.
 */
const watched = async (
  history: History<ClusterManager> | History<Klusterlet>,
  change: () => Promise<void>,
): Promise<string[]> => {
  const since = await history.generation();
  await change();
  return waitFor('status to say so', async () => {
    const said = progress(history.states, since);
    return said.at(-1)?.startsWith('False') && said;
  });
};

const rollsUntilDone = (said: string[], names: string[]): void => {
  expect(said.filter((text) => text.startsWith('False'))).toHaveLength(1);
  for (const name of names) expect(said.join('\n')).toContain(name);
};

const upgradeHub = async (images: Partial<References>, names: string[]): Promise<void> => {
  const said = await watched(clusterManager, async () => {
    await setHubImages(hub, images);
    await hubSettled(hub);
  });
  rollsUntilDone(said, names);
};

const upgradeAgents = async (images: References): Promise<void> => {
  const said = await watched(klusterlet, () => upgrade(agents, images));
  rollsUntilDone(said, ['klusterlet-registration-agent', 'klusterlet-work-agent']);
};

const ofRegistration = ['cluster-manager-registration-controller', 'cluster-manager-registration-webhook'];
const ofWork = ['cluster-manager-work-webhook'];
const ofPlacement = ['cluster-manager-placement-controller'];
const ofAddons = ['cluster-manager-addon-webhook', 'cluster-manager-addon-manager-controller'];

if (newer.length > 0)
  describe(`from ${oldest} to ${newer[0]}, one after the other`, () => {
    const images = () => fleet.images.byTag[newer[0]!]!;

    test('the registration image of the hub', async () => {
      await upgradeHub({ registration: images().registration }, ofRegistration);
    });

    test('the work image of the hub', async () => {
      await upgradeHub({ work: images().work }, ofWork);
      expect(await hubVersions(hub)).toEqual([newer[0]]);
    });

    test('the images of the agents', async () => {
      await upgradeAgents(images());
      expect(await versionsOf(agents)).toEqual([newer[0]]);
    });
  });

for (const tag of newer.slice(1))
  test(`to ${tag}, all at once`, async () => {
    const images = fleet.images.byTag[tag]!;
    await Promise.all([upgradeHub(images, [...ofRegistration, ...ofWork]), upgradeAgents(images)]);
    expect(await hubVersions(hub)).toEqual([tag]);
    expect(await versionsOf(agents)).toEqual([tag]);
  });

describe('an image that does not start', () => {
  const broken: [string, () => string, RegExp][] = [
    ['cannot be pulled', () => `registry.invalid/none/registration:${newest}`, /ImagePullBackOff/],
    ['ends at once', () => fleet.images.crashing[newest]!, /CrashLoopBackOff, last exit code 1/],
  ];

  const causeIn = (history: History<ClusterManager> | History<Klusterlet>, name: string, cause: RegExp) =>
    waitFor(`${name} and ${cause} in Progressing`, async () => {
      const { status } = (history.states as Owner[]).at(-1)!;
      const { status: isOn, message = '' } = findCondition(status?.conditions, 'Progressing') ?? {};
      if (isOn === 'True' && message.includes(name) && cause.test(message)) return message;
      throw new Error(JSON.stringify(status?.conditions));
    });

  /** No new Pod can be available, so that what serves is an old one; a busy one may miss a probe. */
  const serves = (client: Client, namespace: string, name: string): Promise<boolean> =>
    waitFor(`${name} to serve`, async () => {
      const { status }: Deployment = await client.get(deployments, name, namespace);
      return status?.availableReplicas === 1;
    });

  test.each(broken)(
    'because it %s is named with its Deployment; the old Pods serve',
    async (_, image, cause) => {
      const good = fleet.images.byTag[newest]!;
      await setHubImages(hub, { registration: image() });
      await setImages(agents, { ...good, registration: image() });
      await Promise.all([
        causeIn(clusterManager, ofRegistration[0]!, cause),
        causeIn(clusterManager, ofRegistration[1]!, cause),
        causeIn(klusterlet, 'klusterlet-registration-agent', cause),
      ]);
      for (const name of [...ofRegistration, ...ofWork, ...ofPlacement, ...ofAddons])
        await serves(clients.hub, hub.namespace, name);
      for (const name of ['klusterlet-registration-agent', 'klusterlet-work-agent'])
        await serves(clients.managed, AGENT_NAMESPACE, name);

      await setHubImages(hub, good);
      await setImages(agents, good);
      await Promise.all([hubSettled(hub), settled(fleet.managed, klusterlets, agents.name)]);
      expect(await hubVersions(hub)).toEqual([newest]);
      expect(await versionsOf(agents)).toEqual([newest]);
    },
  );
});

describe('meanwhile', () => {
  const longestGap = ({ states }: History<Lease>): number => {
    const times = states.map(({ spec }) => Date.parse(spec?.renewTime as unknown as string));
    return Math.max(...times.slice(1).map((time, at) => (time - times[at]!) / 1000));
  };
  /** For how long the machine was held up at most, in seconds: that holds up every heartbeat on it. */
  const delay = (): number => Math.max(0, longestGap(heartbeat) - heartbeatSeconds);
  /** An API server gives its webhooks ten seconds, of which the machine had none for them. */
  const isForTime = (refusal: string): boolean => delay() >= 5 && /context deadline exceeded/.test(refusal);

  test('the hub took every change of the work, and all arrived in order', async () => {
    await load.stop();
    expect(load.refusals.filter((refusal) => !isForTime(refusal))).toEqual([]);
    const countOf = ({ data }: ConfigMap): number => Number(data?.['count']);
    await waitFor('the last value', async () => countOf(counted.states.at(-1)!) === load.count);
    const values = counted.states.map(countOf);
    expect(values.length).toBeGreaterThan(load.count / 10);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  test('nobody touched the Deployment that was applied', async () => {
    expect(await workload()).toEqual(running);
  });

  test('the cluster stayed available, and missed one heartbeat at most', () => {
    const answers = cluster.states.map(
      ({ status }) => findCondition(status?.conditions, 'ManagedClusterConditionAvailable')?.status,
    );
    expect(new Set(answers)).toEqual(new Set(['True']));
    // A period is stretched by up to a quarter.
    expect(longestGap(lease)).toBeLessThan(2 * 1.25 * leaseSeconds + delay());
  });
});
