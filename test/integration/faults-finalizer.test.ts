import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { join } from 'node:path';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { clusterManagers, klusterlets } from '../../operators/api/generated/operator.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { namespaces } from '../../operators/runtime/client/kubernetes.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { isTrue } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { createWorkspace, type Daemon, type Workspace } from '../cluster/processes.ts';
import {
  clientOf,
  controlPlaneOptions,
  hubNamespace,
  Rollouts,
  waitForSettled,
} from './clustermanager/harness.ts';
import { MortalOperator } from './faults/operators.ts';

/**
 * How many kill points are tried: FAULTS_KILL_POINTS=2 is the default, and takes about a quarter of a minute for each;
 * `all` tries every write of an install and of a removal. FAULTS_SEED picks others.
 */
const wanted = process.env['FAULTS_KILL_POINTS'] ?? '2';
const seed = Number(process.env['FAULTS_SEED'] ?? 1);
/** About as many as either operator writes in an install or a removal; whom this is too many for lives on. */
const mostWrites = 60;

if (wanted === 'all') jest.setTimeout(3_600_000);

/** Operators that are killed and started again need longer than others, above all on a busy machine. */

let controlPlane: ControlPlane;
let workspace: Workspace;
let client: Client;
let rollouts: Rollouts;
let hub: MortalOperator;
let spoke: MortalOperator;
let before: string[];

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'finalizer', ...controlPlaneOptions, audit: false });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  hub = await MortalOperator.install(controlPlane, 'cluster-manager');
  spoke = await MortalOperator.install(controlPlane, 'klusterlet');
  await controlPlane.kubectl(['create', '--filename', '-'], JSON.stringify(foreign));
  workspace = await createWorkspace('finalizer');
  await waitFor('what each namespace gets by itself', async () => {
    before = await everything();
    const namespacesThere = before.filter((each) => each.startsWith('Namespace '));
    const theirs = /^(ConfigMap \S+\/kube-root-ca\.crt|ServiceAccount \S+\/default)$/;
    return before.filter((each) => theirs.test(each)).length === 2 * namespacesThere.length;
  });
});

afterAll(async () => {
  await hub?.dispose();
  await spoke?.dispose();
  await workspace?.dispose();
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
});

/** The hub's registration controller, which comes with a hub and takes our finalizers off its clusters. */
const startController = (): Daemon =>
  workspace.start('registration-controller', process.execPath, [
    join(import.meta.dirname, '../../operators/registration/main.ts'),
    'controller',
    `--kubeconfig=${controlPlane.kubeconfigPath}`,
    '--namespace=default',
    '--disable-leader-election',
    '--listen=127.0.0.1:0',
  ]);

afterEach(async () => {
  await Promise.all([hub.kill(), spoke.kill()]);
});

const role = (name: string) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name },
  rules: [],
});
/** Somebody else's, with names that begin like ours. */
const foreign = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    role('open-cluster-management:somebody-elses'),
    role('open-cluster-management:klusterlet-somebody-elses'),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'open-cluster-management-somebody-elses' } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'somebody-elses', namespace: 'default' },
      data: {},
    },
  ],
};

const kinds = [
  'namespaces',
  'customresourcedefinitions',
  'clusterroles,clusterrolebindings,roles,rolebindings',
  'validatingwebhookconfigurations,mutatingwebhookconfigurations',
  'deployments,services,serviceaccounts,secrets,configmaps',
].join(',');
/** What there is on the cluster of the kinds that operators install. */
const everything = async (): Promise<string[]> => {
  const template = '{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const text = await controlPlane.kubectl([
    'get',
    kinds,
    '--all-namespaces',
    `--output=jsonpath=${template}`,
  ]);
  return text.trim().split('\n').toSorted();
};

/** CRDs of the managed cluster stay for what is in them (operator.md 5.11), and so does a cluster's namespace (registration.md 4.12). */
const mayStay =
  /^CustomResourceDefinition \/(appliedmanifestworks|clusterclaims)\.|^Namespace \/cluster1$|^(ConfigMap|ServiceAccount) cluster1\/(kube-root-ca.crt|default)$/;

/** Waits until nothing of ours is left, and sees that all that was there before is there still. */
const expectClean = async () => {
  await waitFor('nothing left', async () => {
    const left = (await everything()).filter((name) => !before.includes(name) && !mayStay.test(name));
    if (left.length > 0) throw new Error(left.join(', '));
    return true;
  });
  const after = await everything();
  expect(before.filter((name) => !after.includes(name))).toEqual([]);
};

const clusterManager = { metadata: { name: 'cluster-manager' }, spec: {} as never };
const klusterlet = {
  metadata: { name: 'klusterlet' },
  spec: {
    clusterName: 'cluster1',
    registrationImagePullSpec: 'registration',
    workImagePullSpec: 'work',
    deployOption: { mode: 'Default' },
  } as never,
};
const cluster = { metadata: { name: 'cluster1' }, spec: { hubAcceptsClient: true } };

const isApplied = async <T extends KubeObject & { status?: { conditions?: never } }>(
  resource: Resource<T>,
  name: string,
) => isTrue((await client.get(resource, name)).status?.conditions, 'Applied');

/** Waits for objects to go, restarting an operator that was killed meanwhile. */
const untilGone = async (...objects: [Resource, string][]) => {
  await waitFor(`${objects.map(([{ kind }, name]) => `${kind} ${name}`).join(', ')} gone`, async () => {
    for (const operator of [hub, spoke]) if (operator.hasEnded) operator.start();
    for (const [resource, name] of objects) {
      const found = await client.find(resource, name);
      if (found)
        throw new Error(`${JSON.stringify(found)}\n${hub.log.slice(-1500)}\n${spoke.log.slice(-1500)}`);
    }
    return true;
  });
};

