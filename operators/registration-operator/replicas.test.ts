import { expect, test } from '@jest/globals';
import type { Client } from '../runtime/client/client.ts';
import type { Logger } from '../runtime/process/logger.ts';
import { determineReplicas, replicasFor } from './replicas.ts';

test.each([
  [0, 1],
  [1, 1],
  [2, 3],
  [3, 3],
  [undefined, 3],
])('%s control-plane nodes → %d replicas (operator.md 49)', (nodes, expected) => {
  expect(replicasFor(nodes)).toBe(expected);
});

test.each([
  ['forced by the flag', { forced: 5, hosted: false }, 5],
  ['forced by the flag, Hosted', { forced: 5, hosted: true }, 5],
  ['Hosted', { forced: 0, hosted: true }, 1],
])('replicas %s are not asked for (operator.md 49)', async (_, options, expected) => {
  // No request is made, so that there is nobody to make it.
  const nobody = {} as Client;
  const log = {} as Logger;
  expect(await determineReplicas(nobody, { ...options, selector: 'x' }, log)).toBe(expected);
});
