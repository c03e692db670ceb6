import { setTimeout as delay } from 'node:timers/promises';
import { untilAborted } from '../../runtime/client/abort.ts';
import type { WatchEvent } from '../../runtime/client/client.ts';
import { ApiError } from '../../runtime/client/errors.ts';
import type { KubeObject, ObjectName } from '../../runtime/client/object.ts';

type Change = Exclude<WatchEvent<KubeObject>, { type: 'BOOKMARK' }>;

const keyOf = ({ name, namespace = '' }: ObjectName): string => `${namespace}/${name}`;

/** The objects of one kind that a hub told of, by uid, and who hears of changes to them. */
export class EventStore {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(change: Change) => void>();
  #revision = 0;

  /** Names the present state; no resource version of the hub, and not to be compared but for equality. */
  get revision(): string {
    return `r${this.#revision}`;
  }

  byUid(uid: string): KubeObject | undefined {
    return this.#objects.get(uid);
  }

  list(): KubeObject[] {
    return [...this.#objects.values()];
  }

  find(wanted: ObjectName): KubeObject | undefined {
    return this.list().find(({ metadata }) => keyOf(metadata) === keyOf(wanted));
  }

  /** Takes an object in the place of the one with its uid, and of another one with its name. */
  put(object: KubeObject): void {
    const uid = object.metadata.uid ?? '';
    const namesake = this.find(object.metadata);
    if (namesake && namesake.metadata.uid !== uid) this.remove(namesake.metadata.uid ?? '');
    const type = this.#objects.has(uid) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(uid, object);
    this.#tell({ type, object });
  }

  remove(uid: string): void {
    const object = this.#objects.get(uid);
    if (!object) return;
    this.#objects.delete(uid);
    this.#tell({ type: 'DELETED', object });
  }

  /**
   * The changes since a revision, until the signal aborts.
   * @throws ApiError 410 when there were changes since then: the state is to be read anew
   */
  async *changes(since: string | undefined, signal?: AbortSignal): AsyncGenerator<Change, void, undefined> {
    if (since !== this.revision)
      throw new ApiError(410, { code: 410, reason: 'Expired', message: 'there were changes' }, 'watch');
    const waiting: Change[] = [];
    let wake = () => {};
    const listener = (change: Change) => {
      waiting.push(change);
      wake();
    };
    this.#listeners.add(listener);
    try {
      for (;;) {
        for (let change = waiting.shift(); change; change = waiting.shift()) yield structuredClone(change);
        const more = Promise.withResolvers<void>();
        wake = more.resolve;
        await untilAborted(more.promise, signal);
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /**
   * Resolves to an object once it has another version than the one given, or is gone (undefined), and to what is known
   * after so many milliseconds.
   */
  async moved(
    { uid = '', resourceVersion }: KubeObject['metadata'],
    ms: number,
    signal?: AbortSignal,
  ): Promise<KubeObject | undefined> {
    const hasMoved = () => this.#objects.get(uid)?.metadata.resourceVersion !== resourceVersion;
    if (!hasMoved()) {
      const ended = new AbortController();
      const change = Promise.withResolvers<void>();
      const listener = () => hasMoved() && change.resolve();
      this.#listeners.add(listener);
      try {
        const late = delay(ms, undefined, { signal: ended.signal }).catch(() => {});
        await untilAborted(Promise.race([change.promise, late]), signal);
      } finally {
        ended.abort();
        this.#listeners.delete(listener);
      }
    }
    return this.#objects.get(uid);
  }

  #tell(change: Change): void {
    this.#revision += 1;
    for (const listener of this.#listeners) listener(change);
  }
}
