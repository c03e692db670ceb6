import { describe, expect, test } from '@jest/globals';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { waitFor } from '../cluster/index.ts';
import { CLUSTER_NAME, condition, untilAvailable } from './fleet.ts';
import { fleetWithWorkload } from './fleet-with-workload.ts';
import { proveFlow, workloadState } from './workload.ts';

const fleet = fleetWithWorkload();

describe('the way to the hub', () => {
  test('may break for a restart of the API server', async () => {
    await fleet().hub.restartApiServer();
    await proveFlow(fleet(), 'after-api-server');
    await untilAvailable(fleet());
  });

  test('may be cut for two minutes: the hub says so, what runs stays, and all is well again after', async () => {
    // Of the default length, it would take the hub five minutes to miss it.
    await setLease(5);
    const before = await workloadState(fleet());
    const since = Date.now();
    try {
      await fleet().managed.disconnectNetwork();
      await condition(
        fleet().hub,
        ['managedcluster', CLUSTER_NAME],
        `${managedClusterCondition.available.type}=Unknown`,
      );
      await waitFor('the end of two minutes', async () => Date.now() - since >= 120_000, { interval: 1000 });
      expect(await workloadState(fleet())).toEqual(before);
    } finally {
      await fleet().managed.connectNetwork();
    }
    await untilAvailable(fleet());
    await proveFlow(fleet(), 'after-the-cut');
    await setLease(60);
  });

  /** How often the agent renews the lease by which the hub knows that it lives; the hub waits for it five times as long. */
  const setLease = async (leaseDurationSeconds: number): Promise<void> => {
    const patch = JSON.stringify({ spec: { leaseDurationSeconds } });
    await fleet().hub.kubectl(['patch', 'managedcluster', CLUSTER_NAME, '--type=merge', '--patch', patch]);
  };
});
