import { spokeRegistrationFeatures } from '../../api/features.ts';
import { authType, secret } from '../../api/names.ts';
import type { FlagSpecs, Flags } from '../../runtime/process/command.ts';

/** Flags of `registration agent` (registration.md 1.3). */
export const registrationAgentFlags = {
  'spoke-cluster-name': {
    type: 'string',
    default: '',
    aliases: ['cluster-name'],
    help: 'Name of the managed cluster; by default the one kept with the hub kubeconfig, else a new UUID.',
  },
  'agent-id': {
    type: 'string',
    default: '',
    help: 'Name of this agent; by default the one kept with the hub kubeconfig, else five random characters.',
  },
  'spoke-kubeconfig': {
    type: 'string',
    default: '',
    help: 'Kubeconfig of the managed cluster, when the agent runs elsewhere; by default that of --kubeconfig.',
  },
  'hub-kubeconfig-dir': {
    type: 'string',
    default: '/spoke/hub-kubeconfig',
    help: 'Folder to which the hub kubeconfig secret is written.',
  },
  'hub-kubeconfig': {
    type: 'string',
    default: '',
    help: 'Path of the hub kubeconfig; by default the file kubeconfig in --hub-kubeconfig-dir.',
  },
  'hub-kube-api-qps': { type: 'string', default: '50', help: 'Accepted and without effect.', hidden: true },
  'hub-kube-api-burst': { type: 'int', default: 100, help: 'Accepted and without effect.', hidden: true },
  'bootstrap-kubeconfig': {
    type: 'string',
    default: '',
    help: 'Kubeconfig with which a cluster asks to join its hub.',
  },
  'bootstrap-kubeconfigs': {
    type: 'strings',
    default: [],
    help: 'Kubeconfigs of several hubs, in order of preference (MultipleHubs); at least two.',
  },
  'bootstrap-kubeconfig-secret': {
    type: 'string',
    default: secret.bootstrapHubKubeconfig,
    help: 'Secret behind the bootstrap kubeconfig; the agent restarts when its data changes.',
  },
  'hub-kubeconfig-secret': {
    type: 'string',
    default: secret.hubKubeconfig,
    help: 'Secret in which the agent keeps its hub kubeconfig.',
  },
  'hub-connection-timeout-seconds': {
    type: 'int',
    default: 600,
    help: 'Seconds without contact after which another hub is chosen (MultipleHubs); longer than the lease.',
  },
  'spoke-external-server-urls': {
    type: 'strings',
    default: [],
    help: "Reachable https URLs of the managed cluster's API server, shown on the ManagedCluster.",
  },
  'cluster-healthcheck-period': {
    type: 'duration',
    default: 60_000,
    help: "How often the managed cluster's API server is checked.",
  },
  'max-custom-cluster-claims': {
    type: 'int',
    default: 20,
    help: 'How many ClusterClaims beside the reserved ones are reported.',
  },
  'reserved-cluster-claim-suffixes': {
    type: 'list',
    default: [],
    help: 'ClusterClaims with these suffixes count as reserved.',
  },
  'cluster-annotations': {
    type: 'map',
    default: {},
    help: 'Annotations for the ManagedCluster; keys must start with agent.open-cluster-management.io.',
  },
  'registration-auth': {
    type: 'string',
    default: '',
    help: `How the agent proves who it is: ${authType.csr} (default), ${authType.awsIrsa} or ${authType.grpc}.`,
  },
  'client-cert-expiration-seconds': {
    type: 'int',
    default: 0,
    help: 'Requested life of the client certificate; 0 leaves it to the signer, else at least 3600.',
  },
  'addon-kubeclient-registration-auth': {
    type: 'string',
    default: authType.csr,
    help: `How add-on agents prove who they are: ${authType.csr} or ${authType.token}.`,
  },
  'addon-token-expiration-seconds': {
    type: 'int',
    default: 31_536_000,
    help: "Requested life of add-on agents' tokens; at least 600.",
  },
  'hub-cluster-arn': { type: 'string', default: '', help: 'ARN of an EKS hub (awsirsa).' },
  'managed-cluster-arn': { type: 'string', default: '', help: 'ARN of an EKS managed cluster (awsirsa).' },
  'managed-cluster-role-suffix': { type: 'string', default: '', help: 'Suffix of the IAM roles (awsirsa).' },
  'grpc-bootstrap-config': { type: 'string', default: '', help: 'gRPC configuration for bootstrap (grpc).' },
  'grpc-config': { type: 'string', default: '', help: 'gRPC configuration once registered (grpc).' },
  'feature-gates': {
    type: 'gates',
    gates: { ...spokeRegistrationFeatures },
    help: 'Features to switch on or off: Name=true|false,…',
  },
} as const satisfies FlagSpecs;

export type RegistrationAgentFlags = Flags<typeof registrationAgentFlags>;
