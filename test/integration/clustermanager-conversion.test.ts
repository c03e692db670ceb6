import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  addOnTemplates,
  clusterManagementAddOns,
  clusterManagementAddOnsV1alpha1,
  managedClusterAddOns,
  managedClusterAddOnsV1alpha1,
} from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { secret as secretName } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
  roleBindings,
  secrets,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, readAuditLog, startControlPlane, waitFor, writesOf } from '../cluster/index.ts';
import { freePorts } from '../cluster/ports.ts';
import { createWorkspace, type Daemon, type Workspace } from '../cluster/processes.ts';
import { accountKubeconfig } from './account.ts';
import { imagesOf } from './clustermanager/bundles.ts';
import { hostedOnItself, startConversionWebhook } from './clustermanager/conversion-webhook.ts';
import {
  argsOf,
  clientOf,
  controlPlaneOptions,
  OperatorProcess,
  prepare,
  waitForCondition,
} from './clustermanager/harness.ts';
import { Lists } from './clustermanager/lists.ts';
import { completeRollout } from './rollout.ts';

/*
 * A hub that is hosted on itself: its API server finds the webhook, which is a process here, by the name of this machine.
 * Both versions of both kinds are listed until the hub is upgraded. No other Deployment ever rolls out, so that no webhook of
 * admission, which nobody serves here, is in the way.
 */
const root = join(import.meta.dirname, '../..');
const name = 'moving';
const crds = ['clustermanagementaddons', 'managedclusteraddons'].map(
  (plural) => `${plural}.addon.open-cluster-management.io`,
);
const manager = `${name}-addon-manager-controller`;
const webhook = `${name}-addon-webhook`;

let plane: ControlPlane;
let client: Client;
let operator: OperatorProcess;
let workspace: Workspace;
let lists: Lists;
let serving: Daemon | undefined;
let probePort: number;
let starts = 0;

const edit = (spec: object) => client.patch(clusterManagers, { name }, { type: 'merge', body: { spec } });
const strategies = async (): Promise<(string | undefined)[]> =>
  Promise.all(
    crds.map(async (crd) => (await client.get(customResourceDefinitions, crd)).spec.conversion?.strategy),
  );
const stored = async () => [
  (await client.get(clusterManagementAddOnsV1alpha1, 'a')).spec,
  (await client.get(managedClusterAddOnsV1alpha1, 'a', 'default')).spec,
];
const shownInV1beta1 = async () => {
  const { metadata } = await client.get(managedClusterAddOns, 'a', 'default');
  return metadata.annotations?.['addon.open-cluster-management.io/v1alpha1-install-namespace'];
};

/** What a kubelet would do for the Deployment of the webhook: resolves when it serves. */
const serve = async (): Promise<void> => {
  const hosted = { plane, client, workspace, name, probePort };
  serving = await startConversionWebhook(hosted, `webhook-${++starts}`);
};

/** And when the Deployment goes: its Pods end. */
const endWithDeployment = async (): Promise<void> => {
  await waitFor(
    'the webhook went',
    async () => (await client.find(deployments, webhook, name)) === undefined,
    {
      interval: 50,
    },
  );
  await serving?.end();
};

