import type { Client, ListOptions } from '../operators/runtime/client/client.ts';
import { isExpired } from '../operators/runtime/client/errors.ts';
import { type KubeObject, keyOf } from '../operators/runtime/client/object.ts';
import type { Resource } from '../operators/runtime/client/resource.ts';
import type { Output } from './context.ts';

export interface Wait<T extends KubeObject> {
  resource: Resource<T>;
  scope?: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  /** What is waited for, for people: `Waiting for klusterlet agent to become ready...`. */
  waiting: string;
  done: string;
  /** True when the objects seen satisfy the wait; a thrown error ends it at once. */
  until(objects: T[]): boolean;
  /** Where things stand, shown while waiting and in the error when time is up. */
  describe(objects: T[]): string;
}

/**
 * Watches until the condition holds. Rejects after `timeoutMs` with the last state seen, so that the message says what
 * is missing (cli.md 1.8).
 */
export const waitFor = async <T extends KubeObject>(
  client: Client,
  wait: Wait<T>,
  timeoutMs: number,
  output: Output,
): Promise<void> => {
  const expired = new AbortController();
  const timer = setTimeout(() => expired.abort(), timeoutMs);
  const progress = startProgress(output, wait.waiting);
  let state = 'nothing seen yet';
  try {
    for await (const objects of states(client, wait.resource, wait.scope ?? {}, expired.signal)) {
      if (wait.until(objects)) {
        progress.finish(wait.done);
        return;
      }
      state = wait.describe(objects);
      progress.update(state);
    }
    throw new Error('the watch ended');
  } catch (error) {
    progress.stop();
    if (!expired.signal.aborted) throw error;
    throw new Error(
      `timed out after ${timeoutMs / 1000}s: ${wait.waiting.replace(/\.\.\.$/, '')} (${state}); raise --timeout or look at the cause`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    expired.abort();
  }
};

/** The objects in scope, now and after each change, until the signal aborts. */
async function* states<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  scope: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>,
  signal: AbortSignal,
): AsyncGenerator<T[]> {
  while (!signal.aborted) {
    const { items, resourceVersion } = await client.list(resource, { ...scope, signal });
    const objects = new Map(items.map((item) => [keyOf(item), item]));
    yield [...objects.values()];
    try {
      for await (const event of client.watch(resource, { ...scope, resourceVersion, signal })) {
        if (event.type === 'BOOKMARK') continue;
        if (event.type === 'DELETED') objects.delete(keyOf(event.object));
        else objects.set(keyOf(event.object), event.object);
        yield [...objects.values()];
      }
    } catch (error) {
      if (!isExpired(error)) throw error;
    }
  }
  signal.throwIfAborted();
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A spinner on a terminal; elsewhere a line on stderr for each new state, so that logs tell the story. */
const startProgress = (output: Output, title: string) => {
  let state = '';
  let frame = 0;
  const draw = () => {
    const suffix = state ? ` (${state})` : '';
    output.print(`\r\u001b[K${FRAMES[frame++ % FRAMES.length]} ${title}${suffix}`);
  };
  if (!output.terminal) output.note(`${title}\n`);
  const timer = output.terminal ? setInterval(draw, 100) : undefined;
  const stop = () => {
    clearInterval(timer);
    if (output.terminal) output.print('\r\u001b[K');
  };
  return {
    update(next: string) {
      if (next === state) return;
      state = next;
      if (!output.terminal) output.note(`  ${next}\n`);
    },
    stop,
    finish(done: string) {
      stop();
      if (output.terminal) output.print(`${done}\n`);
      else output.note(`${done}\n`);
    },
  };
};
