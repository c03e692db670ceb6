import type { Change, Informer } from '../cache/informer.ts';
import { type KubeObject, keyOf } from '../client/object.ts';
import type { Logger } from '../process/logger.ts';

/** What a reconcile gets besides its key. */
export interface Context {
  log: Logger;
  /** Aborts when the process stops or leadership is lost. */
  signal: AbortSignal;
}

/** What a reconcile may ask for: nothing, or to be called again after a time (milliseconds). */
export type Result = void | { requeueAfterMs: number };

/**
 * A source of keys. `start` calls `enqueue` for what is there and for each change, and returns the way to stop. A change
 * that it cannot make sense of goes to `failed` and is otherwise left out. Resyncs start the source anew and then stop
 * the previous start, so it must bear two at once.
 */
export interface Watch {
  readonly name: string;
  start(enqueue: (key: string, afterMs?: number) => void, failed?: (error: unknown) => void): () => void;
  waitForSync(signal?: AbortSignal): Promise<void>;
}

/**
 * One purpose, level-triggered: `reconcile` makes the world right for one key whatever happened before.
 * The same key is never reconciled twice at once. A rejection is logged, counted and retried with back-off;
 * a {@link FinalError} is logged and not retried until the next change.
 */
export interface Controller {
  readonly name: string;
  readonly watches: Watch[];
  /** Keys reconciled side by side. Default 4. */
  readonly concurrency?: number;
  /** Safety net: every known key again after this many milliseconds, with jitter. Default 10 h. */
  readonly resyncMs?: number;
  reconcile(key: string, context: Context): Promise<Result>;
}

/** Trying again cannot help until something changes. */
export class FinalError extends Error {
  override readonly name: string = 'FinalError';
}

type KeyMap<T> = (object: T, change: Change<T>) => string | string[] | undefined;

/** Keys of the informer's own objects; `when` leaves out changes of no interest. */
export const from = <T extends KubeObject>(
  informer: Informer<T>,
  when: (change: Change<T>) => boolean = () => true,
): Watch => mapped(informer, (object, change) => (when(change) ? keyOf(object) : undefined));

/** Keys that a change of one object concerns; for an update, those of the previous state too. */
export const mapped = <T extends KubeObject>(informer: Informer<T>, keysOf: KeyMap<T>): Watch => ({
  name: informer.resource.plural,
  start: (enqueue, failed) =>
    informer.onChange((change) => {
      const keys = new Set<string>();
      const addKeysOf = (object: T) => {
        try {
          const found = keysOf(object, change) ?? [];
          for (const key of Array.isArray(found) ? found : [found]) keys.add(key);
        } catch (error) {
          if (!failed) throw error;
          failed(error);
        }
      };
      addKeysOf(change.object);
      if (change.type === 'updated') addKeysOf(change.previous);
      for (const key of keys) enqueue(key);
    }),
  waitForSync: (signal) => informer.waitForSync(signal),
});

/** Enqueues the key at the start and then every interval (milliseconds), with a tenth of jitter. */
export const every = (intervalMs: number, key: string): Watch => ({
  name: `every ${intervalMs} ms`,
  start: (enqueue) => {
    let timer: NodeJS.Timeout;
    const tick = () => {
      enqueue(key);
      timer = setTimeout(tick, intervalMs * (1 + Math.random() / 10)).unref();
    };
    tick();
    return () => clearTimeout(timer);
  },
  waitForSync: () => Promise.resolve(),
});

/** Keys from anything that can call back: a file, another controller. */
export const source = (name: string, start: Watch['start']): Watch => ({
  name,
  start,
  waitForSync: () => Promise.resolve(),
});
