import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';
import {
  hubAddonFeatures,
  hubPlacementFeatures,
  hubRegistrationFeatures,
  hubWorkFeatures,
} from '../../../api/features.ts';
import type { ClusterManager } from '../../../api/generated/operator.ts';
import { annotation, secret, serviceAccount } from '../../../api/names.ts';
import type { ParameterValue, RenderInput } from '../../bundle/index.ts';
import { decideGates, isFeatureOn, operandGates } from '../../feature-gates.ts';
import { joinList } from '../../flag-list.ts';
import { wantsPolicies } from '../../network/policies.ts';
import { dialledPorts, policyPorts } from '../../network/ports.ts';
import { containerResources } from '../../resource-requirements.ts';
import { syncedLabels } from '../../synced-labels.ts';
import type { TlsSettings } from '../../tls-profile.ts';
import { hubNamespaceOf, isHosted, policySuffixOf } from '../mode.ts';
import { grpcServerImage, grpcService } from './grpc-endpoint.ts';
import { joinedLabels, operandLabels } from './operand-labels.ts';
import { creatorRoleArn, registrationDrivers } from './registration-drivers.ts';
import {
  isIpForm,
  maxUnavailable,
  type WebhookComponent,
  webhookComponents,
  webhookSettings,
} from './webhook-settings.ts';

/** What rendering depends on besides the ClusterManager itself. */
export interface Observed {
  replicas: number;
  /** The operator's own namespace, `<opNS>`. */
  operatorNamespace: string;
  /** `gitVersion` of the hub's API server; undefined when it is not known. */
  hubVersion?: string;
  /** Content of the CA bundle of the webhooks' serving certificates. */
  caBundle: string;
  hasImagePullSecret: boolean;
  /** Its name; default the usual one. */
  imagePullSecret?: string;
  syncLabels: boolean;
  /** Environment variable `AGENT_IMAGE` of the operator. */
  agentImage?: string;
  tls: TlsSettings;
  /** Whether the operator may write on the hub the policies that bound the add-on manager; default false. */
  hubTakesPolicies?: boolean;
  /** Whether the operator may grant tokens of ServiceAccounts on the hub, for add-ons that register by token; default false. */
  grantsTokens?: boolean;
  /** Whether the versions of add-ons are converted. */
  convertsAddons: boolean;
  /** Addresses and ports that operands have to reach, for network policies. */
  dialled: readonly (string | number)[];
}

const gatesOf = (clusterManager: ClusterManager) => ({
  registration: operandGates(clusterManager.spec?.registrationConfiguration?.featureGates),
  work: clusterManager.spec?.workConfiguration?.featureGates,
  addon: clusterManager.spec?.addOnManagerConfiguration?.featureGates,
  placement: clusterManager.spec?.placementConfiguration?.featureGates,
});

/** Unknown feature gates by component, as users know it (operator.md 2.2). */
export const unknownGates = (clusterManager: ClusterManager): Record<string, string[]> => {
  const gates = gatesOf(clusterManager);
  return {
    Registration: decideGates(gates.registration, hubRegistrationFeatures).unknown,
    Work: decideGates(gates.work, hubWorkFeatures).unknown,
    Addon: decideGates(gates.addon, hubAddonFeatures).unknown,
    Placement: decideGates(gates.placement, hubPlacementFeatures).unknown,
  };
};

/** The driver by which works travel, when it is not the hub's API itself (operator.md 4.3). */
export const foreignWorkDriver = (clusterManager: ClusterManager): string | undefined => {
  const work = clusterManager.spec?.workConfiguration;
  if (!isFeatureOn(work?.featureGates, hubWorkFeatures, 'CloudEventsDrivers')) return undefined;
  return work?.workDriver && work.workDriver !== 'kube' ? work.workDriver : undefined;
};

/** What is empty is left out. */
const filled = (value: object | undefined): ParameterValue | undefined =>
  value && Object.keys(value).length > 0 ? (value as ParameterValue) : undefined;

/**
 * Whether a hub of this version has admission policies, and `matchConditions` in webhook configurations: since 1.30 every hub
 * has both.
 */
const hasAdmissionExpressions = (gitVersion: string | undefined): boolean => {
  const version = coerce(gitVersion ?? '');
  return version !== null && gte(version, '1.30.0');
};

