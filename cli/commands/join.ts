import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { dump, load } from 'js-yaml';
import { klusterlets, managedClusters } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { Connection } from '../../operators/runtime/client/connection.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig.ts';
import { configMaps, deployments, pods } from '../../operators/runtime/client/kubernetes.ts';
import { applyObjects } from '../apply.ts';
import { publishedCa, readClusterInfo } from '../cluster-info.ts';
import type { CommandContext } from '../context.ts';
import { featureGates, gatesHelp, parseGates, SPOKE_REGISTRATION, SPOKE_WORK } from '../features.ts';
import { array, bool, integer, map } from '../flags.ts';
import { isHosted, type KlusterletValues, namesFor, spokeObjects } from '../objects/klusterlet.ts';
import { OPERATOR_NAMESPACE } from '../objects/operator.ts';
import { mergeValuesFile } from '../objects/values.ts';
import { describePods, podReady } from '../pods.ts';
import { type Finding, preflight } from '../preflight.ts';
import { resourceRequirement } from '../resources.ts';
import { versionBundle } from '../versions.ts';
import { waitFor } from '../wait.ts';

interface JoinFlags {
  hubToken: string;
  hubApiserver: string;
  clusterName: string;
  caFile: string;
  mode: string;
  singleton: boolean;
  managedClusterKubeconfig: string;
  forceInternalEndpointLookup: boolean;
  forceInternalEndpointLookupManaged: boolean;
  bundleVersion: string;
  bundleVersionOverrides: string;
  imageRegistry: string;
  imagePullCredentialFile: string;
  createNamespace: boolean;
  outputFile: string;
  wait: boolean;
  featureGates?: Record<string, boolean>;
  resourceQosClass: string;
  resourceLimits?: Record<string, string>;
  resourceRequests?: Record<string, string>;
  clientCertExpirationSeconds: number;
  registrationAuth: string;
  grpcServer: string;
  grpcCaFile: string;
  hubClusterArn: string;
  managedClusterArn: string;
  addonKubeclientRegistrationAuth: string;
  addonTokenExpirationSeconds: number;
  klusterletAnnotation: string[];
  klusterletValuesFile: string;
  enableSyncLabels: boolean;
  proxyUrl: string;
  proxyCaFile: string;
}

export const defineJoin = (command: Command): Command => {
  command
    .description('Join a cluster to a hub: install the klusterlet and its agents')
    .option('--hub-token <string>', 'token with which the cluster asks to join (required)', '')
    .option('--hub-apiserver <url>', "URL of the hub's API server (required)", '')
    .option('--cluster-name <string>', 'name of the cluster on the hub (required)', '')
    .option('--ca-file <file>', "PEM file with the hub's certificate authority", '')
    .option('-m, --mode <string>', 'default or hosted', 'default');
  bool(command, 'singleton', 'run registration and work in one agent');
  command.option(
    '--managed-cluster-kubeconfig <file>',
    'kubeconfig of the managed cluster, in hosted mode',
    '',
  );
  bool(command, 'force-internal-endpoint-lookup', "use the server of the hub's cluster-info; kind needs it");
  bool(
    command,
    'force-internal-endpoint-lookup-managed',
    "hosted: use the server of the managed cluster's cluster-info",
  );
  command
    .option('--bundle-version <string>', 'version of the components to install', 'default')
    .option('--bundle-version-overrides <file>', 'JSON file with component versions laid over the bundle', '')
    .option('--image-registry <string>', 'registry of all images', 'quay.io/open-cluster-management')
    .option(
      '--image-pull-credential-file <file>',
      'docker config JSON with the credentials of the registry',
      '',
    );
  bool(command, 'create-namespace', 'create the operator namespace', true);
  command.option('--output-file <file>', 'also write the objects to this file', '');
  bool(command, 'wait', 'wait until the cluster is known to the hub and its agents are ready');
  command.option(
    '--feature-gates <Name=bool,...>',
    `feature gates:\n${gatesHelp(SPOKE_REGISTRATION, SPOKE_WORK)}`,
    parseGates(SPOKE_REGISTRATION, SPOKE_WORK),
  );
  command.option('--resource-qos-class <string>', 'Default, BestEffort or ResourceRequirement', 'Default');
  map(command, '--resource-limits', 'limits of every container, such as cpu=800m,memory=800Mi');
  map(command, '--resource-requests', 'requests of every container');
  integer(
    command,
    '--client-cert-expiration-seconds',
    "life of the agent's certificate, in seconds",
    31_536_000,
  );
  command
    .option('--registration-auth <string>', 'csr, grpc or awsirsa', 'csr')
    .option('--grpc-server <string>', 'host of the gRPC server, for --registration-auth grpc', '')
    .option('--grpc-ca-file <file>', 'PEM file with the certificate authority of the gRPC server', '')
    .option('--hub-cluster-arn <string>', 'ARN of the hub, for --registration-auth awsirsa', '')
    .option('--managed-cluster-arn <string>', 'ARN of this cluster, for --registration-auth awsirsa', '')
    .option('--addon-kubeclient-registration-auth <string>', 'how add-ons register: csr or token', 'csr');
  integer(command, '--addon-token-expiration-seconds', 'life of add-on tokens, in seconds; 0 is unset', 0);
  array(command, '--klusterlet-annotation', 'annotation (key=value) of the ManagedCluster');
  command.option('--klusterlet-values-file <file>', 'chart values (YAML) laid over everything', '');
  bool(command, 'enable-sync-labels', 'copy the labels of the Klusterlet to all of its objects');
  return command
    .option('--proxy-url <url>', 'proxy through which the agents reach the hub', '')
    .option('--proxy-ca-file <file>', 'PEM file with the certificate authority of the proxy', '');
};

