import { expect, test } from '@jest/globals';
import type { ManifestWorkExecutor } from '../../../api/generated/work.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type CheckAccess, InvalidExecutorError, type Target, validateExecutor } from './executor.ts';

const target: Target = {
  resource: { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true },
  object: { metadata: { name: 'a', namespace: 'default' } },
  action: 'ApplyAndDelete',
};
const account = { namespace: 'n', name: 's' };
const { signal } = new AbortController();
/** Nobody speaks to a cluster here. */
const client = {} as Client;

test.each<[string, unknown, string]>([
  [
    'another kind of subject',
    { subject: { type: 'User', serviceAccount: account } },
    'only support ServiceAccount type for the executor',
  ],
  ['no subject', {}, 'only support ServiceAccount type for the executor'],
  ['no account', { subject: { type: 'ServiceAccount' } }, 'the executor service account is nil'],
])('work.md 100: %s is an error of the work itself, and nobody is asked', async (_, executor, message) => {
  const asked: unknown[] = [];
  const check: CheckAccess = (...args) => Promise.resolve(void asked.push(args));
  const checked = validateExecutor(client, check, executor as ManifestWorkExecutor, target, signal);
  await expect(checked).rejects.toThrow(new InvalidExecutorError(message));
  expect(asked).toEqual([]);
});

test('an account is asked about, and no executor is no limit', async () => {
  const asked: unknown[] = [];
  const check: CheckAccess = (who, what) => Promise.resolve(void asked.push(who, what));
  const executor = { subject: { type: 'ServiceAccount' as const, serviceAccount: account } };
  await validateExecutor(client, check, executor, target, signal);
  await validateExecutor(client, check, undefined, target, signal);
  expect(asked).toEqual([account, target]);
});
