import type { Klusterlet } from '../../../api/generated/operator.ts';
import { spokeRegistrationFeatures, spokeWorkFeatures } from '../../../api/features.ts';
import { agentAnnotationPrefix, clusterLabelsVariable, secret } from '../../../api/names.ts';
import { formatDuration, parseDuration } from '../../../runtime/process/flags/duration.ts';
import { decideGates, isFeatureOn, operandGates } from '../../feature-gates.ts';
import { joinList, joinPairs } from '../../flag-list.ts';
import type { TlsSettings } from '../../tls-profile.ts';
import { isHosted, type Mode } from '../mode.ts';
import { awsIdentity } from './aws-identity.ts';

/** Secrets of MultipleHubs in their order, and after how many seconds without a hub the agent tries another. */
export interface MultipleHubs {
  secrets: string[];
  timeoutSeconds: number;
}

const flag = (name: string, value: string | number | undefined): string[] =>
  value === undefined || value === '' ? [] : [`--${name}=${value}`];

const positive = (name: string, value: number | bigint | undefined): string[] =>
  value !== undefined && value > 0 ? [`--${name}=${value}`] : [];

const gatesOf = (klusterlet: Klusterlet) => klusterlet.spec?.registrationConfiguration?.featureGates;

/** Undefined unless the gate is on. Without a list of secrets the list is empty (D2): nothing to mount, nobody to ask. */
export const multipleHubs = (klusterlet: Klusterlet): MultipleHubs | undefined => {
  if (!isFeatureOn(gatesOf(klusterlet), spokeRegistrationFeatures, 'MultipleHubs')) return undefined;
  const bootstrap = klusterlet.spec?.registrationConfiguration?.bootstrapKubeConfigs;
  const local = bootstrap?.type === 'LocalSecrets' ? bootstrap.localSecretsConfig : undefined;
  return {
    secrets: local?.kubeConfigSecrets.map(({ name }) => name) ?? [],
    timeoutSeconds: local?.hubConnectionTimeoutSeconds ?? 600,
  };
};

/** The `--bootstrap-kubeconfig…` flags (operator.md 5.5). */
export const bootstrapArguments = (klusterlet: Klusterlet): string[] => {
  const hubs = multipleHubs(klusterlet);
  if (!hubs) return ['--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig'];
  return [
    ...hubs.secrets.map((name) => `--bootstrap-kubeconfigs=/spoke/${name}/kubeconfig`),
    `--hub-connection-timeout-seconds=${hubs.timeoutSeconds}`,
  ];
};

export const registrationGates = (klusterlet: Klusterlet) =>
  decideGates(operandGates(gatesOf(klusterlet)), spokeRegistrationFeatures);

export const workGates = (klusterlet: Klusterlet) =>
  decideGates(klusterlet.spec?.workConfiguration?.featureGates, spokeWorkFeatures);

/** One flag for each URL: the agent does not split at commas (D4). */
export const externalServerUrlArguments = (klusterlet: Klusterlet): string[] =>
  (klusterlet.spec?.externalServerURLs ?? []).flatMap(({ url }) => flag('spoke-external-server-urls', url));

/** How an agent of a hosted mode reaches the cluster that it is the agent of. */
export const spokeKubeconfigArguments = (mode: Mode): string[] =>
  isHosted(mode)
    ? ['--spoke-kubeconfig=/spoke/config/kubeconfig', '--terminate-on-files=/spoke/config/kubeconfig']
    : [];

export const certificateArguments = (klusterlet: Klusterlet): string[] =>
  positive(
    'client-cert-expiration-seconds',
    klusterlet.spec?.registrationConfiguration?.clientCertExpirationSeconds,
  );

/** Annotations that pass to the ManagedCluster, sorted by key so that the agent does not roll without cause (D1). */
export const annotationArguments = (klusterlet: Klusterlet): string[] => {
  const annotations = Object.entries(klusterlet.spec?.registrationConfiguration?.clusterAnnotations ?? {})
    .filter(([key]) => key.startsWith(agentAnnotationPrefix))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return flag('cluster-annotations', joinPairs(annotations));
};

/** The labels for the ManagedCluster, sorted by key, so that the agent does not roll without cause; none without any. */
export const labelVariables = (klusterlet: Klusterlet): { name: string; value: string }[] => {
  const labels = Object.entries(klusterlet.spec?.registrationConfiguration?.clusterLabels ?? {}).sort(
    ([a], [b]) => (a < b ? -1 : 1),
  );
  return labels.length > 0
    ? [{ name: clusterLabelsVariable, value: JSON.stringify(Object.fromEntries(labels)) }]
    : [];
};

const largest = (a: number | undefined, b: number | undefined): number => Math.max(a ?? 0, b ?? 0);

