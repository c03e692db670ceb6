import { isAgentLabel } from '../../api/label-syntax.ts';
import { authType, clusterLabelsVariable } from '../../api/names.ts';
import { UsageError } from '../../runtime/process/command.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { dnsLabelProblem } from '../../runtime/client/legal-name.ts';
import type { RegistrationAgentFlags } from './flags.ts';

/** Keys of `--cluster-annotations` start with this, and nothing need follow (registration.md 0.1). */
const annotationPrefix = 'agent.open-cluster-management.io';

/** The annotations that an agent may set on its ManagedCluster, and the keys that it may not. */
export const filterAnnotations = (annotations: Record<string, string>) => {
  const isAllowed = (key: string) => key.startsWith(annotationPrefix);
  return {
    allowed: Object.fromEntries(Object.entries(annotations).filter(([key]) => isAllowed(key))),
    dropped: Object.keys(annotations).filter((key) => !isAllowed(key)),
  };
};

/** The labels in a text of JSON that an agent may set on its ManagedCluster; what else it says is left out, and logged. */
export const clusterLabelsIn = (log: Logger, text: string | undefined): Record<string, string> => {
  if (!text) return {};
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    given = undefined;
  }
  if (typeof given !== 'object' || given === null) {
    log.warn(`the variable ${clusterLabelsVariable} is no object in JSON, and left out`);
    return {};
  }
  const isAllowed = ([key, value]: [string, unknown]) =>
    typeof value === 'string' && isAgentLabel(key, value);
  const dropped = Object.entries(given).filter((entry) => !isAllowed(entry));
  if (dropped.length > 0)
    log.warn('labels that are illegal or reserved are left out', { dropped: dropped.map(([key]) => key) });
  return Object.fromEntries(Object.entries(given as Record<string, string>).filter(isAllowed));
};

const isHttpsUrl = (url: string): boolean => URL.parse(url)?.protocol === 'https:';

/** Checks what the flags say, before anything starts (registration.md 1.3). Throws a UsageError. */
export const validateAgentFlags = (flags: RegistrationAgentFlags): void => {
  for (const url of flags['spoke-external-server-urls'])
    if (!isHttpsUrl(url)) throw new UsageError(`"${url}" is invalid`);
  if (flags['cluster-healthcheck-period'] <= 0)
    throw new UsageError('cluster healthcheck period must greater than zero');
  const expiration = flags['client-cert-expiration-seconds'];
  if (expiration !== 0 && expiration < 3600)
    throw new UsageError('client certificate expiration seconds must greater or qual to 3600');
  const addonAuth = flags['addon-kubeclient-registration-auth'];
  if (addonAuth !== '' && addonAuth !== authType.csr && addonAuth !== authType.token)
    throw new UsageError(`unsupported addon-kubeclient-registration-auth: ${addonAuth}`);
  if (flags['addon-token-expiration-seconds'] < 600)
    throw new UsageError('addon-token-expiration-seconds must be greater than or equal to 600');
  validateDriver(flags);
  if (flags['feature-gates']['MultipleHubs'] && flags['bootstrap-kubeconfigs'].length < 2)
    throw new UsageError('expect at least 2 bootstrap kubeconfigs when MultipleHubs is enabled');
};

const validateDriver = (flags: RegistrationAgentFlags): void => {
  switch (flags['registration-auth']) {
    case authType.awsIrsa:
      if (flags['hub-cluster-arn'] === '')
        throw new UsageError('EksHubClusterArn cannot be empty if RegistrationAuth is awsirsa');
      break;
    case authType.grpc:
      if (flags['grpc-bootstrap-config'] === '' && flags['grpc-config'] === '')
        throw new UsageError('config file should be set');
      if (flags['feature-gates']['MultipleHubs'])
        throw new UsageError('MultipleHubs is not available with --registration-auth=grpc');
      break;
    default:
      if (flags['bootstrap-kubeconfig'] === '' && flags['bootstrap-kubeconfigs'].length === 0)
        throw new UsageError('bootstrap-kubeconfig is required');
  }
};

/** Checks the name that was found for the cluster, which is also that of its namespace on the hub. */
export const validateClusterName = (name: string): void => {
  if (name === '') throw new UsageError('cluster name is empty');
  const problem = dnsLabelProblem(name);
  if (problem) throw new UsageError(`metadata.name format is not correct: ${problem}`);
};

/** The way to register that these flags ask for and this version does not have; undefined when it has it. */
export const unavailableDriver = (flags: RegistrationAgentFlags): string | undefined => {
  const auth = flags['registration-auth'];
  return auth === authType.awsIrsa ? auth : undefined;
};
