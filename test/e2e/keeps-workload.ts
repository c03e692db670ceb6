import { afterEach, beforeEach, expect } from '@jest/globals';
import type { Fleet } from './fleet.ts';
import { workloadState } from './workload.ts';

/** Whatever the tests of this file break: what runs for users is not touched. */
export const keepsWorkload = (fleet: () => Fleet): void => {
  let before: object;
  beforeEach(async () => {
    before = await workloadState(fleet());
  });
  afterEach(async () => {
    expect(await workloadState(fleet())).toEqual(before);
  });
};