beforeAll(async () => {
  plane = await startControlPlane({ name: 'conversion', ...controlPlaneOptions });
  client = clientOf(plane);
  workspace = await createWorkspace('conversion');
  operator = new OperatorProcess(await prepare(plane));
  const ports = await freePorts(4);
  probePort = ports[1]!;
  await client.create(namespaces, { metadata: { name } });
  await client.create(secrets, {
    metadata: { name: secretName.externalHubKubeconfig, namespace: name },
    data: { kubeconfig: Buffer.from(plane.kubeconfigYaml).toString('base64') },
  });
  await client.create(clusterManagers, {
    metadata: { name },
    spec: { ...imagesOf('v0.3.0', 'v0.3.0'), deployOption: hostedOnItself(ports) } as never,
  });
  await waitForCondition(client, 'Applied', 'True', 'ClusterManagerApplied', name);
  expect(await strategies()).toEqual(['None', 'None']);
  const kinds = [
    clusterManagementAddOnsV1alpha1,
    clusterManagementAddOns,
    managedClusterAddOnsV1alpha1,
    managedClusterAddOns,
  ] as Resource[];
  await waitFor('both versions served', () => Promise.all(kinds.map((kind) => client.list(kind))));
  await client.create(clusterManagementAddOnsV1alpha1, {
    metadata: { name: 'a' },
    spec: {
      supportedConfigs: [{ group: 'example.com', resource: 'settings', defaultConfig: { name: 'usual' } }],
    },
  });
  await client.create(managedClusterAddOnsV1alpha1, {
    metadata: { name: 'a', namespace: 'default' },
    spec: { installNamespace: 'mine' },
  });
  lists = new Lists(client, kinds).start();
});

afterAll(async () => {
  await lists?.stop();
  await operator?.stop();
  await workspace?.dispose();
  await client?.close();
  await plane?.stop();
});

test('addon.md 8: nothing is converted before the webhook serves, and nobody manages add-ons', async () => {
  const before = await stored();
  await edit(imagesOf('v0.4.0', 'v0.4.0'));
  await waitFor('the webhook', () => client.find(deployments, webhook, name));
  await waitForCondition(client, 'Progressing', 'True', 'ClusterManagerDeploymentRolling', name);
  expect(await strategies()).toEqual(['None', 'None']);
  expect(await client.find(deployments, manager, name)).toBeUndefined();

  await serve();
  await waitFor('conversion', async () => (await strategies()).every((each) => each === 'Webhook'));
  await waitFor('the manager', () => client.find(deployments, manager, name));
  await waitFor('the other version', async () => (await shownInV1beta1()) === 'mine');
  expect(await stored()).toEqual(before);
});

