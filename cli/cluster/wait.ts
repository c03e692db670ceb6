import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ListOptions } from '../../operators/runtime/client/client.ts';
import { ConnectionError, isExpired } from '../../operators/runtime/client/errors.ts';
import { type KubeObject, keyOf } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import type { CommandContext } from '../context.ts';
import { startProgress } from '../output/progress.ts';

type Scope = Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;

export interface Sight {
  reached: boolean;
  /** Where things stand, shown while waiting and in the error when time is up. */
  state: string;
}

export interface Wait<T extends KubeObject> {
  resource: Resource<T>;
  scope?: Scope;
  /** What is waited for, for people: `Waiting for klusterlet agent to become ready...`. */
  waiting: string;
  done: string;
  look(objects: T[]): Sight | Promise<Sight>;
  /** More about why, asked for when time is up. */
  explain?: () => Promise<string>;
  /** Default `--timeout`. */
  timeoutMs?: number;
}

/** Milliseconds between tries to reach a server that does not answer. */
const RETRY_MS = 500;

/**
 * Watches until the condition holds; a server that goes away for a while is waited for too. Rejects when `--timeout`
 * has passed with the last state seen, so that the message says what is missing (cli.md 1.8).
 */
export const waitFor = async <T extends KubeObject>(
  { globals, output }: CommandContext,
  client: Client,
  wait: Wait<T>,
): Promise<void> => {
  const timeoutMs = wait.timeoutMs ?? globals.timeout * 1000;
  const expired = new AbortController();
  const timer = setTimeout(() => expired.abort(), timeoutMs);
  const progress = startProgress(output, wait.waiting);
  let state = 'nothing seen yet';
  const note = (next: string) => {
    state = next;
    progress.update(next);
  };
  try {
    for await (const objects of states(client, wait.resource, wait.scope ?? {}, expired.signal, note)) {
      const sight = await wait.look(objects);
      if (sight.reached) {
        progress.finish(wait.done);
        return;
      }
      note(sight.state);
    }
  } catch (error) {
    progress.stop();
    if (!expired.signal.aborted) throw error;
    const reason = [state, await explanation(wait)].filter(Boolean).join('; ');
    const subject = wait.waiting.replace(/^W/, 'w').replace(/\.\.\.$/, '');
    throw new Error(
      `timed out after ${timeoutMs / 1000}s ${subject}: ${reason}; remove the cause, or wait longer with --timeout`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    expired.abort();
  }
};

/** When even that cannot be asked, this is part of the reason. */
const explanation = async <T extends KubeObject>({ explain }: Wait<T>): Promise<string> => {
  try {
    return (await explain?.()) ?? '';
  } catch (error) {
    return (error as Error).message;
  }
};

/** The objects in scope, now and after each change; rejects when the signal aborts. */
async function* states<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  scope: Scope,
  signal: AbortSignal,
  note: (state: string) => void,
): AsyncGenerator<T[]> {
  for (;;) {
    try {
      const { items, resourceVersion } = await client.list(resource, { ...scope, signal });
      const objects = new Map(items.map((item) => [keyOf(item), item]));
      yield [...objects.values()];
      for await (const event of client.watch(resource, { ...scope, resourceVersion, signal })) {
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED') objects.delete(keyOf(event.object));
        else objects.set(keyOf(event.object), event.object);
        yield [...objects.values()];
      }
    } catch (error) {
      signal.throwIfAborted();
      if (isExpired(error)) continue;
      if (!(error instanceof ConnectionError)) throw error;
      note(error.message);
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}
