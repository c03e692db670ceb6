import type { Command } from 'commander';
import { gatesHelp, HUB_ADDON, HUB_REGISTRATION, HUB_WORK, parseGates } from '../flags/feature-gates.ts';
import { array, bool, slice, string } from '../flags/flags.ts';
import { addInstallFlags, type InstallFlags } from '../flags/install-flags.ts';

export interface InitFlags extends InstallFlags {
  useBootstrapToken: boolean;
  force: boolean;
  output: string;
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
  clusterManagerValuesFile: string;
  singleton: boolean;
}

/** The flags of init (cli.md 4.1). */
export const defineInit = (command: Command): void => {
  addInstallFlags(command, 'wait until the hub is ready');
  bool(command, '--use-bootstrap-token', 'join with a bootstrap token instead of a service account token');
  bool(command, '--force', 'skip all validation, the preflight checks too');
  string(command, '-o, --output', 'text or json', 'text');
  string(
    command,
    '--output-join-command-file',
    'write the join command to this file; the name is its first argument',
  );
  command.option(
    '--feature-gates <Name=bool,...>',
    `feature gates:\n${gatesHelp(HUB_REGISTRATION, HUB_WORK, HUB_ADDON)}`,
    parseGates(HUB_REGISTRATION, HUB_WORK, HUB_ADDON),
  );
  slice(
    command,
    '--registration-drivers',
    'how clusters register: csr, awsirsa, grpc; csr without this flag',
  );
  slice(command, '--auto-approved-csr-identities', 'users whose CSRs are approved at once');
  slice(command, '--auto-approved-arn-patterns', 'patterns of EKS cluster ARNs that are accepted at once');
  slice(command, '--auto-approved-grpc-identities', 'users of the gRPC driver that are approved at once');
  string(
    command,
    '--hub-cluster-arn',
    'ARN of the hub, for awsirsa; by default the name of the cluster in the kubeconfig',
  );
  slice(command, '--aws-resource-tags', 'tags of the AWS resources that are created');
  string(command, '--grpc-server', 'host name of the gRPC server');
  string(command, '--grpc-endpoint-type', 'hostname or loadBalancer', 'hostname');
  string(command, '--cluster-manager-values-file', 'chart values (YAML) laid over everything');
  addSingletonFlags(command);
};

/** The flags of a kind of hub that helm installs; accepted so that the answer is clear. */
const SINGLETON_FLAGS = ['values', 'set', 'setString', 'setFile', 'setJson', 'setLiteral', 'singletonName'];

const addSingletonFlags = (command: Command): void => {
  bool(command, '--singleton', 'deprecated: install the chart multicluster-controlplane with helm');
  string(command, '--singleton-name', '', 'singleton-controlplane');
  array(command, '-f, --values', '');
  for (const name of ['set', 'set-string', 'set-file', 'set-json', 'set-literal'])
    array(command, `--${name}`, '');
  for (const option of command.options) {
    const name = option.attributeName();
    if (name === 'singleton' || SINGLETON_FLAGS.includes(name)) option.hideHelp();
  }
};

/** What is said about flags that have no effect without `--singleton` (cli.md 4.1). */
export const idleFlags = (isGiven: (flag: string) => boolean): string[] =>
  SINGLETON_FLAGS.filter(isGiven).map((flag) => {
    const name = flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `flag ${name} is only supported when deploy singleton controlplane`;
  });
