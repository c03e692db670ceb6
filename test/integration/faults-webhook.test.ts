import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterManagementAddOns, managedClusterAddOns } from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { finalizer, label } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  customResourceDefinitions,
  mutatingWebhookConfigurations,
  namespaces,
  secrets,
  type ValidatingWebhookConfiguration,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';
import { hasFinalizer } from '../../operators/runtime/controller/finalizers.ts';
import { type ControlPlane, startControlPlane, toYaml, waitFor } from '../cluster/index.ts';
import { createWorkspace, type Daemon, logTail, type Workspace } from '../cluster/processes.ts';
import { imagesOf, makeBundle } from './clustermanager/bundles.ts';
import {
  clientOf,
  controlPlaneOptions,
  hubNamespace,
  namespaceOf,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForSettled,
} from './clustermanager/harness.ts';
import { installCrds, type RunningAgent, startAgent } from './work/agent.ts';

const cluster = 'cluster1';
const addonCrds = [
  'managedclusteraddons.addon.open-cluster-management.io',
  'clustermanagementaddons.addon.open-cluster-management.io',
];

let bundles: string;
let controlPlane: ControlPlane;
let workspace: Workspace;
let client: Client;
let rollouts: Rollouts;
let operator: OperatorProcess;
let controller: Daemon;
let agent: RunningAgent;

