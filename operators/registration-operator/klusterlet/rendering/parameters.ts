import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';
import { spokeRegistrationFeatures } from '../../../api/features.ts';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { annotation, label } from '../../../api/names.ts';
import type { ParameterValue, RenderInput } from '../../bundle/index.ts';
import { isFeatureOn } from '../../feature-gates.ts';
import { wantsPolicies } from '../../network/policies.ts';
import { dialledPorts } from '../../network/ports.ts';
import { containerResources } from '../../resource-requirements.ts';
import { syncedLabels } from '../../synced-labels.ts';
import type { TlsSettings } from '../../tls-profile.ts';
import { agentNamespace, isSingleton, klusterletNamespace, type Mode, serviceAccountName } from '../mode.ts';
import * as args from './agent-arguments.ts';
import { awsIdentity } from './aws-identity.ts';

/** What rendering depends on besides the Klusterlet's spec. */
export interface Observed {
  mode: Mode;
  /** Replicas of the agents' Deployments. */
  replicas: number;
  /** Replicas of the work agent, which has none before there is a hub to speak to. */
  workReplicas: number;
  /** The cluster name that the work agent is started with; empty while nobody knows it. */
  workClusterName: string;
  /** The management cluster serves priority classes. */
  hasPriorityClasses: boolean;
  syncLabels: boolean;
  keepsAddonNamespace: boolean;
  /** The TLS profile in the operator's namespace; undefined when there is none. */
  tls?: TlsSettings;
  /** Addresses and ports that agents have to reach, for network policies; undefined stands for one that is not known. */
  dialled: readonly (string | number | undefined)[];
}

/** Labels of everything that belongs to a Klusterlet (operator.md 2.6). */
export const agentLabels = (klusterlet: Klusterlet, syncLabels: boolean): Record<string, string> => ({
  ...syncedLabels(klusterlet, syncLabels),
  [label.createdByKlusterlet]: klusterlet.metadata.name,
});

/** Turns an optional list or map into a parameter: what is empty is left out. */
const filled = <T extends object>(value: T | undefined): ParameterValue | undefined =>
  value && Object.keys(value).length > 0 ? (value as unknown as ParameterValue) : undefined;

const features = (klusterlet: Klusterlet, observed: Observed): string[] => {
  const gates = klusterlet.spec?.registrationConfiguration?.featureGates;
  return [
    ...(observed.keepsAddonNamespace ? ['DefaultAddonNamespace'] : []),
    ...(['ClusterProperty', 'AddonManagement'] as const).filter((gate) =>
      isFeatureOn(gates, spokeRegistrationFeatures, gate),
    ),
    ...(awsIdentity(klusterlet) ? ['AwsIrsa'] : []),
    ...(wantsPolicies(gates) ? ['NetworkPolicies'] : []),
  ];
};

const parameters = (klusterlet: Klusterlet, observed: Observed) => {
  const { mode, replicas, workReplicas, workClusterName } = observed;
  const spec = klusterlet.spec ?? {};
  const { name, uid = '' } = klusterlet.metadata;
  const clusterName = spec.clusterName ?? '';
  const aws = awsIdentity(klusterlet);
  const alias = spec.hubApiServerHostAlias;
  const volumes = args.bootstrapVolumes(klusterlet);
  return {
    klusterletName: name,
    klusterletNamespace: klusterletNamespace(klusterlet),
    agentNamespace: agentNamespace(klusterlet, mode),
    agentId: uid,
    labels: agentLabels(klusterlet, observed.syncLabels),
    serviceAccountAnnotations: aws && { [annotation.eksRoleArn]: aws.roleArn },
    registrationServiceAccount: isSingleton(mode)
      ? serviceAccountName.work(name)
      : serviceAccountName.registration(name),
    registrationImage: spec.registrationImagePullSpec ?? '',
    workImage: spec.workImagePullSpec ?? '',
    singletonImage: spec.imagePullSpec ?? '',
    replicas,
    workReplicas,
    resources: containerResources(spec.resourceRequirement) as ParameterValue,
    nodeSelector: filled(spec.nodePlacement?.nodeSelector),
    tolerations: filled(spec.nodePlacement?.tolerations),
    hostAliases: alias && [{ ip: alias.ip, hostnames: [alias.hostname] }],
    priorityClassName: observed.hasPriorityClasses ? spec.priorityClassName || undefined : undefined,
    bootstrapVolumes: volumes.map(({ name: volume, secretName }) => ({
      name: volume,
      secret: { secretName },
    })),
    bootstrapVolumeMounts: volumes.map(({ name: volume, mountPath }) => ({
      name: volume,
      mountPath,
      readOnly: true,
    })),
    clusterName,
    workClusterName,
    bootstrapArguments: args.bootstrapArguments(klusterlet),
    registrationGates: args.registrationGates(klusterlet).flags,
    workGates: args.workGates(klusterlet).flags,
    externalServerUrlArguments: args.externalServerUrlArguments(klusterlet),
    spokeKubeconfigArguments: args.spokeKubeconfigArguments(mode),
    certificateArguments: args.certificateArguments(klusterlet),
    annotationArguments: args.annotationArguments(klusterlet),
    clusterLabelVariables: args.labelVariables(klusterlet),
    registrationLimitArguments: args.limitArguments(klusterlet, 'registration'),
    workLimitArguments: args.limitArguments(klusterlet, 'work'),
    singletonLimitArguments: args.limitArguments(klusterlet, 'both'),
    hubLimitArguments: args.hubLimitArguments(klusterlet),
    claimArguments: args.claimArguments(klusterlet),
    addonArguments: args.addonArguments(klusterlet),
    authArguments: args.authArguments(klusterlet),
    workSourceArguments: args.workloadSourceArguments(klusterlet, workClusterName, 'work-agent'),
    singletonSourceArguments: args.workloadSourceArguments(klusterlet, clusterName, 'klusterlet-agent'),
    statusSyncArguments: args.statusSyncArguments(klusterlet, replicas),
    workStatusSyncArguments: args.statusSyncArguments(klusterlet, workReplicas),
    evictionArguments: args.evictionArguments(klusterlet),
    tlsArguments: args.tlsArguments(observed.tls),
    dialledPorts: dialledPorts(observed.dialled),
  } satisfies Record<string, ParameterValue | undefined>;
};

/** For those who need the names of objects only, or the names of parameters. */
export const nothingObserved = (mode: Mode): Observed => ({
  mode,
  replicas: 1,
  workReplicas: 0,
  workClusterName: '',
  hasPriorityClasses: false,
  syncLabels: false,
  keepsAddonNamespace: true,
  dialled: [],
});

/** The names of all parameters that a bundle may ask for. */
export const suppliedParameters = (): string[] =>
  Object.keys(parameters({ metadata: { name: '' } }, nothingObserved('Default')));

/** What a bundle's manifests for a Klusterlet are rendered with (operator.md 5.3 to 5.5). */
export const renderInput = (klusterlet: Klusterlet, observed: Observed): RenderInput => ({
  mode: observed.mode,
  features: features(klusterlet, observed),
  parameters: parameters(klusterlet, observed),
});

/** Whether a cluster of this version knows priority classes; not when the version cannot be read (operator.md 3.1). */
export const hasPriorityClasses = (gitVersion: string | undefined): boolean => {
  const version = coerce(gitVersion ?? '');
  return version !== null && gte(version, '1.14.0');
};