/** `clusteradm join` (cli.md 5). */
export const join = async (context: CommandContext, flags: JoinFlags): Promise<void> => {
  requireFlags(flags);
  const mode = modeOf(flags);
  const auth = registrationDriver(flags);
  const addonAuth = addonDriver(flags);
  const base = joinValues(flags, mode, auth, addonAuth, (pair) =>
    context.output.note(`WARNING: --klusterlet-annotation ${pair} is not key=value and is left out\n`),
  );
  const client = await context.client();
  const hub = await hubConnection(context, flags);
  const values = mergeValuesFile(
    { ...base, ...(await liveValues(context, client, flags, base, hub)) },
    flags.klusterletValuesFile,
    'klusterlet',
  );
  await preflight(
    [
      { name: 'HubKubeconfig check', run: () => checkHub(context, hub.connection) },
      { name: 'DeployMode Check', run: () => checkMode(context, flags) },
      { name: 'ClusterName Check', run: () => checkClusterName(values.klusterlet.clusterName) },
    ],
    context.output,
  );
  await applyObjects(context, client, spokeObjects(values), flags.outputFile);
  if (flags.wait && !context.globals.dryRun) await waitForJoin(context, client, hub.connection, values);
  context.output.print(`Please log onto the hub cluster and run the following command:

    ${context.program} accept --clusters ${values.klusterlet.clusterName}

This is not needed when the ManagedClusterAutoApproval feature is enabled
`);
};

/** The first missing flag, in the order of cli.md 5.2. */
export const requireFlags = (flags: JoinFlags): void => {
  if (!flags.hubToken) throw new Error('token is missing');
  if (!flags.hubApiserver) throw new Error('hub-server is missing');
  if (!flags.clusterName) throw new Error('cluster-name is missing');
  if (!flags.imageRegistry) {
    throw new Error('the OCM image registry should not be empty, like quay.io/open-cluster-management');
  }
  if (!flags.mode) throw new Error('the mode should not be empty, like default');
};

const modeOf = ({ mode, singleton }: JoinFlags): string => {
  const written = mode.charAt(0).toUpperCase() + mode.slice(1).toLowerCase();
  if (!singleton) return written;
  return written === 'Hosted' ? 'SingletonHosted' : 'Singleton';
};

const registrationDriver = (flags: JoinFlags): object | undefined => {
  switch (flags.registrationAuth) {
    case 'csr':
      return undefined;
    case 'awsirsa':
      if (!flags.hubClusterArn) {
        throw new Error('hub-cluster-arn is required when registration-auth type is awsirsa');
      }
      return {
        authType: 'awsirsa',
        awsIrsa: { hubClusterArn: flags.hubClusterArn, managedClusterArn: flags.managedClusterArn },
      };
    case 'grpc':
      if (!flags.grpcServer) throw new Error('grpc-server is required when registration-auth type is grpc');
      return { authType: 'grpc' };
    default:
      throw new Error('invalid registration-Auth type');
  }
};