test('and in the middle of it the way back is open: rights of the manager, conversion, webhook, in this order', async () => {
  const before = await stored();
  const since = (await readAuditLog(plane.auditLogPath!)).length;
  await edit(imagesOf('v0.3.0', 'v0.3.0'));
  await endWithDeployment();
  expect(await strategies()).toEqual(['None', 'None']);
  await waitFor('the manager went', async () => !(await client.find(deployments, manager, name)));
  expect(await stored()).toEqual(before);
  const order = [
    `delete clusterrolebindings open-cluster-management:${name}-addon-manager:controller`,
    ...crds.map((crd) => `patch customresourcedefinitions ${crd}`),
    'delete services cluster-manager-addon-webhook',
    `delete deployments ${webhook}`,
  ];
  // What is deleted is gone a moment before the log says so.
  const at = await waitFor('all of it in the log', async () => {
    const made = writesOf((await readAuditLog(plane.auditLogPath!)).slice(since))
      .filter(({ userAgent, responseStatus }) => userAgent !== 'test' && (responseStatus?.code ?? 500) < 300)
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name}`);
    const positions = order.map((each) => made.indexOf(each));
    if (!positions.includes(-1)) return positions;
    throw new Error(made.join('\n'));
  });
  expect(Math.min(at[1]!, at[2]!)).toBeGreaterThan(at[0]!);
  expect(Math.min(at[3]!, at[4]!)).toBeGreaterThan(Math.max(at[1]!, at[2]!));
});

test('R10: up again, and no list of either version failed on the way', async () => {
  await edit(imagesOf('v0.4.0', 'v0.4.0'));
  await serve();
  await completeRollout(client, await waitFor('the manager', () => client.find(deployments, manager, name)));
  await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerFunctional', name);
  expect(await strategies()).toEqual(['Webhook', 'Webhook']);
  expect(await shownInV1beta1()).toBe('mine');
  await lists.stop();
  expect([...lists.failures]).toEqual([]);
  expect(lists.rounds).toBeGreaterThan(20);
});

test('addon.md 110, 3.3: the manager runs as its account, and binds what it may bind, and nothing else', async () => {
  const cluster = 'c1';
  const account = { name: 'addon-manager-controller-sa', namespace: name };
  const rbac = 'rbac.authorization.k8s.io';
  await client.create(namespaces, { metadata: { name: cluster } });
  await client.create(managedClusters, { metadata: { name: cluster }, spec: { hubAcceptsClient: true } });
  const rules = [{ apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] }];
  await client.create(clusterRoles, { metadata: { name: 'thing-reader' }, rules });
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 's', namespace: 'default' } };
  const hubPermissions = [
    { type: 'CurrentCluster' as const, currentCluster: { clusterRoleName: 'thing-reader' } },
  ];
  await client.create(addOnTemplates, {
    metadata: { name: 'binds' },
    spec: {
      addonName: 'binds',
      agentSpec: { workload: { manifests: [settings] } },
      registration: [{ type: 'KubeClient', kubeClient: { hubPermissions } }],
    },
  });
  await client.create(clusterManagementAddOns, {
    metadata: { name: 'binds' },
    spec: {
      defaultConfigs: [
        { group: 'addon.open-cluster-management.io', resource: 'addontemplates', name: 'binds' },
      ],
      installStrategy: { type: 'Manual' },
    },
  });
  await client.create(managedClusterAddOns, { metadata: { name: 'binds', namespace: cluster }, spec: {} });

  const kubeconfig = join(workspace.folder, 'manager.kubeconfig');
  await writeFile(kubeconfig, await accountKubeconfig(client, plane, account), { mode: 0o600 });
  const [, ...args] = argsOf(await client.get(deployments, manager, name));
  const own = [`--kubeconfig=${kubeconfig}`, `--namespace=${name}`, '--listen=127.0.0.1:0'];
  const running = workspace.start('manager', process.execPath, [
    join(root, 'operators/addon/main.ts'),
    ...args,
    ...own,
  ]);
  const says = (reason: string) =>
    waitFor(`RegistrationApplied ${reason}`, async () => {
      const { status } = await client.get(managedClusterAddOns, 'binds', cluster);
      const condition = findCondition(status?.conditions, 'RegistrationApplied');
      if (condition?.reason === reason) return condition;
      throw new Error(JSON.stringify(status));
    });
  const { message } = await says('SetPermissionFailed');
  expect(message).toContain('is attempting to grant RBAC permissions not currently held');
  expect((await client.list(roleBindings, { namespace: cluster })).items).toEqual([]);

  const bind = [
    { apiGroups: [rbac], resources: ['clusterroles'], resourceNames: ['thing-reader'], verbs: ['bind'] },
  ];
  await client.create(clusterRoles, { metadata: { name: 'binder' }, rules: bind });
  await client.create(clusterRoleBindings, {
    metadata: { name: 'binder' },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'binder' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
  await says('SetPermissionApplied');
  const { items } = await client.list(roleBindings, { namespace: cluster });
  expect(items.map(({ roleRef }) => roleRef.name)).toEqual(['thing-reader']);
  await waitFor('its work', () => client.find(manifestWorks, 'addon-binds-deploy-0', cluster));
  await running.end();
  const refused = (await readFile(running.logPath, 'utf8'))
    .split('\n')
    .filter((line) => /forbidden/i.test(line) && !line.includes('RBAC permissions not currently held'));
  expect(refused).toEqual([]);
});

test('a webhook that is away does not end conversion: what passed unconverted would lose fields', async () => {
  await serving?.end();
  const body = { status: { availableReplicas: 0, readyReplicas: 0, unavailableReplicas: 1 } };
  await client.patch(
    deployments,
    { name: webhook, namespace: name },
    { type: 'merge', body },
    { subresource: 'status' },
  );
  await waitForCondition(client, 'HubAddOnManagerDegraded', 'True', 'UnavailableAddOnManagerPod', name);
  await waitForCondition(client, 'Progressing', 'True', 'ClusterManagerDeploymentRolling', name);
  expect(await strategies()).toEqual(['Webhook', 'Webhook']);
});
