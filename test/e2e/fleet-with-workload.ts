import { afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Fleet } from './fleet.ts';
import { sharedManagedFleet } from './shared-fleet.ts';
import { createWorkload, workloadState } from './workload.ts';

/**
 * The managed fleet with a workload for the tests of a file, which they may ask for from their start on: whatever they
 * break, what runs for users is not touched.
 */
export const fleetWithWorkload = (): (() => Fleet) => {
  let fleet: Fleet;
  let before: object;
  beforeAll(async () => {
    fleet = await sharedManagedFleet();
    await createWorkload(fleet);
  });
  beforeEach(async () => {
    before = await workloadState(fleet);
  });
  afterEach(async () => {
    expect(await workloadState(fleet)).toEqual(before);
  });
  return () => fleet;
};