const addonDriver = (flags: JoinFlags): object | undefined => {
  const seconds = flags.addonTokenExpirationSeconds;
  if (seconds < 0) throw new Error('addon-token-expiration-seconds must be non-negative');
  switch (flags.addonKubeclientRegistrationAuth) {
    case 'csr':
      return undefined;
    case 'token':
      return { authType: 'token', ...(seconds > 0 && { token: { expirationSeconds: seconds } }) };
    default:
      throw new Error("invalid addon-kubeclient-registration-auth type. Must be 'csr' or 'token'");
  }
};

const ANNOTATION_PREFIX = 'agent.open-cluster-management.io';

/** `--klusterlet-annotation` as annotations of the ManagedCluster; `skip` hears of what is not `key=value`. */
export const clusterAnnotations = (pairs: string[], skip: (pair: string) => void): Record<string, string> => {
  const annotations: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)).trim();
    if (!key) {
      skip(pair);
      continue;
    }
    const name = key.startsWith(ANNOTATION_PREFIX) ? key : `${ANNOTATION_PREFIX}/${key}`;
    annotations[name] = pair.slice(at + 1).trim();
  }
  return annotations;
};

/** The chart values that the flags alone decide. */
const joinValues = (
  flags: JoinFlags,
  mode: string,
  driver: object | undefined,
  addonDriver: object | undefined,
  skipAnnotation: (pair: string) => void,
): KlusterletValues => {
  const bundle = versionBundle(flags.bundleVersion, flags.bundleVersionOverrides);
  const names = namesFor(mode);
  const gates = flags.featureGates ?? {};
  const annotations = clusterAnnotations(flags.klusterletAnnotation, skipAnnotation);
  return {
    createNamespace: flags.createNamespace,
    replicaCount: 1,
    images: {
      registry: flags.imageRegistry,
      tag: bundle.ocm,
      imageCredentials: {
        dockerConfigJson: flags.imagePullCredentialFile
          ? readNamed('image pull credential file', flags.imagePullCredentialFile)
          : '',
      },
    },
    enableSyncLabels: flags.enableSyncLabels,
    noOperator: false,
    bootstrapHubKubeConfig: '',
    klusterlet: {
      create: true,
      name: names.klusterlet,
      clusterName: flags.clusterName,
      namespace: names.namespace,
      mode,
      externalServerURLs: [],
      resourceRequirement: resourceRequirement(
        flags.resourceQosClass,
        flags.resourceLimits,
        flags.resourceRequests,
      ),
      registrationConfiguration: {
        featureGates: featureGates(SPOKE_REGISTRATION, gates),
        clientCertExpirationSeconds: flags.clientCertExpirationSeconds,
        ...(Object.keys(annotations).length > 0 && { clusterAnnotations: annotations }),
        ...(driver && { registrationDriver: driver }),
        ...(addonDriver && { addOnKubeClientRegistrationDriver: addonDriver }),
      },
      workConfiguration: { featureGates: featureGates(SPOKE_WORK, gates) },
    },
  };
};

const readNamed = (what: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`failed read the ${what} ${file}: ${(error as Error).message}`, { cause: error });
  }
};

interface Hub {
  /** With the hub's certificate authority when one is known. */
  connection: Connection;
  /** The server that agents use: the one given, or the one that the hub publishes. */
  agentServer: string;
}

