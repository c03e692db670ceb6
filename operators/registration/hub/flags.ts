import { hubRegistrationFeatures, unavailableRegistrationFeatures } from '../../api/features.ts';
import { authType, namespace, secret, serviceAccount } from '../../api/names.ts';
import { type FlagSpecs, type Flags, UsageError } from '../../runtime/process/command.ts';

/** Flags of `registration controller` (registration.md 1.2). */
export const registrationControllerFlags = {
  'enabled-registration-drivers': {
    type: 'list',
    default: [authType.csr],
    help: `Ways in which agents may prove who they are: ${authType.csr}, ${authType.awsIrsa}, ${authType.grpc}.`,
  },
  'auto-approved-csr-users': {
    type: 'list',
    default: [],
    help: 'Users whose bootstrap CSRs are approved (ManagedClusterAutoApproval).',
  },
  'cluster-auto-approval-users': {
    type: 'list',
    default: [],
    help: 'Users whose bootstrap CSRs are approved.',
    deprecated: 'use --auto-approved-csr-users',
  },
  'auto-approved-arn-patterns': {
    type: 'list',
    default: [],
    help: 'Patterns of ARNs that are accepted (awsirsa).',
  },
  'auto-approved-grpc-users': {
    type: 'list',
    default: [],
    help: 'Users whose bootstrap CSRs are approved (grpc).',
  },
  'hub-cluster-arn': { type: 'string', default: '', help: 'ARN of the EKS hub (awsirsa).' },
  'aws-resource-tags': { type: 'list', default: [], help: 'Tags of IAM roles and access entries (awsirsa).' },
  'grpc-ca-file': { type: 'string', default: '', help: 'Authority that signs client certificates (grpc).' },
  'grpc-key-file': { type: 'string', default: '', help: 'Key of that authority (grpc).' },
  'grpc-signing-duration': {
    type: 'duration',
    default: 720 * 3_600_000,
    help: 'Longest life of signed certificates (grpc).',
  },
  'gc-resource-list': {
    type: 'list',
    default: [
      'addon.open-cluster-management.io/v1beta1/managedclusteraddons',
      'work.open-cluster-management.io/v1/manifestworks',
    ],
    help: 'Resources (group/version/resource) removed, in order, from the namespace of a cluster that leaves.',
  },
  labels: { type: 'string', default: '', help: 'Labels (k=v,…) for the objects made for each cluster.' },
  'hub-apiserver-url': { type: 'string', default: '', help: 'URL of the hub for imported clusters.' },
  'agent-image': { type: 'string', default: '', help: 'Operator image for imported clusters.' },
  'bootstrap-serviceaccount': {
    type: 'string',
    default: `${namespace.operator}/${serviceAccount.bootstrap}`,
    help: 'ServiceAccount (namespace/name) whose tokens imported clusters bootstrap with.',
  },
  'image-pull-secret-name': {
    type: 'string',
    default: secret.imagePull,
    help: 'Secret whose credentials imported clusters pull their images with.',
  },
  'import-renderers': {
    type: 'list',
    default: ['render-from-config-secret'],
    help: 'How the configuration of imported clusters is made: render-auto, render-from-config-secret.',
  },
  'feature-gates': {
    type: 'gates',
    gates: { ...hubRegistrationFeatures },
    help: 'Features to switch on or off: Name=true|false,…',
  },
} as const satisfies FlagSpecs;

export type RegistrationControllerFlags = Flags<typeof registrationControllerFlags>;

/** Reads `k=v,k=v`. Throws a UsageError on anything else. */
export const parseLabels = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') continue;
    const [key = '', value, ...rest] = pair.split('=');
    if (key === '' || value === undefined || rest.length > 0)
      throw new UsageError(`--labels: "${pair}" is not of the form key=value`);
    labels[key] = value;
  }
  return labels;
};

/** Users whose bootstrap CSRs are approved: the newer flag replaces the older one. */
export const autoApprovedUsers = (flags: RegistrationControllerFlags): string[] =>
  flags['auto-approved-csr-users'].length > 0
    ? flags['auto-approved-csr-users']
    : flags['cluster-auto-approval-users'];

const renderers = ['render-auto', 'render-from-config-secret'];

/** Checks what can be checked before anything starts. Throws a UsageError. */
export const validateControllerFlags = (flags: RegistrationControllerFlags): void => {
  parseLabels(flags.labels);
  const unknown = flags['import-renderers'].filter((name) => !renderers.includes(name));
  if (unknown.length > 0) throw new UsageError(`--import-renderers: unknown renderer ${unknown.join(', ')}`);
};

/** What these flags ask for and this version does not have: it serves without. */
export const unavailableIn = (flags: RegistrationControllerFlags): string[] => [
  ...unavailableRegistrationFeatures
    .filter((gate) => flags['feature-gates'][gate])
    .map((gate) => `--feature-gates=${gate}=true`),
  ...(flags['enabled-registration-drivers'].includes(authType.awsIrsa)
    ? [`--enabled-registration-drivers=${authType.awsIrsa}`]
    : []),
];
