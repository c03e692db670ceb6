import { describe, expect, test } from '@jest/globals';
import type { Client } from '../client/client.ts';
import { ApiError } from '../client/errors.ts';
import type { Condition, KubeObject } from '../client/object.ts';
import type { Resource } from '../client/resource.ts';
import { addFinalizer, removeFinalizer } from './finalizers.ts';
import { applyStatus, patchStatus } from './status.ts';

interface Thing extends KubeObject {
  status?: { conditions?: Condition[]; phase?: string; list?: string[]; nested?: { a?: number; b?: number } };
}
const things: Resource<Thing> = {
  group: 'g',
  version: 'v1',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
};

const condition = (type: string, status: 'True' | 'False' = 'True'): Condition => ({
  type,
  status,
  reason: 'R',
  message: 'm',
  lastTransitionTime: '2024-01-01T00:00:00Z',
});

const thing = (status?: Thing['status'], finalizers?: string[]): Thing => ({
  metadata: { name: 'n', namespace: 'ns', uid: 'u', resourceVersion: '5', finalizers },
  status,
});

/** Keeps the arguments of each write. */
const recordingClient = (fail?: ApiError) => {
  const calls: unknown[][] = [];
  const record =
    (verb: string) =>
    async (_resource: unknown, ...args: unknown[]) => {
      calls.push([verb, ...args]);
      if (fail) throw fail;
      return { metadata: { name: 'n' } };
    };
  return { client: { patch: record('patch'), apply: record('apply') } as unknown as Client, calls };
};

const options = { fieldManager: 'test' };

describe('patchStatus', () => {
  test('sends uid, resourceVersion and only what differs, to the status subresource', async () => {
    const { client, calls } = recordingClient();
    const observed = thing({ phase: 'Old', list: ['a'], nested: { a: 1, b: 2 } });
    await patchStatus(client, things, observed, { phase: 'New', list: ['a'], nested: { a: 1 } }, options);
    expect(calls).toEqual([
      [
        'patch',
        { name: 'n', namespace: 'ns' },
        {
          type: 'merge',
          body: {
            metadata: { uid: 'u', resourceVersion: '5' },
            status: { phase: 'New', nested: { b: null } },
          },
        },
        { fieldManager: 'test', subresource: 'status' },
      ],
    ]);
  });

  test.each<[string, Thing['status'], Thing['status']]>([
    ['equal', { phase: 'A', conditions: [condition('X')] }, { phase: 'A', conditions: [condition('X')] }],
    ['empty and absent', { phase: 'A', list: [] }, { phase: 'A' }],
    ['no status at all', undefined, { conditions: [] }],
  ])('sends nothing when %s, and returns what it was given', async (_name, before, next) => {
    const { client, calls } = recordingClient();
    const observed = thing(before);
    expect(await patchStatus(client, things, observed, next, options)).toBe(observed);
    expect(calls).toEqual([]);
  });
});

describe('applyStatus', () => {
  test('sends nothing while what it declares is there, whatever else is', async () => {
    const { client, calls } = recordingClient();
    const observed = thing({ phase: 'A', conditions: [condition('Other'), condition('Mine')] });
    const next = { conditions: [condition('Mine')] };
    expect(await applyStatus(client, things, observed, next, options)).toBe(observed);
    expect(calls).toEqual([]);
  });

  test('sends only what it declares', async () => {
    const { client, calls } = recordingClient();
    const next = { conditions: [condition('Mine', 'False')] };
    await applyStatus(client, things, thing({ phase: 'A', conditions: [condition('Mine')] }), next, options);
    expect(calls).toEqual([
      [
        'apply',
        { metadata: { name: 'n', namespace: 'ns', uid: 'u' }, status: next },
        { fieldManager: 'test', subresource: 'status' },
      ],
    ]);
  });
});

describe('finalizers', () => {
  test('adding sends the whole list with uid and resourceVersion', async () => {
    const { client, calls } = recordingClient();
    await addFinalizer(client, things, thing(undefined, ['a']), 'b', options);
    expect(calls[0]![2]).toEqual({
      type: 'merge',
      body: { metadata: { uid: 'u', resourceVersion: '5', finalizers: ['a', 'b'] } },
    });
  });

  test('adding what is there, and removing what is not, sends nothing', async () => {
    const { client, calls } = recordingClient();
    const object = thing(undefined, ['a']);
    expect(await addFinalizer(client, things, object, 'a', options)).toBe(object);
    expect(await removeFinalizer(client, things, object, 'b', options)).toBe(object);
    expect(calls).toEqual([]);
  });

  test('removing keeps the others', async () => {
    const { client, calls } = recordingClient();
    await removeFinalizer(client, things, thing(undefined, ['a', 'b', 'c']), 'b', options);
    expect(calls[0]![2]).toMatchObject({ body: { metadata: { finalizers: ['a', 'c'] } } });
  });

  test('registration.md 0.2: removing from an object that is gone is done; other failures are not', async () => {
    const gone = recordingClient(new ApiError(404, { reason: 'NotFound' }, 'PATCH'));
    expect(await removeFinalizer(gone.client, things, thing(undefined, ['a']), 'a', options)).toBeUndefined();
    const stale = recordingClient(new ApiError(409, { reason: 'Conflict' }, 'PATCH'));
    await expect(
      removeFinalizer(stale.client, things, thing(undefined, ['a']), 'a', options),
    ).rejects.toThrow();
    await expect(addFinalizer(gone.client, things, thing(), 'a', options)).rejects.toThrow();
  });
});