/** Learns the hub's certificate authority, and its internal endpoint when asked to (cli.md 5.2 step 11). */
const hubConnection = async (context: CommandContext, flags: JoinFlags): Promise<Hub> => {
  const connection: Connection = { server: flags.hubApiserver, token: flags.hubToken };
  if (!/^https?:\/\//.test(flags.hubApiserver)) return { connection, agentServer: flags.hubApiserver };
  const given = flags.caFile ? readNamed('CA file', flags.caFile) : undefined;
  if (given && !flags.forceInternalEndpointLookup) {
    return { connection: { ...connection, caData: given }, agentServer: flags.hubApiserver };
  }
  const asking = context.connectTo(
    given ? { ...connection, caData: given } : { ...connection, insecureSkipTlsVerify: true },
  );
  try {
    const info = await readClusterInfo(asking);
    const ca = given ?? (await publishedCa(asking, info));
    const server = flags.forceInternalEndpointLookup ? info?.server : flags.hubApiserver;
    if (!server) {
      throw new Error(
        'the hub publishes no server in kube-public/cluster-info: leave out --force-internal-endpoint-lookup',
      );
    }
    return { connection: { ...connection, ...(ca && { caData: ca }) }, agentServer: server };
  } catch (error) {
    throw new Error(
      `cannot read from the hub ${flags.hubApiserver}: ${(error as Error).message}; check --hub-apiserver and --hub-token`,
      { cause: error },
    );
  }
};

/** The chart values that depend on what both clusters say. */
const liveValues = async (
  context: CommandContext,
  client: Client,
  flags: JoinFlags,
  values: KlusterletValues,
  hub: Hub,
): Promise<Partial<KlusterletValues>> => {
  const ca = mergedCa(hub.connection.caData, flags);
  const grpc = flags.registrationAuth === 'grpc' ? await grpcConfig(context, flags, hub) : undefined;
  return {
    noOperator: await operatorAvailable(client),
    bootstrapHubKubeConfig: bootstrapKubeconfig(hub.agentServer, ca, flags),
    ...(grpc && { grpcConfig: grpc }),
    ...(isHosted(values.klusterlet.mode) &&
      flags.managedClusterKubeconfig && {
        externalManagedKubeConfig: await managedKubeconfig(context, flags),
      }),
    klusterlet: {
      ...values.klusterlet,
      externalServerURLs: [{ url: await externalUrl(context, client) }],
    },
  };
};

/** The hub's certificate authorities together with the proxy's, each once. */
const mergedCa = (hubCa: string | undefined, flags: JoinFlags): string | undefined => {
  if (!flags.proxyUrl || !flags.proxyCaFile) return hubCa;
  const blocks = `${hubCa ?? ''}\n${readNamed('proxy CA file', flags.proxyCaFile)}`.match(
    /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g,
  );
  if (!blocks) throw new Error(`--proxy-ca-file "${flags.proxyCaFile}" holds no PEM certificate`);
  return `${[...new Set(blocks)].join('\n')}\n`;
};

const bootstrapKubeconfig = (server: string, ca: string | undefined, flags: JoinFlags): string =>
  dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'hub',
        cluster: {
          server,
          ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
          ...(flags.proxyUrl && { 'proxy-url': flags.proxyUrl }),
        },
      },
    ],
    users: [{ name: 'bootstrap', user: { token: flags.hubToken } }],
    contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap', namespace: 'default' } }],
    'current-context': 'bootstrap',
  });

const grpcConfig = async (context: CommandContext, flags: JoinFlags, hub: Hub): Promise<string> => {
  const file = flags.grpcCaFile;
  let ca: string | undefined;
  if (file) {
    ca = readNamed('gRPC CA file', file);
    if (!ca.trim()) throw new Error(`--grpc-ca-file "${file}" is empty`);
  } else {
    const bundle = await context
      .connectTo(hub.connection)
      .find(configMaps, 'ca-bundle-configmap', 'open-cluster-management-hub');
    ca = bundle?.data?.['ca-bundle.crt'];
    if (!ca) {
      throw new Error(
        "ConfigMap open-cluster-management-hub/ca-bundle-configmap is missing or has empty key 'ca-bundle.crt'",
      );
    }
  }
  return dump({ caData: Buffer.from(ca).toString('base64'), url: flags.grpcServer, token: flags.hubToken });
};

const managedKubeconfig = async (context: CommandContext, flags: JoinFlags): Promise<string> => {
  const text = readNamed('managed cluster kubeconfig', flags.managedClusterKubeconfig);
  if (!flags.forceInternalEndpointLookupManaged) return text;
  const managed = context.connectTo(parseKubeconfig(text, { source: flags.managedClusterKubeconfig }));
  const info = await readClusterInfo(managed);
  if (!info?.server) {
    throw new Error('the managed cluster publishes no server in kube-public/cluster-info');
  }
  const kubeconfig = load(text) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of kubeconfig.clusters) cluster.server = info.server;
  return dump(kubeconfig);
};

/** How the hub may reach this cluster; empty, with a warning, when the cluster does not say (cli.md 5.2 step 13). */
const externalUrl = async (context: CommandContext, client: Client): Promise<string> => {
  try {
    const server = (await readClusterInfo(client))?.server ?? '';
    if (server.startsWith('http')) return server;
  } catch (error) {
    context.output.note(`WARNING: failed to read kube-public/cluster-info: ${(error as Error).message}\n`);
  }
  return '';
};

const operatorAvailable = async (client: Client): Promise<boolean> => {
  const operator = await client.find(deployments, 'klusterlet', OPERATOR_NAMESPACE);
  return (
    operator?.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ??
    false
  );
};