/** The hub's registration controller as its Pod would run it: as its ServiceAccount, with what the bundle grants. */
const startRegistrationController = async (): Promise<Daemon> => {
  const user = `system:serviceaccount:${hubNamespace}:registration-controller-sa`;
  const kubeconfig = join(workspace.folder, 'registration-controller.kubeconfig');
  await writeFile(kubeconfig, toYaml(await controlPlane.kubeconfigFor(user)));
  return workspace.start('registration-controller', process.execPath, [
    join(import.meta.dirname, '../../operators/registration/main.ts'),
    'controller',
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${hubNamespace}`,
    '--disable-leader-election',
    '--listen=127.0.0.1:0',
    '--feature-gates=ResourceCleanup=true',
  ]);
};

beforeAll(async () => {
  bundles = await mkdtemp(join(tmpdir(), 'bundles-'));
  await makeBundle(bundles, '0.1.0', '');
  await makeBundle(bundles, '0.2.0', '>=0.1.0 <0.2.0', async (read, write) => {
    for (const name of addonCrds) {
      const file = `crds/${name}.yaml`;
      const text = await read(file);
      await write(file, text.replace(/^( +)shortNames:\n/m, '$1shortNames:\n$1  - newer\n'));
    }
  });
  workspace = await createWorkspace('webhook');
  controlPlane = await startControlPlane({
    name: 'webhook',
    ...controlPlaneOptions,
    // A Service without Pods is then refused at once, and not when a connection to its address has timed out.
    extraArgs: { ...controlPlaneOptions.extraArgs, apiServer: ['--enable-aggregator-routing=true'] },
  });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  rollouts.hold();
  const kubeconfig = await prepare(controlPlane);
  // As another installation leaves them, with a webhook that converts, which the bundle does not have.
  await installCrds(controlPlane, ...addonCrds);
  operator = new OperatorProcess(kubeconfig, [], { OCM_BUNDLES: bundles });
  await client.create(clusterManagers, {
    metadata: { name: 'cluster-manager' },
    spec: imagesOf('v0.1.0', 'v0.1.0') as never,
  });
  await waitFor('the hub installed, but for its webhooks', async () => {
    const crds = await client.list(customResourceDefinitions, {
      labelSelector: label.createdByClusterManager,
    });
    return (await client.find(clusterRoles, roleOfController)) && crds.items;
  });
});

afterAll(async () => {
  await agent?.stop('SIGKILL');
  await operator?.kill();
  await rollouts?.stop();
  await client?.close();
  await workspace?.dispose();
  await controlPlane?.stop();
  await rm(bundles, { recursive: true, force: true });
});

const roleOfController = 'open-cluster-management:cluster-manager-registration:controller';
const guarded = async (): Promise<string[]> =>
  (
    await Promise.all([
      client.list(validatingWebhookConfigurations),
      client.list(mutatingWebhookConfigurations),
    ])
  ).flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
const touch = (value: string) => ({
  type: 'merge' as const,
  body: { metadata: { annotations: { touched: value } } },
});

test('faults R9: the hub is settled, and no Pod answers its webhooks', async () => {
  controller = await startRegistrationController();
  await installCrds(controlPlane, 'appliedmanifestworks.work.open-cluster-management.io');
  await client.create(managedClusters, { metadata: { name: cluster }, spec: { hubAcceptsClient: true } });
  await waitFor('the cluster accepted', () => client.find(namespaces, cluster));
  const manifests = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'of-work', namespace: 'default' } },
  ];
  const work = { name: 'work', namespace: cluster };
  await client.create(manifestWorks, { metadata: work, spec: { workload: { manifests } } });
  agent = await startAgent({ hub: controlPlane, spoke: controlPlane, cluster });
  await waitFor('the work applied', () => client.find(configMaps, 'of-work', 'default'));
  for (const [what, object] of [
    ['cluster', () => client.get(managedClusters, cluster)],
    ['work', () => client.get(manifestWorks, 'work', cluster)],
  ] as const)
    expect([what, (await object()).metadata.finalizers?.length]).not.toEqual([what, 0]);
  expect(hasFinalizer(await client.get(managedClusters, cluster), finalizer.managedCluster)).toBe(true);

  await client.create(validatingWebhookConfigurations, foreign);
  await rollouts.release();
  await waitForSettled(client);
  // The API server hears of its webhooks a moment later.
  for (const [resource, key] of [
    [managedClusters, { name: cluster }],
    [manifestWorks, work],
  ] as const)
    await waitFor(`${resource.plural} to be guarded`, async () => {
      const refused = await client.patch(resource as typeof managedClusters, key, touch('a')).catch(String);
      return typeof refused === 'string' && refused.includes('failed calling webhook');
    });
});

/** Somebody else's, about kinds of the hub. */
const foreign: ValidatingWebhookConfiguration = {
  metadata: { name: 'foreign' },
  webhooks: [
    {
      name: 'foreign.example.com',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      failurePolicy: 'Ignore',
      clientConfig: { url: 'https://127.0.0.1:1/' },
      rules: [
        {
          apiGroups: ['work.open-cluster-management.io'],
          apiVersions: ['*'],
          operations: ['UPDATE'],
          resources: ['manifestworks'],
        } as never,
      ],
    },
  ],
};

test('faults R9: deleted serving certificates come back', async () => {
  const names = ['registration-webhook-serving-cert', 'work-webhook-serving-cert'];
  for (const name of names) await client.delete(secrets, { name, namespace: hubNamespace });
  for (const name of names) await waitFor(`Secret ${name}`, () => client.find(secrets, name, hubNamespace));
});

/** Lists both versions of both kinds again and again until it is told to end; resolves to what went wrong. */
const listing = () => {
  const resources = [managedClusterAddOns, clusterManagementAddOns].flatMap((resource) =>
    ['v1alpha1', 'v1beta1'].map((version) => ({ ...resource, version })),
  );
  const seen = { rounds: 0, errors: [] as string[] };
  let isEnding = false;
  const run = async () => {
    while (!isEnding) {
      for (const resource of resources)
        try {
          const { items } = await client.list(resource as typeof managedClusterAddOns);
          if (items.length !== 1) seen.errors.push(`${resource.version}: ${items.length} ${resource.plural}`);
        } catch (error) {
          seen.errors.push(`${resource.version} ${resource.plural}: ${String(error)}`);
        }
      seen.rounds += 1;
    }
    return seen;
  };
  const running = run();
  return {
    seen,
    end: () => {
      isEnding = true;
      return running;
    },
  };
};

test('faults R9, R10: an upgrade without webhooks ends, and add-ons of both versions are served all the while', async () => {
  await client.create(managedClusterAddOns, { metadata: { name: 'addon', namespace: cluster }, spec: {} });
  await client.create(clusterManagementAddOns, { metadata: { name: 'addon' }, spec: {} });
  const { seen, end } = listing();
  for (const version of ['v0.2.0', 'v0.1.0', 'v0.2.0']) {
    await client.patch(
      clusterManagers,
      { name: 'cluster-manager' },
      {
        type: 'merge',
        body: {
          metadata: { annotations: { 'operator.open-cluster-management.io/allow-downgrade': 'true' } },
          spec: imagesOf(version, version),
        },
      },
    );
    const roundsBefore = seen.rounds;
    await waitForSettled(client);
    const crd = await client.get(customResourceDefinitions, addonCrds[0]!);
    expect(crd.spec.names.shortNames?.includes('newer')).toBe(version === 'v0.2.0');
    // one that began after the patch has ended
    await waitFor('a round of lists since the patch', () => Promise.resolve(seen.rounds > roundsBefore + 1));
  }
  expect((await end()).errors).toEqual([]);
});

test('faults R9: a ClusterManager goes with its clusters and works, though its webhooks deny every update', async () => {
  await client.delete(clusterManagers, { name: 'cluster-manager' });
  const gone = async () => {
    const found = await client.find(clusterManagers, 'cluster-manager');
    if (found) throw new Error(JSON.stringify(found.status?.conditions));
    return true;
  };
  try {
    await waitFor('the ClusterManager gone', gone);
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n${await logTail(controller, 5)}\n${operator.log.slice(-2000)}`,
      {
        cause: error,
      },
    );
  }
  await waitFor('its namespace gone', async () => !(await namespaceOf(client, hubNamespace)));
  expect(await guarded()).toEqual(['foreign']);
  const crds = (await client.list(customResourceDefinitions)).items.map(({ metadata }) => metadata.name);
  expect(crds.toSorted()).toEqual([
    'appliedmanifestworks.work.open-cluster-management.io',
    'clustermanagers.operator.open-cluster-management.io',
  ]);
  for (const resource of [clusterRoles, clusterRoleBindings])
    expect((await client.list(resource, { labelSelector: label.createdByClusterManager })).items).toEqual([]);
  // The work agent has taken back what it had applied before it let the work go.
  expect(await client.find(configMaps, 'of-work', 'default')).toBeUndefined();
  expect(controller.ended()).toBeUndefined();
});
