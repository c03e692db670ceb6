import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { clusterManagers, klusterlets } from '../../operators/api/generated/operator.ts';
import { finalizer } from '../../operators/api/names.ts';
import { findBundles, loadBundles, render } from '../../operators/registration-operator/bundle/index.ts';
import {
  nothingObserved,
  renderInput,
  suppliedParameters,
} from '../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import { textOf } from '../../operators/registration-operator/secrets/secret.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import {
  certificateSigningRequests,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
  secrets,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../cluster/index.ts';
import { chartFolder, helmOn } from './charts/helm.ts';
import {
  argsOf,
  clientOf,
  controlPlaneOptions,
  deploymentOf,
  getClusterManager,
  hubNamespace,
  OperatorProcess,
  operatorKubeconfig,
  operatorNamespace,
  Rollouts,
  waitForSettled,
} from './clustermanager/harness.ts';
import { createRig, type Rig } from './registration/rig.ts';

/** The arguments of `helm install` and `helm upgrade` of one chart; values come from stdin. */
const release = (
  verb: 'install' | 'upgrade',
  chart: 'cluster-manager' | 'klusterlet',
  namespace = operatorNamespace,
) => {
  const more = verb === 'install' ? ['--create-namespace'] : [];
  return [verb, chart, chartFolder(chart), '--namespace', namespace, '--values', '-', ...more];
};

/** The bootstrap token of a hub, as agents use it. */
const tokenOf = async (client: Client): Promise<string> => {
  const token = await client.get(secrets, 'bootstrap-token-ocmhub', 'kube-system');
  return `${textOf(token, 'token-id')}.${textOf(token, 'token-secret')}`;
};

describe('both charts on an empty cluster', () => {
  let plane: ControlPlane;
  let client: Client;
  let helm: ReturnType<typeof helmOn>;
  let operator: OperatorProcess;
  let rollouts: Rollouts;

  beforeAll(async () => {
    plane = await startControlPlane({ name: 'charts', ...controlPlaneOptions });
    client = clientOf(plane);
    helm = helmOn(plane);
    rollouts = new Rollouts(client).start();
  });
  afterAll(async () => {
    await operator?.kill();
    await rollouts?.stop();
    await client?.close();
    await plane?.stop();
  });

  test('packaging.md 32: a hub, with the role of the chart', async () => {
    await helm(release('install', 'cluster-manager'), { createBootstrapToken: true });
    operator = new OperatorProcess(await operatorKubeconfig(plane));

    await waitForSettled(client);
    expect(argsOf(await deploymentOf(client, 'registration-controller'))).toEqual(
      expect.arrayContaining([
        '--feature-gates=ManagedClusterAutoApproval=true',
        '--cluster-auto-approval-users=system:bootstrap:ocmhub',
      ]),
    );
  });

  test('packaging.md 37, 38, operator.md D18: an upgrade keeps the token and what others set', async () => {
    const token = await tokenOf(client);
    expect(token).toMatch(/^ocmhub\.[a-z0-9]{16}$/);
    const nodePlacement = { nodeSelector: { hub: 'yes' } };
    await client.patch(
      clusterManagers,
      { name: 'cluster-manager' },
      { type: 'merge', body: { spec: { nodePlacement } } },
    );

    const values = { createBootstrapToken: true, replicaCount: 1, enableSyncLabels: true };
    await helm(release('upgrade', 'cluster-manager'), values);

    expect(await tokenOf(client)).toBe(token);
    expect((await getClusterManager(client)).spec).toMatchObject({ nodePlacement });
    const deployment = await client.get(deployments, 'cluster-manager', operatorNamespace);
    expect(deployment.spec?.replicas).toBe(1);
    expect(argsOf(deployment)).toEqual(['/registration-operator', 'hub', '--enable-sync-labels']);
    await waitForSettled(client);
  });

  test('packaging.md 33: a second release is refused', async () => {
    const second = helm(release('install', 'cluster-manager', 'elsewhere'));
    await expect(second).rejects.toThrow('cannot be imported into the current release');
  });

  test('packaging.md 34: the image pull Secret of a namespace is that of one release', async () => {
    const images = { imageCredentials: { createImageCredentials: true } };
    await helm(release('upgrade', 'cluster-manager'), { createBootstrapToken: true, images });
    await expect(helm(release('install', 'klusterlet'), { images })).rejects.toThrow(
      /Secret "open-cluster-management-image-pull-credentials" .* cannot be imported into the current release/,
    );
    await helm(release('upgrade', 'cluster-manager'), { createBootstrapToken: true });
  });

  test('packaging.md 3.4: a klusterlet, whose objects the API server takes as they are', async () => {
    await helm(release('install', 'klusterlet'), {
      klusterlet: { clusterName: 'c7' },
      bootstrapHubKubeConfig: 'hub',
      priorityClassName: 'agents',
      admissionPolicies: true,
    });
    const { spec } = await client.get(klusterlets, 'klusterlet');
    expect(spec).toMatchObject({ clusterName: 'c7', deployOption: { mode: 'Singleton' } });
    const secret = await client.get(secrets, 'bootstrap-hub-kubeconfig', 'open-cluster-management-agent');
    expect(secret.data).toEqual({ kubeconfig: Buffer.from('hub').toString('base64') });
    await helm(['uninstall', 'klusterlet', '--namespace', operatorNamespace]);
  });

  test('packaging.md 36: the ClusterManager first, then the release; CRDs stay', async () => {
    await plane.kubectl(['delete', 'clustermanager', 'cluster-manager', patienceFlag]);
    await helm(['uninstall', 'cluster-manager', '--namespace', operatorNamespace, '--wait']);

    const names = (items: { metadata: { name: string } }[]) => items.map(({ metadata }) => metadata.name);
    expect(names((await client.list(deployments)).items)).toEqual([]);
    const roles = names((await client.list(clusterRoles)).items);
    expect(roles.filter((name) => /cluster-manager|klusterlet|open-cluster-management/.test(name))).toEqual(
      [],
    );
    expect(await client.find(secrets, 'bootstrap-token-ocmhub', 'kube-system')).toBeUndefined();
    await waitFor(
      "the hub's namespace to be gone",
      async () => (await client.find(namespaces, hubNamespace)) === undefined,
    );
    const crds = names((await client.list(customResourceDefinitions)).items);
    expect(crds).toEqual(
      expect.arrayContaining([
        'clustermanagers.operator.open-cluster-management.io',
        'klusterlets.operator.open-cluster-management.io',
      ]),
    );
  });

  test('packaging.md 35: a ClusterManager that goes with its release waits for an operator, and a new release ends it', async () => {
    await helm(release('install', 'cluster-manager'), { createBootstrapToken: true });
    await waitFor('the finalizer', async () => {
      const { metadata } = await getClusterManager(client);
      return metadata.finalizers?.includes(finalizer.clusterManager);
    });
    await operator.kill();
    await helm(['uninstall', 'cluster-manager', '--namespace', operatorNamespace]);

    const left = await getClusterManager(client);
    expect(left.metadata.deletionTimestamp).toBeDefined();
    expect(left.metadata.finalizers).toEqual([finalizer.clusterManager]);
    expect(await client.find(clusterRoles, 'cluster-manager')).toBeUndefined();

    await helm(release('install', 'cluster-manager'), { clusterManager: { create: false } });
    operator = new OperatorProcess(await operatorKubeconfig(plane));
    await plane.kubectl(['wait', '--for=delete', 'clustermanager/cluster-manager', patienceFlag]);
    await helm(['uninstall', 'cluster-manager', '--namespace', operatorNamespace]);
  });
});

describe('joining by the token of the chart', () => {
  let plane: ControlPlane;
  let rig: Rig;

  beforeAll(async () => {
    plane = await startControlPlane({ name: 'charts-join' });
    rig = await createRig(plane, plane);
    await helmOn(plane)(release('install', 'cluster-manager'), { createBootstrapToken: true });
  });
  afterAll(async () => {
    await rig?.stop();
    await plane?.stop();
  });

  /** What the operator would tell the registration controller about the ClusterManager of the release. */
  const controllerFlags = async (): Promise<string[]> => {
    const [newest] = loadBundles(findBundles(), {
      sets: ['clustermanager'],
      supplies: { clustermanager: suppliedParameters() },
    });
    const observed = nothingObserved(operatorNamespace, { minVersion: 'VersionTLS12', cipherSuites: [] });
    const clusterManager = await rig.hub.get(clusterManagers, 'cluster-manager');
    const controller = render(newest, 'clustermanager', renderInput(clusterManager, observed))
      .flatMap(({ objects }) => objects.map(({ object }) => object))
      .find(({ metadata }) => metadata.name === 'cluster-manager-registration-controller');
    return argsOf(controller!).filter((flag) => /^--(feature-gates|cluster-auto-approval-users)=/.test(flag));
  };

  test('operator.md 144, D18: its cluster is let in, that of a user beside the list is not', async () => {
    await rig.startController(await controllerFlags());
    const requestsOf = async (cluster: string) =>
      (
        await rig.hub.list(certificateSigningRequests, {
          labelSelector: `open-cluster-management.io/cluster-name=${cluster}`,
        })
      ).items;
    // The rig's own bootstrap user may ask as the chart's may, and asks first.
    await rig.startAgent(await rig.bootstrapKubeconfig(), { cluster: 'stranger' });
    const [pending] = await waitFor('the request of the stranger', async () => {
      const items = await requestsOf('stranger');
      return items.length > 0 && items;
    });

    const { server, caPem: caData } = plane;
    const kubeconfig = renderKubeconfig({ server, caData, token: await tokenOf(rig.hub) });
    await rig.startAgent(kubeconfig, { cluster: 'guest' });

    const { available, hubAccepted } = managedClusterCondition;
    for (const { type } of [hubAccepted, available])
      await waitFor(`${type} of the guest`, async () => (await rig.condition('guest', type)) === 'True');
    const [approved] = await requestsOf('guest');
    expect(approved?.spec.username).toBe('system:bootstrap:ocmhub');
    expect(approved?.status?.conditions).toMatchObject([
      { type: 'Approved', reason: 'AutoApprovedByHubCSRApprovingController' },
    ]);
    const undecided = await rig.hub.get(certificateSigningRequests, pending!.metadata.name);
    expect(undecided.status?.conditions ?? []).toEqual([]);
    expect(undecided.status?.certificate).toBeUndefined();
  });
});
