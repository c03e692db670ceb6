import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition, isTrue } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../cluster/index.ts';
import { createWorkspace, type Daemon, logTail, type Workspace } from '../cluster/processes.ts';
import { type GrpcHub, startGrpcHub } from './klusterlet/grpc-hub.ts';
import { operatorNamespace, type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';
import { portOf, runPod } from './klusterlet/pod.ts';
import { dialTls } from './process/tls.ts';
import { createRig, type Rig as Hub } from './registration/rig.ts';

let hubPlane: ControlPlane;
let managedPlane: ControlPlane;
let hub: Hub;
let grpc: GrpcHub;
let rig: Rig;
let workspace: Workspace;

beforeAll(async () => {
  [hubPlane, managedPlane] = await Promise.all([
    startControlPlane({ name: 'hub' }),
    startControlPlane({ name: 'managed' }),
  ]);
  hub = await createRig(hubPlane, hubPlane);
  grpc = await startGrpcHub(hub);
  rig = await rigOf(managedPlane);
  await rig.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'ocm-tls-profile', namespace: operatorNamespace },
    data: { minTLSVersion: 'VersionTLS13' },
  });
  await rig.start();
  workspace = await createWorkspace('agents');
});

afterAll(async () => {
  await workspace?.dispose();
  await rig?.dispose();
  await hub?.stop();
  await Promise.all([hubPlane?.stop(), managedPlane?.stop()]);
});

/** Outside of a Pod the agents take this namespace for their own, so that one Klusterlet has it at a time. */
const namespace = 'open-cluster-management-agent';

const bootstrapSecret = (stringData: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'bootstrap-hub-kubeconfig', namespace },
  stringData,
});

const install = async (
  name: string,
  mode: string,
  cluster: string,
  { prepare, authType }: { prepare?: () => Promise<void>; authType?: 'grpc' } = {},
) => {
  const klusterlet: Klusterlet = {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name },
    spec: {
      registrationImagePullSpec: 'registration',
      workImagePullSpec: 'work',
      imagePullSpec: 'registration-operator',
      clusterName: cluster,
      deployOption: { mode },
      registrationConfiguration: {
        ...(authType && { registrationDriver: { authType } }),
        clusterLabels: { environment: 'test', 'cluster.open-cluster-management.io/clusterset': 'other' },
      },
    },
  };
  await rig.apply(klusterlet);
  await prepare?.();
  await waitForKlusterlet(rig, 'applied', async () =>
    isTrue((await rig.get<Klusterlet>('klusterlet', name)).status?.conditions, 'Applied'),
  );
  await rig.apply(bootstrapSecret({ kubeconfig: await hub.bootstrapKubeconfig() }));
};

const run = async (name: string): Promise<Daemon> =>
  runPod(rig, managedPlane, workspace, await rig.get<Deployment>('deployment', name, namespace));

/** Waits, and shows the agents' logs when it was in vain. */
const untilWith = async <R>(agents: Daemon[], what: string, look: () => Promise<R | undefined | false>) => {
  try {
    return await waitFor(what, look);
  } catch (error) {
    const logs = await Promise.all(agents.map((agent) => logTail(agent, 25)));
    throw new Error(`${(error as Error).message}\n${logs.join('\n---\n')}`, { cause: error });
  }
};

const join = async (cluster: string, agents: Daemon[]) => {
  await untilWith(agents, 'the cluster on the hub, with its labels', async () => {
    const { metadata } = await hub.cluster(cluster);
    expect(metadata.labels).toMatchObject({
      environment: 'test',
      'cluster.open-cluster-management.io/clusterset': 'default',
    });
    return true;
  });
  await hub.accept(cluster);
  await hub.approve(cluster);
  await untilWith(
    agents,
    'joined',
    async () => (await hub.condition(cluster, 'ManagedClusterJoined')) === 'True',
  );
};

const runsWork = async (cluster: string, agents: Daemon[], plane = managedPlane) => {
  const configMap = `from-${cluster}`;
  await hub.hub.create(manifestWorks, {
    metadata: { name: 'work', namespace: cluster },
    spec: {
      workload: {
        manifests: [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: configMap, namespace: 'default' },
            data: { a: 'b' },
          },
        ],
      },
    },
  });
  await untilWith(agents, 'the work applied', () =>
    plane.kubectl(['get', 'configmap', configMap, '--namespace=default', '--output=name']),
  );
  await untilWith(agents, 'the work reported', async () =>
    isTrue((await hub.hub.get(manifestWorks, 'work', cluster)).status?.conditions, 'Applied'),
  );
};

