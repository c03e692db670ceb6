import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterManagers, type Klusterlet } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { downgradeAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { configMaps, type Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { isTrue } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { createWorkspace, type Daemon, logTail, type Workspace } from '../cluster/processes.ts';
import { makeBundle } from './clustermanager/bundles.ts';
import { clientOf, controlPlaneOptions, Rollouts, waitForSettled } from './clustermanager/harness.ts';
import { MortalOperator } from './faults/operators.ts';
import { type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';
import { runPod } from './klusterlet/pod.ts';
import { createRig, type Rig as Hub } from './registration/rig.ts';

/** `KUBERNETES_MINORS=old` adds an old Kubernetes, which takes minutes to build; by default the current one is all. */
const minors = process.env['KUBERNETES_MINORS'] === 'old' ? ['current', 'old'] : ['current'];

const start = (name: string, minor: string): Promise<ControlPlane> =>
  startControlPlane({ name, old: minor === 'old', extraArgs: controlPlaneOptions.extraArgs });

describe.each(minors)('on %s Kubernetes', (minor) => {
  const namespace = 'open-cluster-management-agent';
  const cluster = 'skewed';
  let folder: string;
  let hubPlane: ControlPlane;
  let managedPlane: ControlPlane;
  let hub: Hub;
  let rig: Rig;
  let client: Client;
  let rollouts: Rollouts;
  let workspace: Workspace;
  let agents: Daemon[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bundles-'));
    await makeBundle(folder, '0.1.0', '');
    await makeBundle(folder, '0.2.0', '>=0.1.0 <0.2.0', async (read, write) => {
      const file = 'klusterlet/agents/work-deployment.yaml';
      const argument = '- ${evictionArguments}';
      await write(file, (await read(file)).replace(argument, `${argument}\n            - --v=2`));
    });
    [hubPlane, managedPlane] = await Promise.all([start('hub', minor), start('managed', minor)]);
    hub = await createRig(hubPlane, hubPlane);
    await hub.startController();
    rig = await rigOf(managedPlane);
    client = clientOf(managedPlane);
    rollouts = new Rollouts(client).start();
    await rig.start({ OCM_BUNDLES: folder });
    workspace = await createWorkspace('skew');
  });

  const endAgents = async () => {
    await Promise.all(agents.map((agent) => agent.end()));
    agents = [];
  };

  afterEach(endAgents);

  afterAll(async () => {
    await workspace?.dispose();
    await rollouts?.stop();
    await client?.close();
    await rig?.dispose();
    await hub?.stop();
    await Promise.all([hubPlane?.stop(), managedPlane?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const untilAgents = async <R>(what: string, look: () => Promise<R | undefined | false>): Promise<R> => {
    try {
      return await waitFor(what, look);
    } catch (error) {
      const logs = await Promise.all(agents.map((agent) => logTail(agent, 10)));
      throw new Error(`${(error as Error).message}\n${logs.join('\n---\n')}`, { cause: error });
    }
  };

  const setVersion = async (version: string) => {
    await rig.apply({
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'Klusterlet',
      metadata: { name: 'klusterlet', annotations: { [downgradeAnnotation]: 'true' } },
      spec: {
        clusterName: cluster,
        registrationImagePullSpec: `example.com/registration:${version}`,
        workImagePullSpec: `example.com/work:${version}`,
      },
    });
    await waitForKlusterlet(rig, `the work agent of ${version}`, async () => {
      const { metadata, status } = await rig.get<Klusterlet>('klusterlet', 'klusterlet');
      const applied = status?.conditions?.find(({ type }) => type === 'Applied');
      const deployment = await rig.find<Deployment>('deployment', 'klusterlet-work-agent', namespace);
      return (
        applied?.status === 'True' &&
        applied.observedGeneration === metadata.generation &&
        deployment?.spec?.template.spec?.containers[0]?.image?.endsWith(version)
      );
    });
  };

  const run = async (which: string) => {
    const deployment = await rig.get<Deployment>('deployment', `klusterlet-${which}-agent`, namespace);
    agents.push(await runPod(rig, managedPlane, workspace, deployment));
    return deployment.spec?.template.spec?.containers[0]?.args ?? [];
  };

  /** A work that the agents of this bundle must apply, for they are the only ones. */
  const flows = async (name: string) => {
    const manifests = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { a: 'b' } },
    ];
    await hub.hub.create(manifestWorks, {
      metadata: { name, namespace: cluster },
      spec: { workload: { manifests } },
    });
    await untilAgents(`work ${name} available`, async () =>
      isTrue((await hub.hub.get(manifestWorks, name, cluster)).status?.conditions, 'Available'),
    );
    return (await client.get(configMaps, name, 'default')).metadata.resourceVersion;
  };

  const joinHub = async () => {
    await rig.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bootstrap-hub-kubeconfig', namespace },
      stringData: { kubeconfig: await hub.bootstrapKubeconfig() },
    });
    await run('registration');
    await untilAgents('the cluster on the hub', () => hub.cluster(cluster));
    await hub.accept(cluster);
    await hub.approve(cluster);
    await untilAgents(
      'joined',
      async () => (await hub.condition(cluster, 'ManagedClusterJoined')) === 'True',
    );
  };

  test('faults R21: agents go up, down and up again, and what they applied is not written to', async () => {
    await setVersion('v0.1.0');
    await joinHub();
    const versions = new Map<string, string | undefined>();
    for (const [at, version] of ['v0.1.0', 'v0.2.0', 'v0.1.0', 'v0.2.0'].entries()) {
      if (at > 0) {
        await endAgents();
        await setVersion(version);
        await run('registration');
      }
      expect((await run('work')).includes('--v=2')).toBe(version === 'v0.2.0');
      const name = `work-${at}`;
      versions.set(name, await flows(name));
    }
    for (const [name, version] of versions)
      expect([name, (await client.get(configMaps, name, 'default')).metadata.resourceVersion]).toEqual([
        name,
        version,
      ]);
    expect(agents.map((agent) => agent.ended())).toEqual([undefined, undefined]);
  });

  test('faults R21: a hub is installed and removed', async () => {
    const operator = await MortalOperator.install(managedPlane, 'cluster-manager');
    operator.start();
    try {
      await client.create(clusterManagers, { metadata: { name: 'cluster-manager' }, spec: {} as never });
      await waitForSettled(client);
      await client.delete(clusterManagers, { name: 'cluster-manager' });
      await waitFor('gone', async () => !(await client.find(clusterManagers, 'cluster-manager')));
    } finally {
      await operator.dispose();
    }
  });
});
