import { test } from '@jest/globals';
import { label, secret } from '../../operators/api/names.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { AGENT_NAMESPACE, CLUSTER_NAME, condition, json, succeed } from './fleet.ts';
import { fleetWithWorkload } from './fleet-with-workload.ts';
import { proveFlow } from './workload.ts';

const fleet = fleetWithWorkload();

/** Has the agents live in another namespace, to which their bootstrap kubeconfig has been brought. */
const moveTo = async (namespace: string, from: string): Promise<void> => {
  const { managed } = fleet();
  const { data } = await json<{ data: object }>(managed, [
    '-n',
    from,
    'get',
    'secret',
    secret.bootstrapHubKubeconfig,
  ]);
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret.bootstrapHubKubeconfig, namespace }, data },
  ];
  for (const object of objects)
    await managed.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(object));
  const patch = JSON.stringify({ spec: { namespace } });
  await managed.kubectl(['patch', 'klusterlet', 'klusterlet', '--type=merge', '--patch', patch]);
};

const undecidedRequest = async (): Promise<boolean> => {
  const ofCluster = `--selector=${label.clusterName}=${CLUSTER_NAME}`;
  const { items } = await json<{ items: { status?: { conditions?: object[] } }[] }>(fleet().hub, [
    'get',
    'csr',
    ofCluster,
  ]);
  return items.some(({ status }) => !status?.conditions?.length);
};

test.each([
  ['open-cluster-management-elsewhere', AGENT_NAMESPACE],
  [AGENT_NAMESPACE, 'open-cluster-management-elsewhere'],
])(
  'agents move to namespace %s, connect from there, and leave no namespace behind (operator.md 115)',
  async (namespace, from) => {
    const { hub, managed } = fleet();
    await moveTo(namespace, from);
    await waitFor('the agents to ask for a certificate', undecidedRequest);
    // By its old request the cluster is known under another name, which the hub's administrator has to look at.
    await succeed(hub, ['accept', '--clusters', CLUSTER_NAME, '--skip-approve-check', '--wait']);
    await condition(managed, ['klusterlet', 'klusterlet'], 'Available');
    await managed.kubectl(['wait', '--for=delete', `namespace/${from}`, patienceFlag]);
    await managed.kubectl(['get', 'namespace', 'open-cluster-management-agent-addon']);
    await proveFlow(fleet(), `from-${namespace}`);
  },
);
