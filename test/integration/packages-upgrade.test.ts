import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { clusterManagers, klusterlets } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import {
  bundleVersionAnnotation,
  findBundles,
  loadBundles,
  type OperatorName,
} from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoles,
  deployments,
  namespaces,
  secrets,
  validatingAdmissionPolicies,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { type ControlPlane, patienceFlag, startControlPlane, toYaml, waitFor } from '../cluster/index.ts';
import { chartFolder, helmOn } from './charts/helm.ts';
import {
  clientOf,
  controlPlaneOptions,
  deploymentOf,
  hubNamespace,
  OperatorProcess,
  operatorNamespace,
  Rollouts,
  waitForAddOnManager,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';
import { kustomize } from './packages/kustomize.ts';
import { previousChart, previousTree, previousVersion } from './packages/previous.ts';

const operators: OperatorName[] = ['cluster-manager', 'klusterlet'];
const agentNamespace = 'open-cluster-management-agent';
const newestVersion = `v${loadBundles(findBundles())[0].version}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packages-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One way to install packages: what is done for a version, and what users set that is not the package's. */
interface Way {
  install(plane: ControlPlane): Promise<void>;
  upgrade(plane: ControlPlane): Promise<void>;
}

const applied = async (plane: ControlPlane, tree: string): Promise<void> => {
  const apply = async (what: string) => {
    const args = ['apply', '--server-side', '--force-conflicts', '--filename', '-'];
    await plane.kubectl(args, await kustomize(what, 'build'));
  };
  await apply(tree);
  await plane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
  await apply(join(tree, 'samples'));
};

const ways: Record<string, Way> = {
  helm: {
    async install(plane) {
      for (const operator of operators)
        await helmOn(plane)([
          ...['install', operator, await previousChart(operator, folder)],
          ...['--namespace', operatorNamespace, '--create-namespace'],
        ]);
    },
    async upgrade(plane) {
      for (const operator of operators) {
        const crds = join(chartFolder(operator), 'crds');
        await plane.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', crds]);
        await helmOn(plane)(['upgrade', operator, chartFolder(operator), '--namespace', operatorNamespace]);
      }
    },
  },
  kustomize: {
    async install(plane) {
      for (const operator of operators) await applied(plane, await previousTree(operator, folder));
    },
    async upgrade(plane) {
      for (const operator of operators)
        await applied(plane, join(repositoryFolder, 'deploy', operator, 'config'));
    },
  },
};

describe.each(Object.entries(ways))('packaging.md 20.6: from the version before, by %s', (name, way) => {
  let plane: ControlPlane;
  let client: Client;
  let rollouts: Rollouts;
  let processes: OperatorProcess[] = [];

  /** The operators as their ServiceAccounts, with the roles that are installed. */
  const start = async () => {
    processes = await Promise.all(
      operators.map(async (operator) => {
        const user = `system:serviceaccount:${operatorNamespace}:${operator}`;
        const file = join(plane.folder, `${operator}.kubeconfig`);
        await writeFile(file, toYaml(await plane.kubeconfigFor(user)), { mode: 0o600 });
        return new OperatorProcess(file, [], {}, operator === 'klusterlet' ? 'klusterlet' : 'hub');
      }),
    );
  };
  const stop = () => Promise.all(processes.map((process) => process.stop()));

  const imageOf = async (operator: OperatorName) =>
    (await client.get(deployments, operator, operatorNamespace)).spec?.template.spec?.containers[0]?.image;
  const versionsOf = async () =>
    Promise.all([
      deploymentOf(client, 'registration-controller'),
      deploymentOf(client, 'work-webhook'),
      client.get(deployments, 'klusterlet-agent', agentNamespace),
    ]).then((all) => all.map(({ metadata }) => `v${metadata.annotations?.[bundleVersionAnnotation]}`));
  const untilAgents = (version: string) =>
    waitFor(`agents of ${version}`, async () => {
      const { metadata, status } = await client.get(klusterlets, 'klusterlet');
      const condition = findCondition(status?.conditions, 'Applied');
      const isDone = condition?.status === 'True' && condition.observedGeneration === metadata.generation;
      const agent = await client.find(deployments, 'klusterlet-agent', agentNamespace);
      const found = `v${agent?.metadata.annotations?.[bundleVersionAnnotation]}`;
      if (!isDone || found !== version) throw new Error(`${found} ${JSON.stringify(status?.conditions)}`);
      return true;
    });

  beforeAll(async () => {
    plane = await startControlPlane({ name: `packages-${name}`, ...controlPlaneOptions });
    client = clientOf(plane);
    rollouts = new Rollouts(client);
    rollouts.hold();
    rollouts.start();
  });
  afterAll(async () => {
    await stop();
    await rollouts?.stop();
    await client?.close();
    await plane?.stop();
  });

  const boundsOfAddonManager = async () =>
    (await client.list(validatingAdmissionPolicies)).items
      .map(({ metadata }) => metadata.name)
      .filter((each) => each.startsWith('addon-manager-'));

  /** What is there of a cluster and its work, down to who wrote last. */
  const userObjects = async () => [
    (await client.get(managedClusters, 'cluster1')).metadata,
    (await client.get(manifestWorks, 'work', 'cluster1')).metadata,
    (await client.get(secrets, 'hub-kubeconfig-secret', agentNamespace)).metadata,
  ];

  test('packaging.md 37: operators, operands and agents are of the new version, and nothing of users is touched', async () => {
    await way.install(plane);
    await start();
    // Without webhooks, which nobody answers here, while Deployments roll.
    await waitForCondition(client, 'Applied', 'True', 'ClusterManagerApplied');
    await client.create(namespaces, { metadata: { name: 'cluster1' } });
    await waitFor('the kinds to be served', () =>
      Promise.all([client.list(managedClusters), client.list(manifestWorks)]),
    );
    await client.create(managedClusters, {
      metadata: { name: 'cluster1' },
      spec: { hubAcceptsClient: true },
    });
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'default' } };
    await client.create(manifestWorks, {
      metadata: { name: 'work', namespace: 'cluster1' },
      spec: { workload: { manifests: [manifest] } },
    });
    await waitFor('the namespace of agents', () => client.find(namespaces, agentNamespace));
    await client.create(secrets, {
      metadata: { name: 'hub-kubeconfig-secret', namespace: agentNamespace },
      data: { kubeconfig: Buffer.from(plane.kubeconfigYaml).toString('base64') },
    });
    const nodePlacement = { nodeSelector: { hub: 'yes' } };
    const edited = { type: 'merge' as const, body: { spec: { nodePlacement } } };
    await client.patch(clusterManagers, { name: 'cluster-manager' }, edited);
    await rollouts.release();
    await waitForSettled(client);
    await untilAgents(previousVersion);
    expect(await versionsOf()).toEqual([previousVersion, previousVersion, previousVersion]);
    // The version before had no placement, though its packages named an image of it.
    const placement = () => client.find(deployments, 'cluster-manager-placement-controller', hubNamespace);
    expect(await placement()).toBeUndefined();
    const before = await userObjects();

    await way.upgrade(plane);
    for (const operator of operators)
      expect(await imageOf(operator)).toMatch(new RegExp(`/registration-operator:${newestVersion}$`));
    for (const role of operators)
      expect(JSON.stringify((await client.get(clusterRoles, role)).rules)).toContain('networkpolicies');
    await stop();
    await start();
    await waitFor('the new version', async () => {
      const versions = await versionsOf();
      if (versions.some((version) => version !== newestVersion)) throw new Error(versions.join());
      return true;
    });
    // Until the operator has said so, status is that of the one before.
    await waitFor('placement', async () => {
      const image = (await placement())?.spec?.template.spec?.containers[0]?.image;
      return image?.endsWith(`/placement:${newestVersion}`);
    });
    await waitForAddOnManager(client);
    // Neither package brings admission policies, and the role of the version before let nobody write or grant any of this.
    expect((await boundsOfAddonManager()).toSorted()).toEqual(
      ['bindings', 'roles', 'tokens'].map(
        (what) => `addon-manager-${what}.${hubNamespace}.open-cluster-management.io`,
      ),
    );
    const role = `open-cluster-management:cluster-manager-addon-manager:controller`;
    expect(JSON.stringify((await client.get(clusterRoles, role)).rules)).toContain('serviceaccounts/token');
    await untilAgents(newestVersion);
    expect(await userObjects()).toEqual(before);
    expect((await client.get(clusterManagers, 'cluster-manager')).spec).toMatchObject({ nodePlacement });
  });

  if (name === 'helm')
    test('with admissionPolicies=true the chart brings the bounds of the add-on manager, and those of the operator go', async () => {
      const args = ['--namespace', operatorNamespace, '--set', 'admissionPolicies=true'];
      await helmOn(plane)(['upgrade', 'cluster-manager', chartFolder('cluster-manager'), ...args]);
      await stop();
      await start();
      const policies = ['bindings', 'roles', 'tokens'];
      await waitFor('the policies of the chart alone', async () => {
        const found = (await boundsOfAddonManager()).toSorted();
        const wanted = policies.map((what) => `addon-manager-${what}.open-cluster-management.io`);
        if (found.join() !== wanted.join()) throw new Error(found.join());
        return true;
      });
      await waitForSettled(client);
    });
});