const connectionOf = async (name: string) => {
  const { status } = await rig.get<Klusterlet>('klusterlet', name);
  return findCondition(status?.conditions, 'HubConnectionDegraded');
};
const isConnected = async (name: string) => (await connectionOf(name))?.status === 'False';

/** Looks whether agents serve as the TLS profile says (operator.md 1.5). */
const obeyTlsProfile = async (...agents: Daemon[]) => {
  for (const agent of agents) {
    const port = await portOf(agent);
    expect(await dialTls(port, 'TLSv1.3')).toBe('TLSv1.3');
    await expect(dialTls(port, 'TLSv1.2')).rejects.toThrow();
  }
};

/** In hosted modes the agents of a cluster run elsewhere: here the hub is that cluster, and joins itself. */
const installHosted = async (mode: string, cluster: string) => {
  const prepare = async () => {
    await waitForKlusterlet(rig, 'the agent namespace', () => rig.find('namespace', namespace));
    await rig.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'external-managed-kubeconfig', namespace },
      stringData: { kubeconfig: hubPlane.kubeconfigYaml },
    });
  };
  await install(namespace, mode, cluster, { prepare });
};

/** Removes a Klusterlet whose agents have ended, and looks at what they leave behind (operator.md 136). */
const leaves = async (name: string, cluster: string) => {
  await rig.remove('klusterlet', name, undefined, patienceFlag);
  expect(await rig.find('configmap', `from-${cluster}`, 'default')).toBeDefined();
  const records = await rig.list('appliedmanifestworks');
  expect(records.length).toBeGreaterThan(0);
  expect(records.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
  await waitForKlusterlet(rig, 'the namespace gone', async () => !(await rig.find('namespace', namespace)));
};

const leavesHosted = async (cluster: string) => {
  await rig.remove('klusterlet', namespace, undefined, patienceFlag);
  const records = await hubPlane.kubectl([
    'get',
    'appliedmanifestworks',
    '--output=jsonpath={.items[*].metadata.finalizers}',
  ]);
  expect(records).toBe('');
  await hubPlane.kubectl(['get', 'configmap', `from-${cluster}`, '--namespace=default']);
  await waitForKlusterlet(rig, 'the namespace gone', async () => !(await rig.find('namespace', namespace)));
  await waitForKlusterlet(rig, 'the namespace on the other cluster gone', async () => {
    const text = await hubPlane.kubectl(['get', 'namespaces', '--output=name']);
    return !text.split('\n').includes(`namespace/${namespace}`);
  });
};

test.each([
  ['Default mode', 'pair', 'Default', 'operator.md 124'],
  ['an empty mode, which means Default', 'unsaid', '', 'operator.md 86'],
  ['names as long as they may be', 'k'.repeat(63), 'Default', 'registration.md 17'],
])(
  '%s: the agents of %s join and work with what the operator gave them (mode "%s", %s)',
  async (_, name, mode) => {
    const cluster = `${name}-cluster`.replace(/^k{63}.*/, 'c'.repeat(63));
    await install(name, mode, cluster);
    const registration = await run(`${name}-registration-agent`);
    await join(cluster, [registration]);
    await untilWith([registration], 'connected', () => isConnected(name));
    await waitForKlusterlet(rig, 'the work agent wanted', async () => {
      const found = await rig.find<Deployment>('deployment', `${name}-work-agent`, namespace);
      return found?.spec?.replicas === 1;
    });
    const { status } = await rig.get<Klusterlet>('klusterlet', name);
    expect(findCondition(status?.conditions, 'ValidConfiguration')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('clusterLabels: "cluster.open-cluster-management.io/clusterset"'),
    });
    const work = await run(`${name}-work-agent`);
    await runsWork(cluster, [registration, work]);
    await obeyTlsProfile(registration, work);
    expect([registration.ended(), work.ended()]).toEqual([undefined, undefined]);
    await Promise.all([registration.end(), work.end()]);
    await leaves(name, cluster);
  },
);

test('Singleton mode: one process joins and works (operator.md 1.1, 84)', async () => {
  await install('single', 'Singleton', 'single-cluster');
  const agent = await run('single-agent');
  await join('single-cluster', [agent]);
  await runsWork('single-cluster', [agent]);
  await obeyTlsProfile(agent);
  await untilWith([agent], 'connected', () => isConnected('single'));
  expect(agent.ended()).toBeUndefined();
  await agent.end();
  expect(agent.ended()).toBe('status 0');
  await leaves('single', 'single-cluster');
});