const deletions = {
  ClusterManager: () => client.delete(clusterManagers, clusterManager.metadata),
  Klusterlet: () => client.delete(klusterlets, klusterlet.metadata),
  ManagedCluster: () => client.delete(managedClusters, cluster.metadata),
};
type Kind = keyof typeof deletions;
const orders: Kind[][] = [
  ['ManagedCluster', 'Klusterlet', 'ClusterManager'],
  ['ClusterManager', 'ManagedCluster', 'Klusterlet'],
  ['Klusterlet', 'ClusterManager', 'ManagedCluster'],
  ['ClusterManager', 'Klusterlet', 'ManagedCluster'],
  ['Klusterlet', 'ManagedCluster', 'ClusterManager'],
  ['ManagedCluster', 'ClusterManager', 'Klusterlet'],
];

/** Installs, with operators that die at these writes, and removes with others that die at these. */
const liveAndDie = async (order: Kind[], installKills: [number, number], removalKills: [number, number]) => {
  rollouts.hold();
  await client.create(clusterManagers, clusterManager);
  await client.create(klusterlets, klusterlet);
  hub.start(installKills[0]);
  spoke.start(installKills[1]);
  // A half-installed hub and Klusterlet are as good to remove as whole ones; a cluster needs at least its CRD.
  await waitFor('the cluster created', async () => {
    for (const [operator, resource, name] of [
      [hub, clusterManagers, 'cluster-manager'],
      [spoke, klusterlets, 'klusterlet'],
    ] as const)
      if (operator.hasEnded && !(await isApplied(resource as never, name))) operator.start();
    try {
      return await client.create(managedClusters, cluster);
    } catch (cause) {
      const all = (await client.list(clusterManagers)).items.map(({ metadata, status }) => ({
        metadata,
        status,
      }));
      throw new Error(`${(cause as Error).message}\n${JSON.stringify(all)}\n${hub.log.slice(-3000)}`, {
        cause,
      });
    }
  });
  const controller = startController();
  await waitFor('its finalizer', async () => {
    for (const operator of [hub, spoke]) if (operator.hasEnded) operator.start();
    return (await client.get(managedClusters, cluster.metadata.name)).metadata.finalizers?.length;
  });
  await rollouts.release();
  await Promise.all([hub.kill(), spoke.kill()]);
  for (const kind of order) await deletions[kind]();
  hub.start(removalKills[0]);
  spoke.start(removalKills[1]);
  await untilGone([clusterManagers, 'cluster-manager'], [klusterlets, 'klusterlet']);
  await expectClean();
  await Promise.all([controller.end(0), hub.kill(), spoke.kill()]);
};

test('faults R4: whatever is deleted first and whenever operators are killed, all goes and nothing else', async () => {
  const kill = fc.integer({ min: 1, max: mostWrites });
  const count = wanted === 'all' ? mostWrites : Number(wanted);
  const samples = fc.sample(fc.tuple(kill, kill, kill, kill), { seed, numRuns: count });
  for (const [at, sample] of samples.entries()) {
    const k = wanted === 'all' ? [at + 1, at + 1, at + 1, at + 1] : sample;
    const order = orders[at % orders.length]!;
    try {
      await liveAndDie(order, [k[0]!, k[1]!], [k[2]!, k[3]!]);
    } catch (error) {
      throw new Error(`kill points ${k.join(', ')}, order ${order.join(', ')}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
});

const installed = async () => {
  hub.start();
  await client.create(clusterManagers, clusterManager);
  await waitForSettled(client);
};

test.each<[string, () => Promise<unknown>]>([
  ['its namespace', () => client.delete(namespaces, { name: hubNamespace })],
  [
    'some of its CRDs',
    () =>
      controlPlane.kubectl([
        'delete',
        'crds',
        'managedclusters.cluster.open-cluster-management.io',
        'manifestworks.work.open-cluster-management.io',
      ]),
  ],
])('faults R4: a ClusterManager goes, %s having been deleted by hand before', async (_, deleteByHand) => {
  await installed();
  await hub.kill();
  await deleteByHand();
  await client.delete(clusterManagers, clusterManager.metadata);
  hub.start();
  await untilGone([clusterManagers, 'cluster-manager']);
  await expectClean();
});

test('faults R4: a Klusterlet goes when the CRD of AppliedManifestWorks is no more', async () => {
  spoke.start();
  await client.create(klusterlets, klusterlet);
  await waitFor('applied', () => isApplied(klusterlets as never, 'klusterlet'));
  await spoke.kill();
  await controlPlane.kubectl(['delete', 'crd', 'appliedmanifestworks.work.open-cluster-management.io']);
  await client.delete(klusterlets, klusterlet.metadata);
  spoke.start();
  await untilGone([klusterlets, 'klusterlet']);
  await expectClean();
});

test.each(['Hosted', 'SingletonHosted'])(
  'faults R4: a Klusterlet of mode %s goes though it never had a kubeconfig of its cluster',
  async (mode) => {
    spoke.start();
    await client.create(klusterlets, {
      ...klusterlet,
      spec: { ...(klusterlet.spec as object), imagePullSpec: 'agent', deployOption: { mode } } as never,
    });
    await waitFor('its namespace', () => client.find(namespaces, 'klusterlet'));
    await client.delete(klusterlets, klusterlet.metadata);
    await untilGone([klusterlets, 'klusterlet']);
    await expectClean();
  },
);
