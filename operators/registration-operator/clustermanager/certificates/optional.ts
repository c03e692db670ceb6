import type { ClusterManager } from '../../../api/generated/operator.ts';
import { secret as secretName } from '../../../api/names.ts';
import { isForbidden, messageOf } from '../../../runtime/client/errors.ts';
import { services } from '../../../runtime/client/kubernetes.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { withHubImages } from '../../own-images.ts';
import { hubNamespaceOf } from '../mode.ts';
import { feasible } from '../rendering/feasible.ts';
import { grpcHosts, grpcServerName } from '../rendering/grpc-endpoint.ts';
import { wantsPlacementDebug } from '../rendering/parameters.ts';
import { registrationDrivers } from '../rendering/registration-drivers.ts';
import type { KeyPair } from './issue.ts';
import type { Rotation, RotationDependencies } from './rotation.ts';

/** A serving certificate that a hub has only while a feature is on. */
export interface OptionalCertificate {
  secret: string;
  feature: string;
  isOn: boolean;
  /** The names that it is for. */
  hosts: () => Promise<string[]>;
}

/** Those of the gRPC server (operator.md 4.9) and of the debug server of placement (since-1.3.1.md 12). */
export const optionalCertificates = (
  { bundles, management, settings }: Pick<RotationDependencies, 'bundles' | 'management' | 'settings'>,
  clusterManager: ClusterManager,
): OptionalCertificate[] => {
  const namespace = hubNamespaceOf(clusterManager);
  const named = withHubImages(settings.images, clusterManager);
  const placement = `${clusterManager.metadata.name}-placement.${namespace}.svc`;
  return [
    {
      secret: secretName.grpcServerServingCert,
      feature: 'GRPCAuth',
      isOn: registrationDrivers(feasible(bundles, named).clusterManager).grpc,
      hosts: async () => {
        const service = await management.client.find(services, grpcServerName(clusterManager), namespace);
        return grpcHosts(clusterManager, namespace, service);
      },
    },
    {
      secret: secretName.placementDebugServingCert,
      feature: 'PlacementDebugServer',
      isOn: wantsPlacementDebug(clusterManager),
      hosts: () => Promise.resolve([placement, `${placement}.${settings.clusterDomain}`]),
    },
  ];
};

const keepOne = async (
  rotation: Rotation,
  { secret, feature, isOn, hosts }: OptionalCertificate,
  { metadata: { name } }: ClusterManager,
  { authority, bundle }: { authority: KeyPair; bundle: string },
  log: Logger,
): Promise<void> => {
  if (isOn) return rotation.serving(secret, await hosts(), authority, bundle);
  try {
    await rotation.withoutServing(secret);
  } catch (error) {
    const problem = `failed to delete secret "${secret}" for cluster-manager "${name}": ${feature} feature disabled, err: ${messageOf(error)}`;
    // Who may not even look at it has not made it either.
    if (!isForbidden(error)) throw new Error(problem, { cause: error });
    log.warn(problem, { remedy: 'let the operator read and delete the Secret' });
  }
};

/**
 * Issues and removes the optional certificates, each whatever becomes of the others.
 * @throws Error that says all that failed
 */
export const keepOptional = async (
  rotation: Rotation,
  certificates: readonly OptionalCertificate[],
  clusterManager: ClusterManager,
  signed: { authority: KeyPair; bundle: string },
  log: Logger,
): Promise<void> => {
  const results = await Promise.allSettled(
    certificates.map((certificate) => keepOne(rotation, certificate, clusterManager, signed, log)),
  );
  const errors = results.flatMap((result): unknown[] =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (errors.length > 0)
    throw new Error(errors.map(messageOf).join('; '), { cause: new AggregateError(errors) });
};
