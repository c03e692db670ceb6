import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterManager, clusterManagers } from '../../../operators/api/generated/operator.ts';
import { managedClusters } from '../../../operators/api/generated/cluster.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import {
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  type Deployment,
  deployments,
  namespaces,
  serviceAccounts,
} from '../../../operators/runtime/client/kubernetes.ts';
import { isTrue } from '../../../operators/runtime/controller/conditions.ts';
import { selfSignedCertificate } from '../../../operators/runtime/process/serving/self-signed.ts';
import { type ControlPlane, startControlPlane, toYaml, waitFor } from '../../cluster/index.ts';
import { freePorts } from '../../cluster/ports.ts';
import { createWorkspace, type Daemon, type Workspace } from '../../cluster/processes.ts';
import {
  clientOf,
  controlPlaneOptions,
  hubNamespace,
  OperatorProcess,
  prepare,
} from '../clustermanager/harness.ts';
import { type Rig, rigOf, waitForKlusterlet } from '../klusterlet/operator.ts';
import { runPod } from '../klusterlet/pod.ts';
import type { Klusterlet } from '../../../operators/api/generated/operator.ts';
import { completeRollout } from '../rollout.ts';
import { listenByGrpc, writeGrpcFiles } from './grpc.ts';
import type { Target } from './prometheus.ts';

const root = join(import.meta.dirname, '../../..');
const agentNamespace = 'open-cluster-management-agent';
export const clusterName = 'cluster1';
const options = { fieldManager: 'test' };

/** Every process of this project, each as its own ServiceAccount: a hub with an operator, and a cluster with another. */
export interface Fleet {
  readonly hub: Client;
  readonly managed: Rig;
  readonly workspace: Workspace;
  readonly planes: readonly [hub: ControlPlane, managed: ControlPlane];
  /** What to scrape; the singleton agent runs after {@link toSingleton} only. */
  readonly targets: readonly Target[];
  /** Has one agent take the place of two. */
  toSingleton(): Promise<void>;
  stop(): Promise<void>;
}

