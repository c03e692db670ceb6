import type { Command } from 'commander';
import { imageRegistry } from '../../operators/api/image-registry.ts';
import { gatesHelp, parseGates, SPOKE_REGISTRATION, SPOKE_WORK } from '../flags/feature-gates.ts';
import { array, bool, integer, string } from '../flags/flags.ts';
import { addInstallFlags, type InstallFlags } from '../flags/install-flags.ts';

export interface JoinFlags extends InstallFlags {
  hubToken: string;
  hubApiserver: string;
  clusterName: string;
  caFile: string;
  mode: string;
  singleton: boolean;
  managedClusterKubeconfig: string;
  forceInternalEndpointLookup: boolean;
  forceInternalEndpointLookupManaged: boolean;
  featureGates?: Record<string, boolean>;
  /** Seconds. */
  clientCertExpirationSeconds: number;
  registrationAuth: string;
  grpcServer: string;
  grpcCaFile: string;
  hubClusterArn: string;
  managedClusterArn: string;
  addonKubeclientRegistrationAuth: string;
  /** Seconds; 0 is unset. */
  addonTokenExpirationSeconds: number;
  klusterletAnnotation: string[];
  klusterletValuesFile: string;
  proxyUrl: string;
  proxyCaFile: string;
  capiImport: boolean;
  capiClusterName: string;
  capiKubeconfig: string;
}

const YEAR_SECONDS = 31_536_000;

/** The flags of join (cli.md 5.1). */
export const defineJoin = (command: Command): void => {
  string(command, '--hub-token', 'token with which the cluster asks to join (required)');
  string(command, '--hub-apiserver', "URL of the hub's API server (required)");
  string(command, '--cluster-name', 'name of the cluster on the hub (required)');
  string(
    command,
    '--ca-file',
    "PEM file with the hub's certificate authority; by default what the hub publishes",
  );
  bool(
    command,
    '--force-internal-endpoint-lookup',
    'reach the hub by the server in its cluster-info; kind needs it',
  );
  string(command, '-m, --mode', 'default, or hosted to run the agents on another cluster', 'default');
  bool(command, '--singleton', 'run registration and work in one agent');
  string(command, '--managed-cluster-kubeconfig', 'kubeconfig file of the managed cluster, in hosted mode');
  bool(
    command,
    '--force-internal-endpoint-lookup-managed',
    'hosted mode: reach the managed cluster by the server in its cluster-info',
  );
  addInstallFlags(command, 'wait until the agents are ready and the hub knows the cluster');
  command.option(
    '--feature-gates <Name=bool,...>',
    `feature gates:\n${gatesHelp(SPOKE_REGISTRATION, SPOKE_WORK)}`,
    parseGates(SPOKE_REGISTRATION, SPOKE_WORK),
  );
  integer(command, '--client-cert-expiration-seconds', "life of the agent's certificate", YEAR_SECONDS);
  string(command, '--registration-auth', 'how the cluster registers: csr, grpc or awsirsa', 'csr');
  string(command, '--grpc-server', 'host of the gRPC server, required for grpc');
  string(
    command,
    '--grpc-ca-file',
    'PEM file with its certificate authority; by default what the hub publishes',
  );
  string(command, '--hub-cluster-arn', 'ARN of the hub, required for awsirsa');
  string(command, '--managed-cluster-arn', 'ARN of this cluster; by default its name in the kubeconfig');
  string(command, '--addon-kubeclient-registration-auth', 'how add-ons register: csr or token', 'csr');
  integer(command, '--addon-token-expiration-seconds', 'life of the tokens of add-ons; 0 leaves it open', 0);
  array(command, '--klusterlet-annotation', 'annotation (key=value) of the ManagedCluster');
  string(command, '--klusterlet-values-file', 'chart values (YAML) laid over everything');
  string(command, '--proxy-url', 'proxy through which the agents reach the hub');
  string(command, '--proxy-ca-file', 'PEM file with the certificate authority of the proxy');
  bool(
    command,
    '--capi-import',
    'join a cluster of Cluster API, with the kubeconfig that Cluster API has for it',
  );
  string(command, '--capi-cluster-name', 'that cluster: namespace/name, or name in the namespace default');
  string(
    command,
    '--capi-kubeconfig',
    'kubeconfig of the cluster that runs Cluster API; by default the current one',
  );
};

/** The first missing flag, in the order of cli.md 5.2. */
export const requireFlags = (flags: JoinFlags): void => {
  if (!flags.hubToken) throw new Error('token is missing');
  if (!flags.hubApiserver) throw new Error('hub-server is missing');
  if (!flags.clusterName) throw new Error('cluster-name is missing');
  if (!flags.imageRegistry) {
    throw new Error(`the OCM image registry should not be empty, like ${imageRegistry}`);
  }
  if (!flags.mode) throw new Error('the mode should not be empty, like default');
};
