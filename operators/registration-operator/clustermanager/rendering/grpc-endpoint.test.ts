import { describe, expect, test } from '@jest/globals';
import type { EndpointsExposure } from '../../../api/generated/operator.ts';
import type { Service } from '../../../runtime/client/kubernetes.ts';
import { clusterManager } from '../cluster-manager-fixture.ts';
import { grpcEndpointType, grpcHosts } from './grpc-endpoint.ts';

describe('operator.md 34 to 36: gRPC endpoint', () => {
  const exposed = (...endpointsExposure: EndpointsExposure[]) =>
    clusterManager({ serverConfiguration: { endpointsExposure } });
  const own = 'cm-grpc-server.ns.svc';
  const balanced = (ingress?: object[]): Service => ({
    metadata: { name: 'cm-grpc-server' },
    status: { loadBalancer: { ingress } },
  });
  const byHost = (host: string): EndpointsExposure => ({
    protocol: 'grpc',
    grpc: { type: 'hostname', hostname: { host } },
  });
  const byBalancer: EndpointsExposure = { protocol: 'grpc', grpc: { type: 'loadBalancer' } };

  test.each([
    ['nil configuration', clusterManager(), undefined, [own]],
    ['no exposure', exposed(), undefined, [own]],
    [
      'https only',
      exposed({ protocol: 'https', https: { type: 'hostname', hostname: { host: 'x' } } }),
      undefined,
      [own],
    ],
    ['nil grpc', exposed({ protocol: 'grpc' }), undefined, [own]],
    ['valid host', exposed(byHost('a.example')), undefined, [own, 'a.example']],
    ['blank host', exposed(byHost('  ')), undefined, [own]],
    ['address', exposed(byBalancer), balanced([{ ip: '10.0.0.1' }]), [own, '10.0.0.1']],
    ['balancer name', exposed(byBalancer), balanced([{ hostname: 'lb' }]), [own, 'lb']],
    ['both', exposed(byBalancer), balanced([{ ip: '10.0.0.1', hostname: 'lb' }]), [own, '10.0.0.1']],
    ['duplicates', exposed(byHost('a'), byHost('a')), undefined, [own, 'a']],
  ])('hosts: %s', (_, cm, service, expected) => {
    expect(grpcHosts(cm, 'ns', service)).toEqual(expected);
  });

  test.each([
    ['no Service', undefined],
    ['no ingress', balanced()],
    ['an ingress without anything', balanced([{}])],
  ])('a load balancer with %s is an error', (_, service) => {
    expect(() => grpcHosts(exposed(byBalancer), 'ns', service)).toThrow(/cm-grpc-server/);
  });

  test.each([
    ['none', exposed(), 'hostname'],
    ['nil grpc', exposed({ protocol: 'grpc' }), 'hostname'],
    ['the first one wins', exposed(byBalancer, byHost('a')), 'loadBalancer'],
  ])('type: %s', (_, cm, expected) => {
    expect(grpcEndpointType(cm)).toBe(expected);
  });
});
