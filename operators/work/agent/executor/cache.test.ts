import { describe, expect, test } from '@jest/globals';
import { AccessCache } from './cache.ts';
import { type CheckAccess, NotAllowedError, type Target } from './executor.ts';

const executor = { namespace: 'n', name: 's' };
const target = (name = 'a', action: Target['action'] = 'ApplyAndDelete'): Target => ({
  resource: { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true },
  object: { metadata: { name, namespace: 'default' } },
  action,
});
const { signal } = new AbortController();

/** A cluster that answers as it is told, and counts. */
const cluster = () => {
  const state = { allows: true, asked: 0, error: undefined as Error | undefined };
  const check: CheckAccess = (account, asked) => {
    state.asked++;
    if (state.error) return Promise.reject(state.error);
    return state.allows ? Promise.resolve() : Promise.reject(new NotAllowedError(asked, account));
  };
  return { state, check };
};

const outcome = (work: Promise<void>): Promise<string> =>
  work.then(
    () => 'allowed',
    (error: Error) => error.name,
  );

describe('remembered access', () => {
  test('work.md 98: nothing is remembered before all changes are heard of', async () => {
    const { state, check } = cluster();
    const cache = new AccessCache(check);
    await cache.check(executor, target(), signal);
    await cache.check(executor, target(), signal);
    expect(state.asked).toBe(2);
    cache.trust();
    await cache.check(executor, target(), signal);
    await cache.check(executor, target(), signal);
    expect(state.asked).toBe(3);
  });

  test('work.md 98, 99: a change of permissions is reflected, in both directions', async () => {
    const { state, check } = cluster();
    const cache = new AccessCache(check);
    cache.trust();
    for (const allows of [false, true, false]) {
      state.allows = allows;
      cache.invalidate();
      for (let i = 0; i < 2; i++)
        expect(await outcome(cache.check(executor, target(), signal))).toBe(
          allows ? 'allowed' : 'NotAllowedError',
        );
    }
    expect(state.asked).toBe(3);
  });

  test('objects and actions are told apart', async () => {
    const { state, check } = cluster();
    const cache = new AccessCache(check);
    cache.trust();
    await cache.check(executor, target('a'), signal);
    await cache.check(executor, target('b'), signal);
    await cache.check(executor, target('a', 'ReadOnly'), signal);
    await cache.check({ ...executor, name: 'other' }, target('a'), signal);
    expect(state.asked).toBe(4);
  });

  test('an error that is no refusal is not remembered', async () => {
    const { state, check } = cluster();
    const cache = new AccessCache(check);
    cache.trust();
    state.error = new Error('down');
    expect(await outcome(cache.check(executor, target(), signal))).toBe('Error');
    state.error = undefined;
    expect(await outcome(cache.check(executor, target(), signal))).toBe('allowed');
  });

  test('work.md 123: an answer that was under way while permissions changed is not kept', async () => {
    const gate = Promise.withResolvers<void>();
    const asked: number[] = [];
    const cache = new AccessCache(async () => {
      asked.push(1);
      await gate.promise;
    });
    cache.trust();
    const checks = [cache.check(executor, target(), signal), cache.check(executor, target('b'), signal)];
    cache.invalidate();
    gate.resolve();
    await Promise.all(checks);
    expect(cache.size).toBe(0);
    await cache.check(executor, target(), signal);
    expect(cache.size).toBe(1);
    expect(asked).toHaveLength(3);
  });

  test('what nobody asks about any more is asked anew after ten minutes', async () => {
    const { state, check } = cluster();
    let now = 0;
    const cache = new AccessCache(check, () => now);
    cache.trust();
    await cache.check(executor, target(), signal);
    now = 10 * 60_000;
    await cache.check(executor, target(), signal);
    expect(state.asked).toBe(2);
  });
});
