import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load, loadAll } from 'js-yaml';
import {
  type ManagedCluster,
  managedClusterSets,
  managedClusters,
} from '../../../operators/api/generated/cluster.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { parseKubeconfig } from '../../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  type CertificateSigningRequest,
  type ClusterRole,
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  namespaces,
  secrets,
  serviceAccounts,
} from '../../../operators/runtime/client/kubernetes.ts';
import { selfSignedCertificate } from '../../../operators/runtime/process/serving/self-signed.ts';
import { versions } from '../../../scripts/bundle.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';
import { freePorts } from '../../cluster/ports.ts';
import { accountKubeconfig } from '../account.ts';
import { type Daemon, type Workspace, createWorkspace } from '../../cluster/processes.ts';
import { administratorOf } from '../administrator.ts';
import { installWebhooks } from '../webhooks.ts';
import { untilHeld } from './rights.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** The folder of the newest bundle. */
const newest = join(root, 'bundles', versions().at(-1) ?? '');
const program = join(root, 'operators/registration/main.ts');
const serverProgram = join(root, 'operators/registration/server/main.ts');
export const hubNamespace = 'open-cluster-management-hub';
const hubController = 'registration-controller-sa';
const hubWebhook = 'registration-webhook-sa';
const grpcServer = 'grpc-server-sa';
const bootstrap = 'agent-registration-bootstrap';
/** The user as which agents bootstrap. */
export const bootstrapUser = `system:serviceaccount:${hubNamespace}:${bootstrap}`;
export const agentNamespace = 'open-cluster-management-agent';

export const clientOf = (controlPlane: ControlPlane): Client =>
  administratorOf(controlPlane, 'integration-test');

interface Manifest {
  kind: string;
  metadata: { name: string };
}

/** The documents of one kind in a file of the bundle, with no parameter filled in. */
const fromBundle = async <T extends Manifest>(file: string, kind: string): Promise<T[]> => {
  const text = await readFile(join(newest, 'clustermanager', file), 'utf8');
  return (loadAll(text) as T[]).filter((manifest) => manifest.kind === kind);
};

/** A ServiceAccount on the hub with these rules. */
const createAccount = async (hub: Client, name: string, rules: ClusterRole['rules']): Promise<void> => {
  const fieldManager = 'integration-test';
  await hub.apply(namespaces, { metadata: { name: hubNamespace } }, { fieldManager });
  await hub.apply(serviceAccounts, { metadata: { name, namespace: hubNamespace } }, { fieldManager });
  await hub.apply(clusterRoles, { metadata: { name }, rules }, { fieldManager });
  await hub.apply(
    clusterRoleBindings,
    {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: hubNamespace }],
    },
    { fieldManager },
  );
  await untilHeld(hub, `system:serviceaccount:${hubNamespace}:${name}`, rules ?? []);
};

/** A ServiceAccount with the rules that the bundle gives to an operand. */
const createOperandAccount = async (
  hub: Client,
  file: string,
  name: string,
  more: NonNullable<ClusterRole['rules']> = [],
): Promise<void> => {
  const [role] = await fromBundle<ClusterRole & Manifest>(file, 'ClusterRole');
  await createAccount(hub, name, [...(role!.rules ?? []), ...more]);
};

/** The rules that the bundle adds with a feature. */
const rulesOfFeature = async (overlay: string): Promise<NonNullable<ClusterRole['rules']>> => {
  const text = await readFile(join(newest, 'clustermanager/overlays', overlay), 'utf8');
  return (load(text) as { value: NonNullable<ClusterRole['rules']>[number] }[]).map(({ value }) => value);
};

/** What any bootstrap identity needs on a hub (registration.md 2.1). */
export const bootstrapRules: NonNullable<ClusterRole['rules']> = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests'],
    verbs: ['create', 'get', 'list', 'watch'],
  },
  {
    apiGroups: ['cluster.open-cluster-management.io'],
    resources: ['managedclusters'],
    verbs: ['get', 'create', 'list', 'watch'],
  },
  {
    apiGroups: ['cluster.open-cluster-management.io'],
    resources: ['managedclustersets/join'],
    verbs: ['create'],
  },
];

/** A kubeconfig for the hub with a token of one of its ServiceAccounts. */
const hubKubeconfig = (hub: Client, controlPlane: ControlPlane, name: string): Promise<string> =>
  accountKubeconfig(hub, controlPlane, { name, namespace: hubNamespace });

/** Without the add-on webhook nobody converts add-ons between versions: the newer one is stored, and asked for. */
const withoutConversion = async (hub: Client): Promise<void> => {
  const name = 'managedclusteraddons.addon.open-cluster-management.io';
  const { spec } = await hub.get(customResourceDefinitions, name);
  const versions = spec.versions.map((version) => ({ ...version, storage: version.name === 'v1beta1' }));
  const body = { spec: { conversion: { strategy: 'None', webhook: null }, versions } };
  await hub.patch(customResourceDefinitions, { name }, { type: 'merge', body });
};

