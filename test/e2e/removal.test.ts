import { beforeAll, expect, test } from '@jest/globals';
import { type Cluster, patienceFlag, waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME, type Fleet, succeed } from './fleet.ts';
import { sharedManagedFleet } from './shared-fleet.ts';
import { createWorkload, removeWorkload } from './workload.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedManagedFleet();
});

const KINDS = [
  'namespaces',
  'customresourcedefinitions',
  'clusterroles',
  'clusterrolebindings',
  'roles',
  'rolebindings',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'secrets',
  'serviceaccounts',
  'deployments',
].join(',');

/** All that is there of ours: objects with the project's name in their own, or in their namespace's. */
const remains = async (cluster: Cluster): Promise<string[]> => {
  const columns = 'custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
  const text = await cluster.kubectl(['get', KINDS, '--all-namespaces', '--no-headers', '--output', columns]);
  return text
    .split('\n')
    .filter((line) => /open-cluster-management|klusterlet|cluster-manager|ocmhub/.test(line))
    .map((line) => line.trim().replaceAll(/\s+/g, ' '));
};

test('a cluster that leaves and a hub that is cleaned leave nothing behind', async () => {
  await createWorkload(fleet);
  await removeWorkload(fleet);
  await succeed(fleet.managed, ['unjoin', '--cluster-name', CLUSTER_NAME]);
  // The CRDs of works and claims stay by contract: workloads of other hubs may hang on them (operator.md 5.2).
  await waitFor(
    'the managed cluster to be as before',
    async () => {
      const left = await remains(fleet.managed);
      const unexpected = left.filter(
        (line) => !/CustomResourceDefinition <none> (appliedmanifestworks|clusterclaims)\./.test(line),
      );
      if (unexpected.length > 0) throw new Error(unexpected.join('\n'));
      return true;
    },
    { interval: 1000 },
  );

  await fleet.hub.kubectl(['delete', 'managedcluster', CLUSTER_NAME, patienceFlag]);
  await succeed(fleet.hub, ['clean']);
  await waitFor(
    'the hub to be as before',
    async () => {
      const left = await remains(fleet.hub);
      if (left.length > 0) throw new Error(left.join('\n'));
      return true;
    },
    { interval: 1000 },
  );
  expect(await remains(fleet.hub)).toEqual([]);
});