/** A token that may get `/metrics`, and nothing else. */
const readerToken = async (client: Client): Promise<string> => {
  const name = 'metrics-reader';
  const account = { name, namespace: 'monitoring' };
  await client.apply(namespaces, { metadata: { name: account.namespace } }, options);
  await client.apply(serviceAccounts, { metadata: account }, options);
  await client.apply(
    clusterRoles,
    { metadata: { name }, rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
    options,
  );
  await client.apply(
    clusterRoleBindings,
    {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
    options,
  );
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = await client.createSubresource<{ status: { token: string } }>(
    serviceAccounts,
    account,
    'token',
    request,
  );
  return status.token;
};

const programs: Record<string, string> = {
  '/registration': 'operators/registration/main.ts',
  '/server': 'operators/registration/server/main.ts',
  '/work': 'operators/work/main.ts',
  '/placement': 'operators/placement/main.ts',
  '/addon': 'operators/addon/main.ts',
};

/** Runs what a Deployment of the hub would, with its metrics on a port of this machine. */
const runOperand = async (
  plane: ControlPlane,
  workspace: Workspace,
  { metadata, spec }: Deployment,
  port: number,
  flags: readonly string[] = [],
): Promise<Daemon> => {
  const pod = spec!.template.spec!;
  const folder = join(workspace.folder, metadata.name);
  await mkdir(folder);
  const user = `system:serviceaccount:${metadata.namespace}:${pod.serviceAccountName}`;
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, toYaml(await plane.kubeconfigFor(user, ['system:authenticated'])));
  const [program = '', ...args] = pod.containers[0]!.args ?? [];
  const own = [`--kubeconfig=${kubeconfig}`];
  if (args[0] === 'webhook-server') {
    const { cert, key } = selfSignedCertificate(['localhost']);
    await writeFile(join(folder, 'tls.crt'), cert);
    await writeFile(join(folder, 'tls.key'), key);
    const [reviews, probes] = await freePorts(2);
    own.push(
      ...[`--certdir=${folder}`, `--port=${reviews}`],
      ...[`--health-probe-port=${probes}`, `--metrics-port=${port}`],
    );
  } else own.push(`--namespace=${metadata.namespace}`, `--listen=127.0.0.1:${port}`);
  return workspace.start(metadata.name, process.execPath, [
    join(root, programs[program]!),
    ...args,
    ...own,
    ...flags,
  ]);
};

const hubOperands = {
  'ocm-registration-controller': 'cluster-manager-registration-controller',
  'ocm-work-controller': 'cluster-manager-work-controller',
  'ocm-placement-controller': 'cluster-manager-placement-controller',
  'ocm-addon-manager': 'cluster-manager-addon-manager-controller',
  'ocm-registration-webhook': 'cluster-manager-registration-webhook',
  'ocm-work-webhook': 'cluster-manager-work-webhook',
  'ocm-addon-webhook': 'cluster-manager-addon-webhook',
  'ocm-grpc-server': 'cluster-manager-grpc-server',
} as const;

const clusterManager: ClusterManager = {
  metadata: { name: 'cluster-manager' },
  spec: {
    registrationImagePullSpec: 'registration',
    workImagePullSpec: 'work',
    placementImagePullSpec: 'placement',
    addOnManagerImagePullSpec: 'addon-manager',
    registrationConfiguration: { registrationDrivers: [{ authType: 'csr' }, { authType: 'grpc' }] },
    workConfiguration: {
      workDriver: 'kube',
      featureGates: [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' }],
    },
  } as ClusterManager['spec'],
};

const klusterlet = (mode: string): Klusterlet => ({
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'Klusterlet',
  metadata: { name: 'klusterlet' },
  spec: {
    registrationImagePullSpec: 'registration',
    workImagePullSpec: 'work',
    imagePullSpec: 'registration-operator',
    clusterName,
    deployOption: { mode },
  },
});

const joined = async (hub: Client, plane: ControlPlane): Promise<void> => {
  await waitFor('the cluster on the hub', () =>
    hub.patch(
      managedClusters,
      { name: clusterName },
      { type: 'merge', body: { spec: { hubAcceptsClient: true } } },
    ),
  );
  const request = await waitFor('its request', async () =>
    (await hub.list(certificateSigningRequests)).items.find(({ status }) => !status?.conditions?.length),
  );
  await plane.kubectl(['certificate', 'approve', request.metadata.name]);
  await waitFor('the cluster available', async () =>
    isTrue(
      (await hub.get(managedClusters, clusterName)).status?.conditions,
      'ManagedClusterConditionAvailable',
    ),
  );
};

/** Starts all of it, and waits until the cluster is managed. */
export const startFleet = async (): Promise<Fleet> => {
  const [hubPlane, managedPlane] = await Promise.all([
    startControlPlane({ name: 'hub', ...controlPlaneOptions }),
    startControlPlane({ name: 'managed' }),
  ]);
  const workspace = await createWorkspace('monitoring');
  const hub = clientOf(hubPlane);
  const managed = await rigOf(managedPlane);
  const jobs = [
    'ocm-cluster-manager-operator',
    ...Object.keys(hubOperands),
    'ocm-klusterlet-operator',
    'ocm-registration-agent',
    'ocm-work-agent',
    'ocm-singleton-agent',
  ];
  const [grpcPort, ...ports] = await freePorts(jobs.length + 1);
  const portOf = (job: string): number => ports[jobs.indexOf(job)]!;
  const listen = (job: string): string => `--listen=127.0.0.1:${portOf(job)}`;

  const grpc = await writeGrpcFiles(workspace, grpcPort!);
  const flagsOf: Record<string, string[]> = {
    'ocm-registration-controller': grpc.controller,
    'ocm-grpc-server': grpc.server,
  };
  const hubOperator = new OperatorProcess(await prepare(hubPlane), [listen('ocm-cluster-manager-operator')]);
  await hub.create(clusterManagers, clusterManager);
  await Promise.all(
    Object.entries(hubOperands).map(async ([job, name]) => {
      const deployment = await waitFor(`Deployment ${name}`, () => hub.find(deployments, name, hubNamespace));
      await runOperand(hubPlane, workspace, deployment, portOf(job), flagsOf[job]);
      // Only when it serves does the add-on manager come.
      if (job === 'ocm-addon-webhook') await completeRollout(hub, deployment);
    }),
  );

  await managed.start({}, [listen('ocm-klusterlet-operator')]);
  const install = async (mode: string) => {
    await managed.apply(klusterlet(mode));
    await waitForKlusterlet(managed, 'applied', async () => {
      const { metadata, status } = await managed.get<Klusterlet>('klusterlet', 'klusterlet');
      return status?.observedGeneration === metadata.generation && isTrue(status?.conditions, 'Applied');
    });
  };
  const run = async (name: string, job: string) =>
    runPod(
      managed,
      managedPlane,
      workspace,
      await managed.get<Deployment>('deployment', name, agentNamespace),
      [listen(job)],
    );
  await install('Default');
  await managed.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'bootstrap-hub-kubeconfig', namespace: agentNamespace },
    stringData: { kubeconfig: toYaml(await hubPlane.kubeconfigFor('bootstrap', ['system:masters'])) },
  });
  const registrationAgent = await run('klusterlet-registration-agent', 'ocm-registration-agent');
  await joined(hub, hubPlane);
  const listener = await listenByGrpc(hub, hubPlane, grpc, clusterName);
  const workAgent = await run('klusterlet-work-agent', 'ocm-work-agent');

  const administrator = clientOf(managedPlane);
  const [onHub, onManaged] = await Promise.all([readerToken(hub), readerToken(administrator)]);
  await administrator.close();
  return {
    hub,
    managed,
    workspace,
    planes: [hubPlane, managedPlane],
    targets: jobs.map((job) => {
      const isOnHub = job in hubOperands || job === 'ocm-cluster-manager-operator';
      return {
        job,
        port: portOf(job),
        token: job.endsWith('-webhook') ? undefined : isOnHub ? onHub : onManaged,
      };
    }),
    async toSingleton() {
      await Promise.all([registrationAgent.end(), workAgent.end()]);
      await install('Singleton');
      await run('klusterlet-agent', 'ocm-singleton-agent');
    },
    async stop() {
      await listener.close();
      await hubOperator.kill();
      await workspace.dispose();
      await managed.dispose();
      await hub.close();
      await Promise.all([hubPlane.stop(), managedPlane.stop()]);
    },
  };
};
