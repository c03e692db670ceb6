import { isOlder } from './version.ts';
import type { Informer } from './informer.ts';
import { type KubeObject, keyOf } from '../client/object.ts';

/**
 * A cache that knows the answers to a controller's own writes before the watch brings them, so that a reconcile never works
 * from a state that it has itself replaced.
 */
export class Latest<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #written = new Map<string, T>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
    informer.onChange(({ type, object }) => {
      const key = keyOf(object);
      const written = this.#written.get(key);
      if (!written) return;
      const isBehind = isOlder(object.metadata.resourceVersion, written.metadata.resourceVersion);
      if (type === 'deleted' ? object.metadata.uid === written.metadata.uid : !isBehind)
        this.#written.delete(key);
    });
  }

  get(name: string, namespace?: string): T | undefined {
    const cached = this.#informer.get(name, namespace);
    const written = this.#written.get(keyOf({ name, namespace }));
    if (!written) return cached;
    return cached && !isOlder(cached.metadata.resourceVersion, written.metadata.resourceVersion)
      ? cached
      : written;
  }

  /** Remembers what the API server answered to a write. */
  wrote(object: T): T {
    const cached = this.#informer.get(object.metadata.name, object.metadata.namespace);
    if (!cached || isOlder(cached.metadata.resourceVersion, object.metadata.resourceVersion))
      this.#written.set(keyOf(object), object);
    return object;
  }

  /** Forgets what was written: the object is gone, or not what it was. */
  forget(name: string, namespace?: string): void {
    this.#written.delete(keyOf({ name, namespace }));
  }
}
