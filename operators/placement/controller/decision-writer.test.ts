import { expect, test } from '@jest/globals';
import type { Client } from '../../runtime/client/client.ts';
import { ApiError } from '../../runtime/client/errors.ts';
import { own } from '../scheduling/fixture.ts';
import { writeDecisions } from './decision-writer.ts';
import { FedHub } from './fixture.ts';

/** What becomes of an object that is too much when the API server answers its deletion so. */
const removal = async (answer: ApiError | undefined) => {
  const { caches, ledger } = new FedHub();
  const decision = own('c1');
  decision.metadata.uid = 'uid-d';
  caches.decisions.put(decision);
  const preconditions: unknown[] = [];
  const client = {
    delete: async (_resource: unknown, _name: unknown, { uid }: { uid?: string }) => {
      preconditions.push(uid);
      if (answer) throw answer;
    },
  } as unknown as Client;
  const changes = { create: [], update: [], remove: [decision] };
  const { removed, errors } = await writeDecisions(client, ledger, changes, new AbortController().signal);
  expect(preconditions).toEqual(['uid-d']);
  return { removed: removed.length, errors, counted: ledger.counts.get('c1') ?? 0 };
};

const refusal = (code: number, reason: string) => new ApiError(code, { reason }, 'DELETE placementdecisions');

test('placement.md 102: one that is gone already is as good as removed', async () => {
  expect(await removal(undefined)).toEqual({ removed: 1, errors: [], counted: 0 });
  expect(await removal(refusal(404, 'NotFound'))).toEqual({ removed: 1, errors: [], counted: 0 });
});

test('one whose deletion is refused is told of, and counts', async () => {
  const forbidden = refusal(403, 'Forbidden');
  expect(await removal(forbidden)).toEqual({ removed: 0, errors: [forbidden], counted: 1 });
});
