import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { pods } from '../../operators/runtime/client/kubernetes.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { applyObjects } from '../apply.ts';
import { checkClusterInfo, checkHubApiServer } from '../cluster-info.ts';
import type { CommandContext } from '../context.ts';
import { featureGates, gatesHelp, HUB_ADDON, HUB_REGISTRATION, HUB_WORK, parseGates } from '../features.ts';
import { bool, map, slice } from '../flags.ts';
import { type ClusterManagerValues, hubObjects } from '../objects/cluster-manager.ts';
import { OPERATOR_NAMESPACE } from '../objects/operator.ts';
import { mergeValuesFile } from '../objects/values.ts';
import { preflight } from '../preflight.ts';
import { resourceRequirement } from '../resources.ts';
import { bootstrapToken, presentBootstrapToken } from '../tokens.ts';
import { versionBundle } from '../versions.ts';
import { waitFor } from '../wait.ts';
import { describePods, podReady } from '../pods.ts';

interface InitFlags {
  bundleVersion: string;
  bundleVersionOverrides: string;
  imageRegistry: string;
  imagePullCredentialFile: string;
  createNamespace: boolean;
  useBootstrapToken: boolean;
  force: boolean;
  wait: boolean;
  output: string;
  outputFile: string;
  outputJoinCommandFile: string;
  featureGates?: Record<string, boolean>;
  registrationDrivers: string[];
  autoApprovedCsrIdentities: string[];
  autoApprovedArnPatterns: string[];
  autoApprovedGrpcIdentities: string[];
  hubClusterArn: string;
  awsResourceTags: string[];
  grpcServer: string;
  grpcEndpointType: string;
  enableSyncLabels: boolean;
  resourceQosClass: string;
  resourceLimits?: Record<string, string>;
  resourceRequests?: Record<string, string>;
  clusterManagerValuesFile: string;
}

export const defineInit = (command: Command): Command => {
  command
    .description('Initialize the hub: install the cluster manager and print how clusters join')
    .option('--bundle-version <string>', 'version of the components to install', 'default')
    .option('--bundle-version-overrides <file>', 'JSON file with component versions laid over the bundle', '')
    .option('--image-registry <string>', 'registry of all images', 'quay.io/open-cluster-management')
    .option(
      '--image-pull-credential-file <file>',
      'docker config JSON with the credentials of the registry',
      '',
    );
  bool(command, 'create-namespace', 'create the operator namespace', true);
  bool(command, 'use-bootstrap-token', 'join with a bootstrap token instead of a service account token');
  bool(command, 'force', 'skip all validation and preflight checks');
  bool(command, 'wait', 'wait until the hub is ready');
  command
    .option('-o, --output <string>', 'text or json', 'text')
    .option('--output-file <file>', 'also write the objects to this file', '')
    .option('--output-join-command-file <file>', 'write the join command to this file', '')
    .option(
      '--feature-gates <Name=bool,...>',
      `feature gates:\n${gatesHelp(HUB_REGISTRATION, HUB_WORK, HUB_ADDON)}`,
      parseGates(HUB_REGISTRATION, HUB_WORK, HUB_ADDON),
    );
  slice(command, '--registration-drivers', 'how clusters register: csr, awsirsa, grpc');
  slice(command, '--auto-approved-csr-identities', 'users whose CSRs are approved at once');
  slice(command, '--auto-approved-arn-patterns', 'patterns of EKS cluster ARNs that are accepted at once');
  slice(command, '--auto-approved-grpc-identities', 'users of the gRPC driver that are approved at once');
  command.option('--hub-cluster-arn <string>', 'ARN of the hub, for the awsirsa driver', '');
  slice(command, '--aws-resource-tags', 'tags of the AWS resources that are created');
  command
    .option('--grpc-server <string>', 'host name of the gRPC server', '')
    .option('--grpc-endpoint-type <string>', 'hostname or loadBalancer', 'hostname');
  bool(command, 'enable-sync-labels', 'copy the labels of the ClusterManager to all of its objects');
  command.option('--resource-qos-class <string>', 'Default, BestEffort or ResourceRequirement', 'Default');
  map(command, '--resource-limits', 'limits of every container, such as cpu=800m,memory=800Mi');
  map(command, '--resource-requests', 'requests of every container');
  return command.option(
    '--cluster-manager-values-file <file>',
    'chart values (YAML) laid over everything',
    '',
  );
};