export interface AgentOptions {
  cluster?: string;
  /** Tells agents of the same cluster apart; default `agent`. */
  instance?: string;
  flags?: string[];
}

export interface Agent {
  readonly daemon: Daemon;
  readonly folder: string;
  /** Where its hub kubeconfig is written. */
  readonly hubFolder: string;
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** The hub operands of registration and any number of agents, as processes from source with their own permissions. */
export interface Rig {
  readonly hub: Client;
  readonly spoke: Client;
  readonly workspace: Workspace;
  startController(flags?: string[]): Promise<Daemon>;
  /** The gRPC server, with this configuration. */
  startGrpcServer(configFile: string, flags?: string[]): Promise<Daemon>;
  startAgent(bootstrapKubeconfig: string, options?: AgentOptions): Promise<Agent>;
  /** Somebody on the hub with a ServiceAccount's token and these rules. */
  user(name: string, rules: ClusterRole['rules']): Promise<Client>;
  /** The same as a kubeconfig, as text. */
  userKubeconfig(name: string, rules: ClusterRole['rules']): Promise<string>;
  /** A bootstrap kubeconfig for the hub, as text. */
  bootstrapKubeconfig(): Promise<string>;
  cluster(name: string): Promise<ManagedCluster>;
  /** Approves the oldest request of a cluster that nobody has decided, and returns it. */
  approve(cluster: string): Promise<CertificateSigningRequest>;
  accept(cluster: string, accepted?: boolean): Promise<unknown>;
  condition(cluster: string, type: string): Promise<string | undefined>;
  /** Starts the server of the webhooks of works. */
  startWorkWebhook(): Promise<Daemon>;
  /** Ends the webhook server of clusters; nothing answers in its place. */
  stopWebhook(): Promise<void>;
  stop(): Promise<void>;
}

const node = process.execPath;

/** A server of webhooks, and which of the bundle's webhooks it serves. */
interface Webhooks {
  account: string;
  program: string;
  /** What the bundle installs it with. */
  file: string;
  path: RegExp;
}

const clusterWebhooks: Webhooks = {
  account: hubWebhook,
  program,
  file: 'hub/registration-webhook.yaml',
  path: /-cluster-open-cluster-management-io-/,
};
const workWebhooks: Webhooks = {
  account: 'work-webhook-sa',
  program: join(root, 'operators/work/main.ts'),
  file: 'hub/work-webhook.yaml',
  path: /-work-open-cluster-management-io-/,
};

const startWebhook = async (
  hub: Client,
  controlPlane: ControlPlane,
  workspace: Workspace,
  { account, program, file, path }: Webhooks,
): Promise<Daemon> => {
  await createOperandAccount(hub, file, account);
  const folder = join(workspace.folder, account);
  await mkdir(folder);
  const { cert, key } = selfSignedCertificate(['127.0.0.1']);
  await writeFile(join(folder, 'tls.crt'), cert);
  await writeFile(join(folder, 'tls.key'), key);
  await writeFile(join(folder, 'kubeconfig'), await hubKubeconfig(hub, controlPlane, account));
  const [port, probes] = await freePorts(2);
  const daemon = workspace.start(account, node, [
    program,
    'webhook-server',
    `--kubeconfig=${join(folder, 'kubeconfig')}`,
    `--certdir=${folder}`,
    `--port=${port}`,
    `--health-probe-port=${probes}`,
    '--metrics-port=0',
  ]);
  await waitFor(
    'the webhook server to be ready',
    async () => (await fetch(`http://127.0.0.1:${probes}/readyz`)).ok,
  );
  await installWebhooks(hub, { url: `https://127.0.0.1:${port}`, certificate: cert }, (served) =>
    path.test(served),
  );
  return daemon;
};

const writeKubeconfig = async (path: string, text: string): Promise<string> => {
  await writeFile(path, text, { mode: 0o600 });
  return path;
};

/**
 * Installs what registration needs on both control planes, and starts the webhook server. With `convertsAddons` somebody else
 * converts add-ons between versions.
 */
export const createRig = async (
  hubPlane: ControlPlane,
  spokePlane: ControlPlane,
  { convertsAddons = false } = {},
): Promise<Rig> => {
  const [hub, spoke] = [clientOf(hubPlane), clientOf(spokePlane)];
  const workspace = await createWorkspace('registration');
  await Promise.all(
    [...new Set([hubPlane, spokePlane])].map((plane) =>
      plane.kubectl(['create', '--filename', join(root, 'crds')]),
    ),
  );
  if (!convertsAddons) await withoutConversion(hub);
  await waitFor('the kinds of the hub to be served', () => hub.list(managedClusterSets));
  await createOperandAccount(hub, 'hub/registration-controller.yaml', hubController, [
    ...(await rulesOfFeature('cluster-profile-rules.yaml')),
    ...(await rulesOfFeature('grpc-rules.yaml')),
  ]);
  await createAccount(hub, bootstrap, bootstrapRules);
  await spoke.create(namespaces, { metadata: { name: agentNamespace } });
  const webhook = await startWebhook(hub, hubPlane, workspace, clusterWebhooks);

  const undecided = async (cluster: string): Promise<CertificateSigningRequest | undefined> => {
    const { items } = await hub.list(certificateSigningRequests, {
      labelSelector: `open-cluster-management.io/cluster-name=${cluster}`,
    });
    return items.find(({ status }) => !status?.conditions?.length);
  };
  let started = 0;

  return {
    hub,
    spoke,
    workspace,

    async startController(flags = []) {
      const path = join(workspace.folder, `controller-${++started}.kubeconfig`);
      await writeKubeconfig(path, await hubKubeconfig(hub, hubPlane, hubController));
      return workspace.start(hubController, node, [
        program,
        'controller',
        `--kubeconfig=${path}`,
        '--namespace=default',
        '--disable-leader-election',
        '--listen=127.0.0.1:0',
        ...flags,
      ]);
    },

    async startGrpcServer(configFile, flags = []) {
      await createOperandAccount(hub, 'hub/grpc-server.yaml', grpcServer);
      const path = join(workspace.folder, `grpc-server-${++started}.kubeconfig`);
      await writeKubeconfig(path, await hubKubeconfig(hub, hubPlane, grpcServer));
      return workspace.start(`${grpcServer}-${started}`, node, [
        serverProgram,
        'grpc',
        `--kubeconfig=${path}`,
        `--server-config=${configFile}`,
        '--listen=127.0.0.1:0',
        ...flags,
      ]);
    },

    async startAgent(bootstrapKubeconfig, { cluster = '', instance = 'agent', flags = [] } = {}) {
      const name = `${cluster || 'unnamed'}-${instance}`;
      const folder = join(workspace.folder, name);
      const hubFolder = join(folder, 'hub');
      await mkdir(folder, { recursive: true });
      const bootstrapPath = await writeKubeconfig(join(folder, 'bootstrap'), bootstrapKubeconfig);
      const bootstrapSecret = `${name}-bootstrap`;
      await spoke.apply(
        secrets,
        {
          metadata: { name: bootstrapSecret, namespace: agentNamespace },
          data: { kubeconfig: Buffer.from(bootstrapKubeconfig).toString('base64') },
        },
        { fieldManager: 'integration-test' },
      );
      const daemon = workspace.start(`${name}-${++started}`, node, [
        program,
        'agent',
        `--kubeconfig=${spokePlane.kubeconfigPath}`,
        '--namespace=default',
        '--disable-leader-election',
        '--listen=127.0.0.1:0',
        ...(cluster ? [`--spoke-cluster-name=${cluster}`] : []),
        `--bootstrap-kubeconfig=${bootstrapPath}`,
        `--bootstrap-kubeconfig-secret=${bootstrapSecret}`,
        `--hub-kubeconfig-secret=${name}-hub-kubeconfig`,
        `--hub-kubeconfig-dir=${hubFolder}`,
        ...flags,
      ]);
      return {
        daemon,
        folder,
        hubFolder,
        log: () => readFile(daemon.logPath, 'utf8'),
        stop: () => daemon.end(),
      };
    },

    async user(name, rules) {
      await createAccount(hub, name, rules);
      return connect(parseKubeconfig(await hubKubeconfig(hub, hubPlane, name)), { userAgent: name });
    },

    async userKubeconfig(name, rules) {
      await createAccount(hub, name, rules);
      return hubKubeconfig(hub, hubPlane, name);
    },

    bootstrapKubeconfig: () => hubKubeconfig(hub, hubPlane, bootstrap),

    cluster: (name) => hub.get(managedClusters, name),

    async approve(cluster) {
      const request = await waitFor(`a request of ${cluster} to approve`, () => undecided(cluster));
      await hubPlane.kubectl(['certificate', 'approve', request.metadata.name]);
      return request;
    },

    accept: (cluster, accepted = true) =>
      waitFor(`ManagedCluster ${cluster} to be there`, () =>
        hub.patch(
          managedClusters,
          { name: cluster },
          { type: 'merge', body: { spec: { hubAcceptsClient: accepted } } },
        ),
      ),

    async condition(cluster, type) {
      const { status } = await hub.get(managedClusters, cluster);
      return status?.conditions?.find((condition) => condition.type === type)?.status;
    },

    startWorkWebhook: () => startWebhook(hub, hubPlane, workspace, workWebhooks),

    stopWebhook: () => webhook.end(),

    async stop() {
      await workspace.dispose();
      await Promise.all([hub.close(), spoke.close()]);
    },
  };
};
