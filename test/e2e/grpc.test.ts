import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { type Fleet, HUB_NAMESPACE, json } from './fleet.ts';
import { defaultHub } from './hubs.ts';
import { settled } from './installed.ts';
import { accept, join, leave, runsWork, type Shape } from './klusterlet-shapes.ts';
import { sharedManagedFleet } from './shared-fleet.ts';

const name = 'klusterlet-grpc';
const cluster = 'by-grpc';
const hubName = 'cluster-manager';
/** As a user would: the way from other clusters to the server, whose own Service is for the hub alone. */
const entrance = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'grpc-entrance', namespace: HUB_NAMESPACE },
  spec: {
    type: 'NodePort',
    selector: { app: `${hubName}-grpc-server` },
    ports: [{ port: 8090, targetPort: 8090 }],
  },
};

let fleet: Fleet;
let shape: Shape;

beforeAll(async () => {
  fleet = await sharedManagedFleet();
});

afterAll(async () => {
  if (!fleet) return;
  const { hub, managed } = fleet;
  await managed.kubectl(['delete', 'klusterlet', name, '--ignore-not-found', patienceFlag]);
  await hub.kubectl(['delete', 'managedcluster', cluster, '--ignore-not-found', patienceFlag]);
  await hub.kubectl(['delete', 'service', '-n', HUB_NAMESPACE, 'grpc-entrance', '--ignore-not-found']);
  await setHub({ registrationConfiguration: { registrationDrivers: null }, serverConfiguration: null });
});

const setHub = async (spec: object): Promise<void> => {
  await fleet.hub.kubectl([
    'patch',
    'clustermanager',
    hubName,
    '--type=merge',
    '--patch',
    JSON.stringify({ spec }),
  ]);
  await settled(fleet.hub, clusterManagers, hubName);
};

test('operator.md 33, packaging.md 88: a hub with both drivers runs the server, with a certificate for its host', async () => {
  const { hub } = fleet;
  const host = new URL(hub.internalServer).hostname;
  await setHub({
    registrationConfiguration: { registrationDrivers: [{ authType: 'csr' }, { authType: 'grpc' }] },
    serverConfiguration: {
      endpointsExposure: [{ protocol: 'grpc', grpc: { type: 'hostname', hostname: { host } } }],
    },
  });
  await hub.kubectl([
    '-n',
    HUB_NAMESPACE,
    'rollout',
    'status',
    `deployment/${hubName}-grpc-server`,
    patienceFlag,
  ]);
  await hub.kubectl(['apply', '-f', '-'], JSON.stringify(entrance));
  const { spec } = await json<{ spec: { ports: { nodePort: number }[] } }>(hub, [
    ...['-n', HUB_NAMESPACE, 'get', 'service', 'grpc-entrance'],
  ]);
  const server = `${host}:${spec.ports[0]!.nodePort}`;
  const own = defaultHub(hub);
  shape = {
    name,
    cluster,
    namespace: 'open-cluster-management-grpc',
    mode: 'Default',
    home: fleet.managed,
    managed: fleet.managed,
    hub: {
      api: own.api,
      joinFlags: async () => [
        ...(await own.joinFlags()),
        '--registration-auth=grpc',
        `--grpc-server=${server}`,
      ],
    },
  };
});

test('operator.md 110, registration.md 149: agents join over gRPC, run works, and leave', async () => {
  const { hub, managed } = fleet;
  await join(shape, fleet.images.references);
  await accept(shape.hub, [cluster]);
  await runsWork(shape, 'work');
  await managed.kubectl([
    'wait',
    '--for=condition=HubConnectionDegraded=False',
    patienceFlag,
    'klusterlet',
    name,
  ]);
  const requests = await hub.kubectl([
    ...['get', 'certificatesigningrequests', '-l', `open-cluster-management.io/cluster-name=${cluster}`],
    '--output=jsonpath={.items[*].spec.signerName}',
  ]);
  // An agent that starts anew may ask once more.
  expect([...new Set(requests.split(' '))]).toEqual(['open-cluster-management.io/grpc']);
  await leave(shape);
  await hub.kubectl(['delete', 'managedcluster', cluster, patienceFlag]);
});

test('operator.md 33: with its driver the server goes, and nothing of it is left', async () => {
  await setHub({ registrationConfiguration: { registrationDrivers: null }, serverConfiguration: null });
  const all = ['deployments', 'services', 'serviceaccounts', 'roles', 'secrets'].join();
  await waitFor(
    'nothing left',
    async () => {
      const names = await fleet.hub.kubectl(['get', all, '-n', HUB_NAMESPACE, '--output=name']);
      if (!names.includes('grpc-server')) return true;
      throw new Error(names);
    },
    { interval: 500 },
  );
});
