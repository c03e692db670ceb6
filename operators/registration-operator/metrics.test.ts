import { expect, test } from '@jest/globals';
import { type Klusterlet, klusterlets } from '../api/generated/operator.ts';
import type { Deployment } from '../runtime/client/kubernetes.ts';
import { createMetrics } from '../runtime/process/metrics.ts';
import { bundleVersionAnnotation } from './bundle/index.ts';
import { certificateExpiries } from './clustermanager/certificates/expiries.ts';
import { countResources } from './metrics.ts';

const klusterlet = (...conditions: [type: string, status: string][]): Klusterlet =>
  ({
    metadata: { name: 'k' },
    status: { conditions: conditions.map(([type, status]) => ({ type, status })) },
  }) as Klusterlet;
const deployment = (version: string, available: number): Deployment => ({
  metadata: { name: 'd', generation: 1, annotations: { [bundleVersionAnnotation]: version } },
  spec: { replicas: 1 } as Deployment['spec'],
  status: {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: available,
    availableReplicas: available,
  },
});

test('resources by condition and Deployments by bundle, however many there are', () => {
  const metrics = createMetrics();
  countResources(
    metrics,
    {
      resource: klusterlets,
      list: () => [
        klusterlet(['Applied', 'True'], ['Available', 'True']),
        klusterlet(['Applied', 'True']),
        klusterlet(['Applied', 'False']),
      ],
    },
    { list: () => [deployment('v0.3.0', 1), deployment('v0.3.0', 1), deployment('v0.2.0', 0)] },
  );
  const text = metrics.expose();
  for (const sample of [
    'ocm_operator_resources{condition="Applied",kind="Klusterlet",status="True"} 2',
    'ocm_operator_resources{condition="Applied",kind="Klusterlet",status="False"} 1',
    'ocm_operator_resources{condition="Available",kind="Klusterlet",status="True"} 1',
    'ocm_operator_deployments{rollout="complete",version="v0.3.0"} 2',
    'ocm_operator_deployments{rollout="progressing",version="v0.2.0"} 1',
  ])
    expect(text).toContain(`${sample}\n`);
});

test('certificates of hubs that are gone are not shown any more', () => {
  const metrics = createMetrics();
  let hubs = ['hub', 'hosted'];
  const expiries = certificateExpiries(metrics, () => hubs);
  expiries.tell('hub', 'signer-secret', new Date(5000));
  expiries.tell('hub', 'grpc-server-serving-cert', new Date(6000));
  expiries.tell('hosted', 'signer-secret', new Date(7000));
  expiries.forget('hub', 'grpc-server-serving-cert');
  const name = 'ocm_hub_certificate_expiration_timestamp_seconds';
  expect(metrics.expose()).toContain(
    `${name}{namespace="hub",secret="signer-secret"} 5\n${name}{namespace="hosted",secret="signer-secret"} 7\n`,
  );
  expect(metrics.expose()).not.toContain('grpc');
  hubs = ['hub'];
  expect(metrics.expose()).not.toContain('hosted');
});
