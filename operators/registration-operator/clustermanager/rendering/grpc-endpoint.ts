import type { ClusterManager } from '../../../api/generated/operator.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import type { Service } from '../../../runtime/client/kubernetes.ts';

type EndpointType = 'hostname' | 'loadBalancer' | 'route';

const exposuresOf = (clusterManager: ClusterManager) =>
  (clusterManager.spec?.serverConfiguration?.endpointsExposure ?? []).filter(
    ({ protocol }) => protocol === 'grpc',
  );

/** How the gRPC server is exposed: the first gRPC exposure decides (operator.md 2.5). */
export const grpcEndpointType = (clusterManager: ClusterManager): EndpointType =>
  exposuresOf(clusterManager)[0]?.grpc?.type ?? 'hostname';

/** The name of the gRPC server's Deployment, and of the Service before it. */
export const grpcServerName = ({ metadata }: ClusterManager): string => `${metadata.name}-grpc-server`;

/** The image of the gRPC server: its own, else that of registration, which holds it (operator.md 2.1). */
export const grpcServerImage = ({ spec }: ClusterManager): string =>
  spec?.serverConfiguration?.imagePullSpec?.trim() || (spec?.registrationImagePullSpec ?? '');

/** How the Service of the gRPC server is reached (operator.md 4.4); its Pods always listen on 8090. */
export const grpcService = (clusterManager: ClusterManager): { type: string; port: number } =>
  grpcEndpointType(clusterManager) === 'loadBalancer'
    ? { type: 'LoadBalancer', port: 443 }
    : { type: 'ClusterIP', port: 8090 };

const filled = (host: string | undefined): string[] => (host?.trim() ? [host.trim()] : []);

const ingressHosts = (name: string, service: Service | undefined): string[] => {
  if (!service)
    throw new Error(
      `Service ${name} does not exist yet; its load balancer's address goes into the certificate`,
    );
  const ingress = service.status?.loadBalancer?.ingress?.[0];
  const hosts = [...filled(ingress?.ip), ...filled(ingress?.hostname)].slice(0, 1);
  if (hosts.length === 0)
    throw new Error(
      `Service ${name} has no load balancer address yet; the gRPC server's certificate waits for it`,
    );
  return hosts;
};

/**
 * Host names of the gRPC server's certificate, in order and without repetition (operator.md 2.5).
 * @throws Error when a load balancer has no address yet
 */
export const grpcHosts = (
  clusterManager: ClusterManager,
  hubNamespace: string,
  service: Service | undefined,
): string[] => {
  const name = grpcServerName(clusterManager);
  const hosts = exposuresOf(clusterManager).flatMap(({ grpc }) => {
    if (grpc?.type === 'loadBalancer')
      return [...filled(grpc.loadBalancer?.host), ...ingressHosts(name, service)];
    return grpc?.type === 'hostname' ? filled(grpc.hostname?.host) : [];
  });
  return [...new Set([`${name}.${hubNamespace}.svc`, ...hosts])];
};

/** Why the gRPC server has no certificate yet, and so no Pod that starts; undefined when nothing keeps it. */
export const grpcEndpointProblem = (...args: Parameters<typeof grpcHosts>): string | undefined => {
  try {
    grpcHosts(...args);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};