/** Names of everything that is on, as bundles know it. */
const featuresOf = (
  clusterManager: ClusterManager,
  { hubVersion, convertsAddons, hubTakesPolicies = false, grantsTokens = false }: Observed,
): string[] => {
  const gates = gatesOf(clusterManager);
  const on = (condition: boolean, ...names: string[]): string[] => (condition ? names : []);
  const gatesOn = <G extends string>(
    list: Parameters<typeof isFeatureOn>[0],
    defaults: Readonly<Record<G, boolean>>,
  ): string[] => (Object.keys(defaults) as G[]).filter((gate) => isFeatureOn(list, defaults, gate));
  const webhook = (component: WebhookComponent): string[] => {
    const { hostNetwork, healthPort, address } = webhookSettings(clusterManager, component);
    return [
      ...on(hostNetwork, `${component}WebhookHostNetwork`),
      ...on(healthPort > 0, `${component}WebhookProbes`),
      ...on(isIpForm(address ?? ''), `${component}WebhookAddressIsIp`),
      ...on(component === 'addon' && Boolean(address), 'addonWebhookAddress'),
    ];
  };
  return [
    ...gatesOn(gates.registration, hubRegistrationFeatures),
    ...gatesOn(gates.work, hubWorkFeatures),
    ...gatesOn(gates.addon, hubAddonFeatures),
    ...gatesOn(gates.placement, hubPlacementFeatures),
    ...on(registrationDrivers(clusterManager).grpc, 'grpc'),
    ...on(foreignWorkDriver(clusterManager) !== undefined, 'workDriverConfig'),
    ...webhookComponents.flatMap(webhook),
    ...on(convertsAddons, 'addonConversion'),
    ...on(hasAdmissionExpressions(hubVersion), 'webhookMatchConditions'),
    ...on(hubTakesPolicies && hasAdmissionExpressions(hubVersion), 'hubAdmissionPolicies'),
    ...on(grantsTokens, 'addonTokens'),
    ...on(wantsPolicies(clusterManager.spec?.registrationConfiguration?.featureGates), 'NetworkPolicies'),
  ];
};

const webhookParameters = (clusterManager: ClusterManager, component: WebhookComponent, replicas: number) => {
  const settings = webhookSettings(clusterManager, component);
  return {
    [`${component}WebhookBindPort`]: settings.bindPort,
    [`${component}WebhookHealthPort`]: settings.healthPort,
    [`${component}WebhookMetricsPort`]: settings.metricsPort,
    [`${component}WebhookServicePort`]: settings.servicePort,
    [`${component}WebhookAddress`]: settings.address,
    [`${component}WebhookMaxUnavailable`]: maxUnavailable(replicas),
  } satisfies Record<string, ParameterValue | undefined>;
};

const pullSecretOf = ({ imagePullSecret = secret.imagePull }: Observed): string => imagePullSecret;

const importerParameters = (clusterManager: ClusterManager, observed: Observed) => {
  const registration = clusterManager.spec?.registrationConfiguration;
  const isOn = isFeatureOn(registration?.featureGates, hubRegistrationFeatures, 'ClusterImporter');
  return {
    agentImage: isOn ? observed.agentImage || undefined : undefined,
    bootstrapServiceAccount: isOn ? `${observed.operatorNamespace}/${serviceAccount.bootstrap}` : undefined,
    // Controllers of before do not know the flag.
    importPullSecretName:
      isOn && pullSecretOf(observed) !== secret.imagePull ? pullSecretOf(observed) : undefined,
    importRenderers: isOn ? joinList(registration?.importerConfiguration?.renderers) : undefined,
  };
};

const driverParameters = (clusterManager: ClusterManager) => {
  const drivers = registrationDrivers(clusterManager);
  const certificates = '/var/run/secrets/hub/grpc/certs';
  return {
    hubClusterArn: drivers.hubClusterArn,
    registrationDrivers: joinList(drivers.names),
    autoApprovedCsrUsers: joinList(drivers.csrUsers),
    autoApprovedArnPatterns: joinList(drivers.arnPatterns),
    awsResourceTags: joinList(drivers.awsTags),
    grpcCaFile: drivers.grpc ? `${certificates}/tls.crt` : undefined,
    grpcKeyFile: drivers.grpc ? `${certificates}/tls.key` : undefined,
    autoApprovedGrpcUsers: joinList(drivers.grpcUsers),
    registrationControllerAnnotations: drivers.hubClusterArn
      ? { [annotation.eksRoleArn]: creatorRoleArn(drivers.hubClusterArn) }
      : undefined,
  };
};

/** Whether somebody may ask by HTTP what a placement would select (placement.md 12). */
export const wantsPlacementDebug = ({ spec }: ClusterManager): boolean =>
  isFeatureOn(spec?.placementConfiguration?.featureGates, hubPlacementFeatures, 'PlacementDebugServer');

const workParameters = (clusterManager: ClusterManager) => {
  const work = clusterManager.spec?.workConfiguration;
  const drivers = isFeatureOn(work?.featureGates, hubWorkFeatures, 'CloudEventsDrivers');
  const foreign = foreignWorkDriver(clusterManager);
  return {
    workFeatureGates: decideGates(work?.featureGates, hubWorkFeatures).flags,
    workDriver: drivers ? (work?.workDriver ?? 'kube') : undefined,
    cloudEventsClientId: foreign && 'work-controller-$(POD_NAME)',
    workDriverConfig: foreign && '/var/run/secrets/work/config.yaml',
  };
};

