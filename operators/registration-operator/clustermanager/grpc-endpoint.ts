import type { ClusterManager } from '../../api/generated/operator.ts';
import type { Service } from '../../runtime/client/kubernetes.ts';

type EndpointType = 'hostname' | 'loadBalancer' | 'route';

const exposuresOf = (clusterManager: ClusterManager) =>
  (clusterManager.spec?.serverConfiguration?.endpointsExposure ?? []).filter(
    ({ protocol }) => protocol === 'grpc',
  );

/** How the gRPC server is exposed: the first gRPC exposure decides (operator.md 2.5). */
export const grpcEndpointType = (clusterManager: ClusterManager): EndpointType =>
  exposuresOf(clusterManager)[0]?.grpc?.type ?? 'hostname';

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
  const name = `${clusterManager.metadata.name}-grpc-server`;
  const hosts = exposuresOf(clusterManager).flatMap(({ grpc }) => {
    if (grpc?.type === 'loadBalancer')
      return [...filled(grpc.loadBalancer?.host), ...ingressHosts(name, service)];
    return grpc?.type === 'hostname' ? filled(grpc.hostname?.host) : [];
  });
  return [...new Set([`${name}.${hubNamespace}.svc`, ...hosts])];
};
