import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { annotation, secret as secretName } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { configMaps, deployments, namespaces, secrets } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { freePorts } from '../cluster/ports.ts';
import { createWorkspace, type Workspace } from '../cluster/processes.ts';
import { accountKubeconfig } from './account.ts';
import { type Deleted, leaveBehind } from './addon/removal-orders.ts';
import { AddonRig } from './addon/rig.ts';
import { hostedOnItself, startConversionWebhook } from './clustermanager/conversion-webhook.ts';
import { argsOf, clientOf, controlPlaneOptions, OperatorProcess, prepare } from './clustermanager/harness.ts';

/*
 * A hub that is hosted on itself, with the operator, the webhook that converts add-ons, their manager and the registration
 * controller as processes: its ClusterManager goes while add-ons and clusters are there, or go as well.
 */
const root = join(import.meta.dirname, '../..');
const name = 'leaving';
const manager = `${name}-addon-manager-controller`;

let plane: ControlPlane;
let client: Client;
let operator: OperatorProcess;
let workspace: Workspace;
let rig: AddonRig;

beforeAll(async () => {
  plane = await startControlPlane({ name: 'hub-removal', ...controlPlaneOptions, audit: false });
  client = clientOf(plane);
  workspace = await createWorkspace('hub-removal');
  operator = new OperatorProcess(await prepare(plane));
  rig = AddonRig.installed(plane);
  const ports = await freePorts(4);
  await client.create(namespaces, { metadata: { name } });
  await client.create(secrets, {
    metadata: { name: secretName.externalHubKubeconfig, namespace: name },
    data: { kubeconfig: Buffer.from(plane.kubeconfigYaml).toString('base64') },
  });
  await client.create(clusterManagers, {
    metadata: { name },
    spec: { deployOption: hostedOnItself(ports) } as never,
  });
  await startConversionWebhook({ plane, client, workspace, name, probePort: ports[1]! }, 'webhook');
  const deployment = await waitFor('the manager', () => client.find(deployments, manager, name));
  const account = { name: 'addon-manager-controller-sa', namespace: name };
  const kubeconfig = join(workspace.folder, 'manager.kubeconfig');
  await writeFile(kubeconfig, await accountKubeconfig(client, plane, account), { mode: 0o600 });
  const [, ...args] = argsOf(deployment);
  const own = [`--kubeconfig=${kubeconfig}`, `--namespace=${name}`, '--listen=127.0.0.1:0'];
  workspace.start('manager', process.execPath, [join(root, 'operators/addon/main.ts'), ...args, ...own]);
  workspace.start('registration-controller', process.execPath, [
    join(root, 'operators/registration/main.ts'),
    'controller',
    `--kubeconfig=${plane.kubeconfigPath}`,
    '--namespace=default',
    '--disable-leader-election',
    '--listen=127.0.0.1:0',
  ]);
});

afterAll(async () => {
  await operator?.stop();
  await workspace?.dispose();
  await rig?.stop();
  await client?.close();
});

/** Waits until the ClusterManager says that objects of a kind are what it waits for. */
const waitsFor = (kind: string, count: number) =>
  waitFor(`the ClusterManager to wait for ${count} ${kind}`, async () => {
    const { status } = await client.get(clusterManagers, name);
    const condition = findCondition(status?.conditions, 'Progressing');
    const isTold =
      condition?.reason === 'ClusterManagerDeleting' &&
      condition.message.includes(`${kind} (${count} objects left: `);
    if (isTold) return condition.message;
    throw new Error(JSON.stringify(status?.conditions));
  });

/** What is deleted before the hub, and after it. */
const orders: [before: Deleted[], after: Deleted[]][] = [
  [[], []],
  [['addon'], []],
  [['cluster'], []],
  [['addon', 'cluster'], ['owner']],
  [['owner', 'template'], ['cluster']],
  [['template'], ['addon', 'cluster']],
  [[], ['cluster', 'addon', 'template', 'owner']],
];

test('addon.md 92 (A17, A21), faults-attacks-asks.md R26: a hub ends in every order with its add-ons and clusters, and what stays is named', async () => {
  const left = await Promise.all(orders.map((_, at) => leaveBehind(rig, `order${at}`)));
  const removeAll = (which: 0 | 1) =>
    Promise.all(
      left.map(async ({ deletions }, at) => {
        for (const each of orders[at]![which]) await deletions[each]();
      }),
    );
  await removeAll(0);
  await client.delete(clusterManagers, { name });
  await removeAll(1);

  const message = await waitsFor('managedclusteraddons.addon.open-cluster-management.io', orders.length);
  expect(message).toContain('order0-cluster/order0');
  for (const { cluster } of left)
    await rig.annotateCluster(cluster, { [annotation.addonPreDeleteTimeout]: '1s' });
  await waitsFor('manifestworks.work.open-cluster-management.io', orders.length);
  for (const { cluster } of left)
    await waitFor(`the record of hooks in ${cluster} to go`, async () => {
      const labelSelector = 'open-cluster-management.io/addon-name';
      const { items } = await client.list(configMaps, { namespace: cluster, labelSelector });
      return items.length === 0;
    });
  for (const { release } of left) await release();
  await waitFor('the ClusterManager to go', async () => !(await client.find(clusterManagers, name)));
  await expect(client.list(managedClusters)).rejects.toThrow('404');
});
