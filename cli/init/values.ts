import { featureGates, HUB_ADDON, HUB_REGISTRATION, HUB_WORK } from '../flags/feature-gates.ts';
import { imageValues, pullCredentials, requirementOf } from '../flags/install-flags.ts';
import type { ClusterManagerValues } from '../objects/cluster-manager.ts';
import { mergeValuesFile } from '../objects/values.ts';
import type { InitFlags } from './flags.ts';

type Registration = ClusterManagerValues['clusterManager']['registrationConfiguration'];
type Driver = NonNullable<Registration['registrationDrivers']>[number];
type Exposure = NonNullable<
  NonNullable<ClusterManagerValues['clusterManager']['serverConfiguration']>['endpointsExposure']
>[number];

/**
 * The chart values that the flags stand for, with the values file over them (cli.md 4.5). Throws, in the order of
 * cli.md 4.3 steps 1 to 5, when a flag is wrong.
 * @param defaultArn the ARN of the hub when `--hub-cluster-arn` is not given
 */
export const initValues = (flags: InitFlags, defaultArn: () => string | undefined): ClusterManagerValues => {
  const images = imageValues(flags);
  const drivers = flags.registrationDrivers.map((driver) => registrationDriver(driver, flags, defaultArn));
  const exposure = flags.registrationDrivers.includes('grpc') ? grpcExposure(flags) : undefined;
  images.imageCredentials.dockerConfigJson = pullCredentials(flags);
  const gates = flags.featureGates ?? {};
  const values: ClusterManagerValues = {
    createNamespace: flags.createNamespace,
    replicaCount: 3,
    images,
    enableSyncLabels: flags.enableSyncLabels,
    ...bootstrapSwitches(flags),
    clusterManager: {
      create: true,
      mode: 'Default',
      resourceRequirement: requirementOf(flags),
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
  // A hub that nobody can join helps nobody: the token that is about to be printed has to work.
  const closed = !merged.createBootstrapSA && !merged.createBootstrapToken;
  return closed ? { ...merged, ...bootstrapSwitches(flags) } : merged;
};

const bootstrapSwitches = ({ useBootstrapToken }: InitFlags) => ({
  createBootstrapSA: !useBootstrapToken,
  createBootstrapToken: useBootstrapToken,
});

const registrationDriver = (
  driver: string,
  flags: InitFlags,
  defaultArn: () => string | undefined,
): Driver => {
  switch (driver) {
    case 'csr': {
      const autoApprovedIdentities = flags.autoApprovedCsrIdentities;
      return {
        authType: 'csr',
        ...(autoApprovedIdentities.length > 0 && { csr: { autoApprovedIdentities } }),
      };
    }
    case 'awsirsa':
      return { authType: 'awsirsa', awsirsa: awsIrsa(flags, flags.hubClusterArn || defaultArn()) };
    case 'grpc': {
      const autoApprovedIdentities = flags.autoApprovedGrpcIdentities;
      return {
        authType: 'grpc',
        ...(autoApprovedIdentities.length > 0 && { grpc: { autoApprovedIdentities } }),
      };
    }
    default:
      throw new Error(`unknown registration-drivers type: ${driver}`);
  }
};

const awsIrsa = (
  { awsResourceTags: tags, autoApprovedArnPatterns }: InitFlags,
  hubClusterArn: string | undefined,
) => {
  if (!hubClusterArn) {
    throw new Error('unable to retrieve hubClusterArn from kubeconfig: give it with --hub-cluster-arn');
  }
  return {
    hubClusterArn,
    ...(tags.length > 0 && { tags }),
    ...(autoApprovedArnPatterns.length > 0 && { autoApprovedIdentities: autoApprovedArnPatterns }),
  };
};

const grpcExposure = ({ grpcEndpointType: type, grpcServer: host }: InitFlags): Exposure => {
  switch (type) {
    case 'hostname':
      if (!host) throw new Error('grpc server should not be empty if the grpc endpoint type is hostname');
      return { protocol: 'grpc', grpc: { type, hostname: { host } } };
    case 'loadBalancer':
      return { protocol: 'grpc', grpc: { type, loadBalancer: { host } } };
    default:
      throw new Error(`unknown grpc endpoint type ${type}`);
  }
};
