import { beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME, type Fleet, HUB_NAMESPACE, json, succeed } from './fleet.ts';
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
  });

  test('has both operators report that all is applied', async () => {
    const [manager, klusterlet] = await Promise.all([
      json<WithConditions>(fleet.hub, ['get', 'clustermanager', 'cluster-manager']),
      json<WithConditions>(fleet.managed, ['get', 'klusterlet', 'klusterlet']),
    ]);
    expect(trueConditions(manager)).toEqual(expect.arrayContaining(['Applied', 'ValidFeatureGates']));
    expect(trueConditions(klusterlet)).toEqual(expect.arrayContaining(['Applied', 'Available']));
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
