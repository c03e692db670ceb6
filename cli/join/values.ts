import { agentAnnotationPrefix } from '../../operators/api/names.ts';
import { featureGates, SPOKE_REGISTRATION, SPOKE_WORK } from '../flags/feature-gates.ts';
import { imageValues, pullCredentials, requirementOf } from '../flags/install-flags.ts';
import { type KlusterletValues, namesFor } from '../objects/klusterlet.ts';
import type { JoinFlags } from './flags.ts';

type Registration = KlusterletValues['klusterlet']['registrationConfiguration'];

export interface JoinDefaults {
  /** The ARN of the managed cluster when `--managed-cluster-arn` is not given. */
  managedClusterArn: () => string | undefined;
  /** Hears of annotations that are left out. */
  warn: (line: string) => void;
}

/**
 * The chart values that the flags alone decide (cli.md 5.5). Throws, in the order of cli.md 5.2 steps 6 to 9, when a
 * flag is wrong, and then for the registration flags, before any cluster is asked.
 */
export const joinValues = (flags: JoinFlags, defaults: JoinDefaults): KlusterletValues => {
  const images = imageValues(flags);
  images.imageCredentials.dockerConfigJson = pullCredentials(flags);
  const resourceRequirement = requirementOf(flags);
  const driver = registrationDriver(flags, defaults.managedClusterArn);
  const addonDriver = addonRegistrationDriver(flags);
  const mode = modeOf(flags);
  const gates = flags.featureGates ?? {};
  const annotations = clusterAnnotations(flags.klusterletAnnotation, defaults.warn);
  return {
    createNamespace: flags.createNamespace,
    replicaCount: 1,
    images,
    enableSyncLabels: flags.enableSyncLabels,
    priorityClassName: '',
    noOperator: false,
    bootstrapHubKubeConfig: '',
    grpcConfig: '',
    externalManagedKubeConfig: '',
    klusterlet: {
      create: true,
      ...namesFor(mode),
      clusterName: flags.clusterName,
      mode,
      externalServerURLs: [],
      resourceRequirement,
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

/** `default` → `Default`, `HOSTED` → `Hosted`; with `--singleton` the mode with one agent (cli.md 5.1). */
const modeOf = ({ mode, singleton }: Pick<JoinFlags, 'mode' | 'singleton'>): string => {
  const written = `${mode.charAt(0).toUpperCase()}${mode.slice(1).toLowerCase()}`;
  if (!singleton) return written;
  return written === 'Default' ? 'Singleton' : `Singleton${written}`;
};

const registrationDriver = (
  flags: JoinFlags,
  managedClusterArn: () => string | undefined,
): Registration['registrationDriver'] => {
  switch (flags.registrationAuth) {
    case 'csr':
      return undefined;
    case 'awsirsa': {
      const arn = flags.managedClusterArn || managedClusterArn();
      if (!arn) {
        throw new Error(
          'unable to retrieve managedClusterArn from kubeconfig: give it with --managed-cluster-arn',
        );
      }
      if (!flags.hubClusterArn) {
        throw new Error('hub-cluster-arn is required when registration-auth type is awsirsa');
      }
      return {
        authType: 'awsirsa',
        awsIrsa: { hubClusterArn: flags.hubClusterArn, managedClusterArn: arn },
      };
    }
    case 'grpc':
      if (!flags.grpcServer) throw new Error('grpc-server is required when registration-auth type is grpc');
      return { authType: 'grpc' };
    default:
      throw new Error('invalid registration-Auth type');
  }
};

const addonRegistrationDriver = (flags: JoinFlags): Registration['addOnKubeClientRegistrationDriver'] => {
  const expirationSeconds = flags.addonTokenExpirationSeconds;
  if (expirationSeconds < 0) throw new Error('addon-token-expiration-seconds must be non-negative');
  switch (flags.addonKubeclientRegistrationAuth) {
    case 'csr':
      return undefined;
    case 'token':
      return { authType: 'token', ...(expirationSeconds > 0 && { token: { expirationSeconds } }) };
    default:
      throw new Error("invalid addon-kubeclient-registration-auth type. Must be 'csr' or 'token'");
  }
};

/** `--klusterlet-annotation` as annotations of the ManagedCluster; what is not `key=value` is left out. */
export const clusterAnnotations = (pairs: string[], warn: (line: string) => void): Record<string, string> => {
  const annotations: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)).trim();
    if (!key) {
      warn(`--klusterlet-annotation ${pair} is not key=value and is left out`);
      continue;
    }
    const name = key.startsWith(agentAnnotationPrefix) ? key : `${agentAnnotationPrefix}/${key}`;
    annotations[name] = pair.slice(at + 1).trim();
  }
  return annotations;
};