test('Hosted mode: the agents serve a cluster that they do not run on (operator.md 85)', async () => {
  await installHosted('Hosted', 'hosted-cluster');
  const registration = await run(`${namespace}-registration-agent`);
  await join('hosted-cluster', [registration]);
  await waitForKlusterlet(rig, 'the work agent wanted', async () => {
    const found = await rig.find<Deployment>('deployment', `${namespace}-work-agent`, namespace);
    return found?.spec?.replicas === 1;
  });
  const work = await run(`${namespace}-work-agent`);
  await runsWork('hosted-cluster', [registration, work], hubPlane);
  expect([registration.ended(), work.ended()]).toEqual([undefined, undefined]);
  await Promise.all([registration.end(), work.end()]);
  await leavesHosted('hosted-cluster');
});

test('SingletonHosted mode: one process serves a cluster that it does not run on (operator.md 3.2)', async () => {
  await installHosted('SingletonHosted', 'single-hosted-cluster');
  const agent = await run(`${namespace}-agent`);
  await join('single-hosted-cluster', [agent]);
  await runsWork('single-hosted-cluster', [agent], hubPlane);
  expect(agent.ended()).toBeUndefined();
  await agent.end();
  await leavesHosted('single-hosted-cluster');
});

/** Until a Klusterlet says of its connection what it is to say, as the operator finds it out by gRPC. */
const untilSaid = (name: string, reason: string, message: RegExp) =>
  waitForKlusterlet(rig, reason, async () => {
    const said = await connectionOf(name);
    return said?.reason === reason && message.test(said.message);
  });

/** The gRPC server is all that agents and operator reach: where the bootstrap kubeconfig leads nobody answers. */
const bootstrapsByGrpc = async (name: string, cluster: string) => {
  const kubeconfig = (await hub.bootstrapKubeconfig()).replace(/server: .*/, 'server: https://127.0.0.1:1');
  const nobody = parseKubeconfig(await hub.userKubeconfig('nobody', [])).token;
  const reasonOf = (bootstrap: string) => `${bootstrap},HubKubeConfigSecretMissing`;
  await untilSaid(name, reasonOf('BootstrapSecretError'), /has no key "config.yaml"; put the configuration/);
  const given: [token: string | undefined, reason: string, message: RegExp][] = [
    ['wrong', 'BootstrapSecretError', /token not authenticated/],
    [
      nobody,
      'BootstrapSecretUnauthorized',
      new RegExp(`may not listen to .*managedclusters of cluster "${cluster}"`),
    ],
    [parseKubeconfig(kubeconfig).token, 'BootstrapSecretFunctional', /works/],
  ];
  for (const [token, reason, message] of given) {
    await rig.apply(bootstrapSecret({ kubeconfig, 'config.yaml': grpc.configFor(token) }));
    await untilSaid(name, reasonOf(reason), message);
  }
};

test.each([
  ['Default', 'by-grpc'],
  ['Singleton', 'single-by-grpc'],
])(
  'operator.md 110, registration.md 149: %s mode, agents that reach their hub over gRPC join and work (%s)',
  async (mode, name) => {
    const cluster = `${name}-cluster`;
    await install(name, mode, cluster, { authType: 'grpc' });
    await bootstrapsByGrpc(name, cluster);
    const first = await run(mode === 'Default' ? `${name}-registration-agent` : `${name}-agent`);
    await join(cluster, [first]);
    await untilWith([first], 'connected', () => isConnected(name));
    expect((await connectionOf(name))?.message).toMatch(/hub-kubeconfig-secret to 127.0.0.1:\d+ works/);
    const agents = [first];
    if (mode === 'Default') {
      await waitForKlusterlet(rig, 'the work agent wanted', async () => {
        const found = await rig.find<Deployment>('deployment', `${name}-work-agent`, namespace);
        return found?.spec?.replicas === 1;
      });
      agents.push(await run(`${name}-work-agent`));
    }
    await runsWork(cluster, agents);
    expect(agents.map((agent) => agent.ended())).toEqual(agents.map(() => undefined));
    await Promise.all(agents.map((agent) => agent.end()));
    await leaves(name, cluster);
  },
);
