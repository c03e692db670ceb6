import { describe, expect, test } from '@jest/globals';
import type { Client } from '../../client/client.ts';
import type { Logger } from '../../process/logger.ts';
import { holderEnded } from './lease-holder.ts';

const quiet = { debug: () => undefined } as unknown as Logger;
const present = new Set(['agent-b']);
const client = (find: (name: string) => Promise<unknown>) =>
  ({ find: (_resource: unknown, name: string) => find(name) }) as unknown as Client;
const signal = new AbortController().signal;

describe('holderEnded', () => {
  const ended = holderEnded(
    client(async (name) => (present.has(name) ? {} : undefined)),
    'agents',
    'agent-a',
    quiet,
  );

  test.each([
    ['an earlier container of this Pod has', 'agent-a_1234', true],
    ['a Pod that is there has not', 'agent-b_1234', false],
    ['a Pod that is no more has', 'agent-c_1234', true],
    ['of a name that may have been cut nothing is known', `${'a'.repeat(63)}_1234`, false],
    ['of a holder of another form nothing is known', 'somebody', false],
  ])('%s', async (_, holder, expected) => {
    expect(await ended(holder, signal)).toBe(expected);
  });

  test('where the Lease is on another cluster than the Pods, only this Pod itself is known to have ended', async () => {
    const elsewhere = holderEnded(undefined, 'agents', 'agent-a', quiet);
    expect(await elsewhere('agent-a_1', signal)).toBe(true);
    expect(await elsewhere('agent-c_1', signal)).toBe(false);
  });

  test('where Pods may not be read nothing is known', async () => {
    const forbidden = client(() => Promise.reject(new Error('forbidden')));
    expect(await holderEnded(forbidden, 'agents', 'agent-a', quiet)('agent-c_1', signal)).toBe(false);
  });
});
