import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { label } from '../../operators/api/names.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME, type Fleet, HUB_NAMESPACE, json, succeed } from './fleet.ts';
import {
  askDebugServer,
  createTenant,
  type DebugAnswer,
  everyCluster,
  forbidAsking,
  place,
  removeTenant,
  selects,
  TENANT,
  theFive,
} from './placing.ts';
import { sharedManagedFleet } from './shared-fleet.ts';
import { createWorkload, proveFlow } from './workload.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedManagedFleet();
});

interface WithConditions {
  spec: { hubAcceptsClient: boolean };
  status: { conditions: { type: string; status: string }[]; version: { kubernetes: string } };
}

const trueConditions = ({ status }: WithConditions): string[] =>
  status.conditions.filter((condition) => condition.status === 'True').map(({ type }) => type);

describe('a cluster that joined', () => {
  test('is accepted, joined and available on the hub (cli.md 33)', async () => {
    await waitFor('the cluster to be all of it', async () => {
      const cluster = await json<WithConditions>(fleet.hub, ['get', 'managedcluster', CLUSTER_NAME]);
      expect(cluster.spec.hubAcceptsClient).toBe(true);
      expect(trueConditions(cluster)).toEqual(
        expect.arrayContaining([
          'HubAcceptedManagedCluster',
          'ManagedClusterJoined',
          'ManagedClusterConditionAvailable',
        ]),
      );
      expect(cluster.status.version.kubernetes).toMatch(/^v1\./);
      return true;
    });
  });

  test('has both operators report that all is applied', async () => {
    await waitFor('both operators to say so', async () => {
      const [manager, klusterlet] = await Promise.all([
        json<WithConditions>(fleet.hub, ['get', 'clustermanager', 'cluster-manager']),
        json<WithConditions>(fleet.managed, ['get', 'klusterlet', 'klusterlet']),
      ]);
      expect(trueConditions(manager)).toEqual(expect.arrayContaining(['Applied', 'ValidFeatureGates']));
      expect(trueConditions(klusterlet)).toEqual(expect.arrayContaining(['Applied', 'Available']));
      return true;
    });
  });

  test('is listed by clusteradm (cli.md 65)', async () => {
    const table = await succeed(fleet.hub, ['get', 'clusters', '-o', 'table']);
    const [header, row] = table.split('\n');
    expect(header?.split(/\s{2,}/)).toEqual([
      'NAME',
      'ACCEPTED',
      'AVAILABLE',
      'CLUSTERSET',
      'CPU',
      'MEMORY',
      'KUBERNETES VERSION',
    ]);
    expect(row).toMatch(/^cluster1\s+true\s+true\s+default\s/);
  });

  test('since-1.3.1.md 83: the debug server of placement is whom its full name says, by the authority of the hub', async () => {
    const { data } = await json<{ data: Record<string, string> }>(fleet.hub, [
      ...['get', 'configmap', 'ca-bundle-configmap', '--namespace', HUB_NAMESPACE],
    ]);
    const script = `
      const [host, ca] = process.argv.slice(1);
      require('node:https')
        .get({ host, port: 9443, path: '/healthz', ca }, ({ statusCode }) => console.log(statusCode))
        .on('error', ({ message }) => console.log(message));`;
    const host = `cluster-manager-placement.${HUB_NAMESPACE}.svc.cluster.local`;
    await waitFor('an answer that can be trusted', async () => {
      const answer = await fleet.hub.kubectl([
        ...['exec', '--namespace', HUB_NAMESPACE, 'deployment/cluster-manager-work-webhook', '--'],
        ...['/usr/local/bin/node', '--eval', script, host, data['ca-bundle.crt'] ?? ''],
      ]);
      if (answer.trim() === '200') return true;
      throw new Error(answer);
    });
  });

  test('runs a Deployment that was created on the hub', async () => {
    await createWorkload(fleet);
    const { items } = await json<{ items: { status: { phase: string } }[] }>(fleet.managed, [
      '-n',
      'hello',
      'get',
      'pods',
    ]);
    expect(items.map(({ status }) => status.phase)).toEqual(['Running', 'Running']);
  });

  test('lets go of what a removed work had applied', async () => {
    await proveFlow(fleet, 'comes-and-goes');
  });
});

describe('placements on a hub that was installed', () => {
  afterAll(async () => {
    if (!fleet) return;
    await forbidAsking(fleet.hub);
    await removeTenant(fleet.hub);
  });

  test('placement.md 155: a Placement is made and read with the schema that is served', async () => {
    await createTenant(fleet.hub);
    const spec = {
      clusterSets: [TENANT],
      numberOfClusters: 10,
      predicates: [
        { requiredClusterSelector: { labelSelector: { matchLabels: { [label.clusterSet]: TENANT } } } },
      ],
      spreadPolicy: { spreadConstraints: [{ topologyKey: 'zone', topologyKeyType: 'Label' }] },
    };
    await place(fleet.hub, 'many', spec);
    const stored = await json<{ apiVersion: string; spec: object }>(fleet.hub, [
      ...['get', 'placements.v1beta1.cluster.open-cluster-management.io', 'many', '--namespace', TENANT],
    ]);
    expect(stored).toMatchObject({
      apiVersion: 'cluster.open-cluster-management.io/v1beta1',
      spec: {
        ...spec,
        // What the schema adds.
        sortBy: 'ClusterName',
        spreadPolicy: {
          spreadConstraints: [
            { ...spec.spreadPolicy.spreadConstraints[0], maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
          ],
        },
      },
    });
    await expect(place(fleet.hub, 'wrong', { numberOfCluster: 1 })).rejects.toThrow(/numberOfCluster\b/);
    await expect(place(fleet.hub, 'wrong', { sortBy: 'Name' })).rejects.toThrow(/Unsupported value: "Name"/);
  });

  test('placement.md 153: fewer clusters than asked for are all selected; decisions follow clusters that go', async () => {
    const { hub } = fleet;
    await selects(hub, 'many', theFive, 'False');
    await place(hub, 'many', { clusterSets: [TENANT], numberOfClusters: 6 });
    await selects(hub, 'many', theFive, 'False');
    await place(hub, 'all', { clusterSets: ['global'] });
    await selects(hub, 'all', everyCluster, 'True');
    const [first, ...others] = theFive;
    await hub.kubectl(['delete', 'managedcluster', first!, patienceFlag]);
    await selects(hub, 'many', others, 'False');
    await place(hub, 'many', { clusterSets: [TENANT], numberOfClusters: 4 });
    await selects(hub, 'many', others, 'True');
  });

  test('placement.md 132: a Pod asks the debug server by its Service, with the token of its ServiceAccount', async () => {
    const filters = ['Predicate', 'Predicate,TaintToleration'];
    const answers = (
      { filteredPipelineResults, selectedClusters }: DebugAnswer,
      clusters: string[],
    ): void => {
      expect(filteredPipelineResults.map(({ name }) => name)).toEqual(filters);
      expect(selectedClusters).toEqual(clusters);
    };
    await askDebugServer(fleet.hub, fleet.images.references.work, 'many', {
      get: (answer) => answers(answer, theFive.slice(1)),
      // Of what is sent nothing is tolerated.
      post: (answer) => answers(answer, [CLUSTER_NAME]),
    });
    const names = await fleet.hub.kubectl(['get', 'placements', '--namespace', TENANT, '--output=name']);
    expect(names).not.toContain('sent');
  });
});