const checkHub = async (context: CommandContext, hub: Connection): Promise<Finding> => {
  if (!/^https?:\/\//.test(hub.server)) {
    return { warnings: [], errors: ['--hub-apiserver should start with http:// or https://'] };
  }
  if (!hub.caData) return { warnings: ['no ca detected, creating hub kubeconfig without ca'], errors: [] };
  const client = context.connectTo(hub);
  try {
    await client.request({ method: 'GET', path: '/version' });
    const served = await client.discover();
    const isHub = served.some(
      ({ group, plural }) => group === 'cluster.open-cluster-management.io' && plural === 'managedclusters',
    );
    return {
      warnings: [],
      errors: isHub ? [] : ['no apigroup cluster.open-cluster-management.io/v1 detected'],
    };
  } catch (error) {
    return { warnings: [], errors: [(error as Error).message] };
  }
};

const checkMode = async (context: CommandContext, flags: JoinFlags): Promise<Finding> => {
  const hosted = flags.mode.toLowerCase() === 'hosted';
  const errors: string[] = [];
  if (!hosted && flags.mode.toLowerCase() !== 'default')
    errors.push('deploy mode should be default or hosted');
  else if (!hosted && flags.managedClusterKubeconfig) {
    errors.push('--managed-cluster-kubeconfig should not be set in default deploy mode');
  } else if (hosted && !flags.managedClusterKubeconfig) {
    errors.push('--managed-cluster-kubeconfig should be set in hosted deploy mode');
  } else if (hosted && !flags.forceInternalEndpointLookup) {
    try {
      const text = readNamed('managed cluster kubeconfig', flags.managedClusterKubeconfig);
      const managed = context.connectTo(parseKubeconfig(text, { source: flags.managedClusterKubeconfig }));
      await managed.request({ method: 'GET', path: '/healthz' });
    } catch (error) {
      errors.push(`validate managed kubeconfig file failed: ${(error as Error).message}`);
    }
  }
  return { warnings: [], errors };
};

const CLUSTER_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const checkClusterName = (name: string): Finding => ({
  warnings: [],
  errors: CLUSTER_NAME.test(name)
    ? []
    : ['validate ClusterName failed: should match `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`'],
});

const waitForJoin = async (
  context: CommandContext,
  client: Client,
  hub: Connection,
  values: KlusterletValues,
): Promise<void> => {
  const timeoutMs = context.globals.timeout * 1000;
  if (!values.noOperator && !isHosted(values.klusterlet.mode)) {
    await waitFor(
      client,
      {
        resource: pods,
        scope: { namespace: OPERATOR_NAMESPACE, labelSelector: 'app=klusterlet' },
        waiting: 'Waiting for registration operator to become ready...',
        done: 'Registration operator is now available.',
        until: (found) => found.some(podReady),
        describe: describePods,
      },
      timeoutMs,
      context.output,
    );
  }
  await waitFor(
    client,
    {
      resource: klusterlets,
      scope: { fieldSelector: `metadata.name=${values.klusterlet.name}` },
      waiting: 'Waiting for klusterlet agent to become ready...',
      done: 'Klusterlet is now available.',
      until: ([klusterlet]) =>
        ['RegistrationDesiredDegraded', 'WorkDesiredDegraded'].every((type) =>
          klusterlet?.status?.conditions?.some(
            (condition) => condition.type === type && condition.status === 'False',
          ),
        ),
      describe: ([klusterlet]) => describeKlusterlet(klusterlet?.status?.conditions ?? []),
    },
    timeoutMs,
    context.output,
  );
  await waitFor(
    context.connectTo(hub.caData ? hub : { ...hub, insecureSkipTlsVerify: true }),
    {
      resource: managedClusters,
      scope: { fieldSelector: `metadata.name=${values.klusterlet.clusterName}` },
      waiting: 'Waiting for managed cluster to be created...',
      done: 'Managed cluster is created.',
      until: (found) => found.length > 0,
      describe: () => `the hub has no ManagedCluster ${values.klusterlet.clusterName} yet`,
    },
    timeoutMs,
    context.output,
  );
};

const WATCHED = ['RegistrationDesiredDegraded', 'WorkDesiredDegraded', 'Available', 'Applied'];

const describeKlusterlet = (
  conditions: { type: string; status: string; reason: string; message: string }[],
): string => {
  for (const type of WATCHED) {
    const found = conditions.find((condition) => condition.type === type);
    const good = type.endsWith('Degraded') ? 'False' : 'True';
    if (found && found.status !== good) return `${type}: ${found.reason}: ${found.message}`;
  }
  return 'no condition yet';
};