const grpcServerParameters = (clusterManager: ClusterManager) => {
  const { type, port } = grpcService(clusterManager);
  return {
    grpcServerImage: grpcServerImage(clusterManager),
    grpcServiceType: type,
    grpcServicePort: port,
  };
};

/** Where operands listen: the container port of the gRPC server does not depend on its Service's. */
const controllersPort = 8443;
const grpcPort = 8090;
const placementDebugPort = 9443;

const policyParameters = (clusterManager: ClusterManager, observed: Observed) => {
  const webhooks = webhookComponents.map((each) => webhookSettings(clusterManager, each));
  return {
    dialledPorts: dialledPorts(observed.dialled),
    servedPorts: policyPorts([
      ...webhooks.map(({ bindPort }) => bindPort),
      ...(registrationDrivers(clusterManager).grpc ? [grpcPort] : []),
      ...(wantsPlacementDebug(clusterManager) ? [placementDebugPort] : []),
    ]),
    metricsPorts: policyPorts([
      controllersPort,
      ...webhooks.flatMap(({ metricsPort, healthPort }) => [metricsPort, healthPort]),
    ]),
  };
};

const parameters = (clusterManager: ClusterManager, observed: Observed) => {
  const spec = clusterManager.spec ?? {};
  const registrationFlags = decideGates(gatesOf(clusterManager).registration, hubRegistrationFeatures).flags;
  return {
    clusterManagerName: clusterManager.metadata.name,
    hubNamespace: hubNamespaceOf(clusterManager),
    policySuffix: policySuffixOf(clusterManager),
    labels: operandLabels(clusterManager, observed.syncLabels),
    crdLabels: filled(clusterManager.metadata.labels),
    replicas: observed.replicas,
    resources: containerResources(spec.resourceRequirement) as ParameterValue,
    nodeSelector: filled(spec.nodePlacement?.nodeSelector),
    tolerations: filled(spec.nodePlacement?.tolerations),
    imagePullSecrets: observed.hasImagePullSecret ? [{ name: pullSecretOf(observed) }] : undefined,
    imagePullSecretName: pullSecretOf(observed),
    tlsMinVersion: observed.tls.minVersion,
    tlsCipherSuites: joinList(observed.tls.cipherSuites),
    hubKubeconfig: isHosted(clusterManager) ? '/var/run/secrets/hub/kubeconfig' : undefined,
    caBundle: Buffer.from(observed.caBundle, 'utf8').toString('base64'),
    registrationImage: spec.registrationImagePullSpec ?? '',
    registrationFeatureGates: registrationFlags,
    registrationWebhookFeatureGates:
      registrationFlags.length > 0 ? registrationFlags : ['--feature-gates=DefaultClusterSet=true'],
    autoApprovedUsers: joinList(spec.registrationConfiguration?.autoApproveUsers),
    syncedLabels: joinedLabels(syncedLabels(clusterManager, observed.syncLabels)),
    workImage: spec.workImagePullSpec ?? '',
    placementImage: spec.placementImagePullSpec ?? '',
    addOnManagerImage: spec.addOnManagerImagePullSpec ?? '',
    ...importerParameters(clusterManager, observed),
    ...driverParameters(clusterManager),
    ...workParameters(clusterManager),
    ...grpcServerParameters(clusterManager),
    ...webhookParameters(clusterManager, 'registration', observed.replicas),
    ...webhookParameters(clusterManager, 'work', observed.replicas),
    ...webhookParameters(clusterManager, 'addon', observed.replicas),
    ...policyParameters(clusterManager, observed),
  } satisfies Record<string, ParameterValue | undefined>;
};

/** For those who need the names of objects only, or the names of parameters. */
export const nothingObserved = (operatorNamespace: string, tls: TlsSettings): Observed => ({
  replicas: 1,
  operatorNamespace,
  caBundle: '',
  hasImagePullSecret: false,
  syncLabels: false,
  convertsAddons: false,
  tls,
  dialled: [],
});

/** The names of all parameters that a bundle may ask for. */
export const suppliedParameters = (): string[] =>
  Object.keys(
    parameters({ metadata: { name: '' } }, nothingObserved('', { minVersion: '', cipherSuites: [] })),
  );

/** What a bundle's manifests for a ClusterManager are rendered with (operator.md 4.2 to 4.5). */
export const renderInput = (clusterManager: ClusterManager, observed: Observed): RenderInput => ({
  mode: isHosted(clusterManager) ? 'Hosted' : 'Default',
  features: featuresOf(clusterManager, observed),
  parameters: parameters(clusterManager, observed),
});