/** `clusteradm init` (cli.md 4). */
export const init = async (context: CommandContext, flags: InitFlags): Promise<void> => {
  const values = initValues(flags);
  const connection = await context.connection();
  const client = await context.client();
  if (!flags.force) {
    await preflight(
      [
        { name: 'HubApiServer check', run: () => checkHubApiServer(connection) },
        {
          name: 'cluster-info check',
          run: () => checkClusterInfo(client, connection, context.globals.dryRun),
        },
      ],
      context.output,
    );
    validate(flags);
  }
  if (!flags.createNamespace) context.output.note('skip creating namespace\n');
  // A token printed earlier stays valid: its secret half is drawn only once.
  const token = flags.useBootstrapToken ? await presentBootstrapToken(client) : undefined;
  await applyObjects(context, client, hubObjects(values, token?.split('.')[1]), flags.outputFile);
  if (flags.wait && !context.globals.dryRun) await waitForHub(context, client);
  const joinToken = context.globals.dryRun ? '' : await bootstrapToken(client, flags.useBootstrapToken);
  report(context, flags, joinToken, client.server);
};

const fileOf = (file: string): string => {
  if (!file) return '';
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`failed read the image pull credential file ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

/** The chart values that the flags stand for; throws when flags contradict each other (cli.md 4.3 steps 1-5). */
export const initValues = (flags: InitFlags): ClusterManagerValues => {
  const bundle = versionBundle(flags.bundleVersion, flags.bundleVersionOverrides);
  const gates = flags.featureGates ?? {};
  const drivers = flags.registrationDrivers.map((driver) => registrationDriver(driver, flags));
  const exposure = flags.registrationDrivers.includes('grpc') ? grpcExposure(flags) : undefined;
  const values: ClusterManagerValues = {
    createNamespace: flags.createNamespace,
    replicaCount: 3,
    images: {
      registry: flags.imageRegistry,
      tag: bundle.ocm,
      imageCredentials: { dockerConfigJson: fileOf(flags.imagePullCredentialFile) },
    },
    enableSyncLabels: flags.enableSyncLabels,
    createBootstrapSA: !flags.useBootstrapToken,
    createBootstrapToken: flags.useBootstrapToken,
    clusterManager: {
      create: true,
      mode: 'Default',
      resourceRequirement: resourceRequirement(
        flags.resourceQosClass,
        flags.resourceLimits,
        flags.resourceRequests,
      ),
      registrationConfiguration: {
        featureGates: featureGates(HUB_REGISTRATION, gates),
        registrationDrivers: drivers.length > 0 ? drivers : [{ authType: 'csr' }],
      },
      workConfiguration: { workDriver: 'kube', featureGates: featureGates(HUB_WORK, gates) },
      addOnManagerConfiguration: { featureGates: featureGates(HUB_ADDON, gates) },
      placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
      ...(exposure && { serverConfiguration: { endpointsExposure: [exposure] } }),
    },
  };
  const merged = mergeValuesFile(values, flags.clusterManagerValuesFile, 'cluster-manager');
  if (!merged.createBootstrapSA && !merged.createBootstrapToken) {
    return {
      ...merged,
      createBootstrapSA: !flags.useBootstrapToken,
      createBootstrapToken: flags.useBootstrapToken,
    };
  }
  return merged;
};

const registrationDriver = (driver: string, flags: InitFlags): object => {
  const identities = (autoApprovedIdentities: string[]) =>
    autoApprovedIdentities.length > 0 ? { autoApprovedIdentities } : undefined;
  switch (driver) {
    case 'csr': {
      const csr = identities(flags.autoApprovedCsrIdentities);
      return { authType: 'csr', ...(csr && { csr }) };
    }
    case 'awsirsa':
      if (!flags.hubClusterArn) throw new Error('unable to retrieve hubClusterArn from kubeconfig');
      return {
        authType: 'awsirsa',
        awsirsa: {
          hubClusterArn: flags.hubClusterArn,
          ...(flags.awsResourceTags.length > 0 && { tags: flags.awsResourceTags }),
          ...identities(flags.autoApprovedArnPatterns),
        },
      };
    case 'grpc': {
      const grpc = identities(flags.autoApprovedGrpcIdentities);
      return { authType: 'grpc', ...(grpc && { grpc }) };
    }
    default:
      throw new Error(`unknown registration-drivers type: ${driver}`);
  }
};

const grpcExposure = ({ grpcEndpointType, grpcServer }: InitFlags): object => {
  if (grpcEndpointType !== 'hostname' && grpcEndpointType !== 'loadBalancer') {
    throw new Error(`unknown grpc endpoint type ${grpcEndpointType}`);
  }
  if (grpcEndpointType === 'hostname' && !grpcServer) {
    throw new Error('grpc server should not be empty if the grpc endpoint type is hostname');
  }
  return { protocol: 'grpc', grpc: { type: grpcEndpointType, [grpcEndpointType]: { host: grpcServer } } };
};

/** Consistency of the flags (cli.md 4.3 steps 7-10). */
export const validate = (flags: InitFlags): void => {
  if (!flags.imageRegistry) throw new Error('registry should not be empty');
  const approvals = [
    [
      flags.autoApprovedArnPatterns,
      'awsirsa',
      'list of patterns for aws eks arn if not initializing hub with awsirsa',
    ],
    [
      flags.autoApprovedCsrIdentities,
      'csr',
      'list of users for csr to auto approve if not initializing hub with csr',
    ],
    [
      flags.autoApprovedGrpcIdentities,
      'grpc',
      'list of users or identities for grpc cluster to auto approve if not initializing hub with grpc',
    ],
  ] as const;
  const given = approvals.filter(([list]) => list.length > 0);
  if (given.length > 0 && !flags.featureGates?.ManagedClusterAutoApproval) {
    throw new Error(
      'should enable feature gate ManagedClusterAutoApproval before passing list of identities',
    );
  }
  for (const [, driver, text] of given) {
    if (!flags.registrationDrivers.includes(driver))
      throw new Error(`should not provide ${text} registration`);
  }
  if (flags.wait && flags.output !== 'text') throw new Error('output should be text if --wait is set');
};

const waitForHub = async (context: CommandContext, client: Client): Promise<void> => {
  const timeoutMs = context.globals.timeout * 1000;
  const podsOf = (namespace: string, app: string, waiting: string, done: string) =>
    waitFor(
      client,
      {
        resource: pods,
        scope: { namespace, labelSelector: `app=${app}` },
        waiting,
        done,
        until: (found) => found.some(podReady),
        describe: describePods,
      },
      timeoutMs,
      context.output,
    );
  await podsOf(
    OPERATOR_NAMESPACE,
    'cluster-manager',
    'Waiting for registration operator to become ready...',
    'Registration operator is now available.',
  );
  await podsOf(
    'open-cluster-management-hub',
    'clustermanager-registration-controller',
    'Waiting for cluster manager registration to become ready...',
    'ClusterManager registration is now available.',
  );
};

const report = (
  { output, program }: CommandContext,
  flags: InitFlags,
  token: string,
  server: string,
): void => {
  const join = `${program} join --hub-token ${token} --hub-apiserver ${server}${flags.wait ? ' --wait' : ''}`;
  if (flags.outputJoinCommandFile) {
    writeFileSync(flags.outputJoinCommandFile, `${join} --cluster-name $1`, { mode: 0o755 });
  }
  if (flags.output === 'json') {
    output.print(`${JSON.stringify({ 'hub-token': token, 'hub-apiserver': server }, null, 2)}\n`);
    return;
  }
  output.print(`The multicluster hub control plane has been initialized successfully!

You can now register cluster(s) to the hub control plane. Log onto those cluster(s) and run the following command:

    ${join} --cluster-name <cluster_name>

Replace <cluster_name> with a cluster name of your choice. For example, cluster1.

`);
};