/** Limits on requests to the managed cluster: of one agent, or for the singleton the larger of both. */
export const limitArguments = (klusterlet: Klusterlet, agent: 'registration' | 'work' | 'both'): string[] => {
  const { registrationConfiguration: registration, workConfiguration: work } = klusterlet.spec ?? {};
  const first = agent === 'work' ? undefined : registration;
  const second = agent === 'registration' ? undefined : work;
  return [
    ...positive('kube-api-qps', largest(first?.kubeAPIQPS, second?.kubeAPIQPS)),
    ...positive('kube-api-burst', largest(first?.kubeAPIBurst, second?.kubeAPIBurst)),
  ];
};

export const hubLimitArguments = (klusterlet: Klusterlet): string[] => [
  ...positive('hub-kube-api-qps', klusterlet.spec?.workConfiguration?.hubKubeAPIQPS),
  ...positive('hub-kube-api-burst', klusterlet.spec?.workConfiguration?.hubKubeAPIBurst),
];

export const claimArguments = (klusterlet: Klusterlet): string[] => {
  const claims = klusterlet.spec?.registrationConfiguration?.clusterClaimConfiguration;
  return [
    ...flag('max-custom-cluster-claims', claims?.maxCustomClusterClaims || undefined),
    ...flag('reserved-cluster-claim-suffixes', joinList(claims?.reservedClusterClaimSuffixes)),
  ];
};

export const addonArguments = (klusterlet: Klusterlet): string[] => {
  const driver = klusterlet.spec?.registrationConfiguration?.addOnKubeClientRegistrationDriver;
  return [
    ...flag('addon-kubeclient-registration-auth', driver?.authType),
    ...positive('addon-token-expiration-seconds', driver?.token?.expirationSeconds),
  ];
};

/** How the agent proves to the hub who it is; csr is the agent's default and says nothing. */
export const authArguments = (klusterlet: Klusterlet): string[] => {
  const aws = awsIdentity(klusterlet);
  if (aws)
    return [
      '--registration-auth=awsirsa',
      `--hub-cluster-arn=${aws.hubClusterArn}`,
      `--managed-cluster-arn=${aws.managedClusterArn}`,
      `--managed-cluster-role-suffix=${aws.roleSuffix}`,
    ];
  if (!usesGrpc(klusterlet)) return [];
  return [
    '--registration-auth=grpc',
    '--grpc-bootstrap-config=/spoke/bootstrap/config.yaml',
    '--grpc-config=/spoke/hub-kubeconfig/config.yaml',
  ];
};

export const usesGrpc = (klusterlet: Klusterlet): boolean =>
  klusterlet.spec?.registrationConfiguration?.registrationDriver?.authType === 'grpc';

/** Where works come from. `agent` ends the client id of gRPC: `work-agent` or `klusterlet-agent`. */
export const workloadSourceArguments = (
  klusterlet: Klusterlet,
  clusterName: string,
  agent: 'work-agent' | 'klusterlet-agent',
): string[] =>
  usesGrpc(klusterlet)
    ? [
        '--workload-source-driver=grpc',
        '--workload-source-config=/spoke/hub-kubeconfig/config.yaml',
        `--cloudevents-client-id=${clusterName}-${agent}`,
      ]
    : ['--workload-source-driver=kube', '--workload-source-config=/spoke/hub-kubeconfig/kubeconfig'];

/** A duration of the spec as Go prints it; the schema admits no other text. */
const duration = (text: string | undefined): string | undefined => {
  const ms = text ? parseDuration(text) : undefined;
  return ms === undefined ? undefined : formatDuration(ms);
};

/** The spec's interval; without one a single agent reports each minute, and several keep their own default. */
export const statusSyncArguments = (klusterlet: Klusterlet, replicas: number): string[] => {
  const wanted = klusterlet.spec?.workConfiguration?.statusSyncInterval;
  return flag('status-sync-interval', (wanted && duration(wanted)) || (replicas === 1 ? '60s' : undefined));
};

export const evictionArguments = (klusterlet: Klusterlet): string[] => {
  const grace = klusterlet.spec?.workConfiguration?.appliedManifestWorkEvictionGracePeriod;
  return flag('appliedmanifestwork-eviction-grace-period', duration(grace));
};

/** What agents serve with; without a profile they are not told, and choose themselves (operator.md 1.5). */
export const tlsArguments = (tls: TlsSettings | undefined): string[] =>
  tls
    ? [...flag('tls-min-version', tls.minVersion), ...flag('tls-cipher-suites', tls.cipherSuites.join(','))]
    : [];

/** The volume that holds each bootstrap kubeconfig: its name, its secret, and the folder that it is mounted at. */
export const bootstrapVolumes = (
  klusterlet: Klusterlet,
): { name: string; secretName: string; mountPath: string }[] =>
  multipleHubs(klusterlet)?.secrets.map((name) => ({
    name,
    secretName: name,
    mountPath: `/spoke/${name}`,
  })) ?? [
    { name: 'bootstrap-secret', secretName: secret.bootstrapHubKubeconfig, mountPath: '/spoke/bootstrap' },
  ];
