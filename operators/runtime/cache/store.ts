import type { KubeObject, ObjectMeta } from '../client/object.ts';
import type { Change, Store } from './informer.ts';
import { isOlder } from './version.ts';

/** Deletions remembered, so that a late event does not bring the object back. */
const maxBuried = 100;

/** In place of the version at which an object was deleted, where it is only known that it is gone: newer than any. */
const afterAll = '9'.repeat(64);

export type IndexFunction<T> = (object: T) => string[];

/** Objects by namespace and name, with indexes; tells each real change to the one who listens. */
export class ObjectStore<T extends KubeObject> implements Store<T> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #indexes = new Map<string, { of: IndexFunction<T>; values: Map<string, Set<T>> }>();
  readonly #emit: (change: Change<T>) => void;
  /** The resource versions at which objects were last deleted, by uid; the oldest is forgotten first. */
  readonly #buried = new Map<string, string>();
  #size = 0;

  constructor(emit: (change: Change<T>) => void) {
    this.#emit = emit;
  }

  get size(): number {
    return this.#size;
  }

  get(name: string, namespace = ''): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    return [...this.#namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new Error(`there is no index ${JSON.stringify(index)}`);
    return [...(found.values.get(value) ?? [])];
  }

  /** Adds an index, over the objects that are here as well. */
  addIndex(name: string, of: IndexFunction<T>): void {
    this.#indexes.set(name, { of, values: new Map() });
    for (const object of this.list()) this.#indexOne(name, undefined, object);
  }

  indexFunction(name: string): IndexFunction<T> | undefined {
    return this.#indexes.get(name)?.of;
  }

  /**
   * Takes in an object that was heard of. One that is as old as what is here, or older, changes nothing; one with
   * another uid is a successor, told as a deletion and an addition.
   */
  put(object: T): void {
    const { name, namespace } = object.metadata;
    if (this.isNews(object.metadata)) this.#take(object, this.get(name, namespace));
  }

  /** Whether {@link put} would change anything. */
  isNews({ name, namespace, uid, resourceVersion }: ObjectMeta): boolean {
    const previous = this.get(name, namespace);
    const last =
      previous?.metadata.uid === uid ? previous?.metadata.resourceVersion : this.#buried.get(uid ?? '');
    return isNewer(resourceVersion, last);
  }

  /** Takes in a deletion; that of a predecessor with another uid, or an older one, changes nothing. */
  delete(object: T): void {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const previous = this.get(name, namespace);
    if (previous?.metadata.uid !== uid || isOlder(resourceVersion, previous?.metadata.resourceVersion))
      return;
    if (previous) this.#remove(previous, object);
    this.#bury(object.metadata);
  }

  /** Takes in that an object is gone for good, whatever is heard of it later; a successor with another uid stays. */
  removed({ name, namespace, uid }: ObjectMeta): void {
    const previous = this.get(name, namespace);
    if (previous && previous.metadata.uid === uid) this.#remove(previous);
    this.#bury({ uid, resourceVersion: afterAll });
  }

  /** Takes in the whole, which is right whatever was heard before: what is not in it is gone. */
  replace(objects: T[]): void {
    const present = new Map<string, Set<string>>();
    for (const { metadata } of objects) {
      const namespace = metadata.namespace ?? '';
      const names = present.get(namespace) ?? new Set();
      present.set(namespace, names.add(metadata.name));
    }
    for (const object of this.list()) {
      const { name, namespace = '' } = object.metadata;
      if (!present.get(namespace)?.has(name)) this.#remove(object);
    }
    for (const object of objects) {
      const { name, namespace, uid, resourceVersion } = object.metadata;
      const previous = this.get(name, namespace);
      const isSame = previous?.metadata.uid === uid && previous?.metadata.resourceVersion === resourceVersion;
      if (!isSame || resourceVersion === undefined) this.#take(object, previous);
    }
  }

  #take(object: T, former: T | undefined): void {
    const isSuccessor = former !== undefined && former.metadata.uid !== object.metadata.uid;
    if (isSuccessor) this.#remove(former);
    const previous = isSuccessor ? undefined : former;
    this.#set(object);
    this.#index(previous, object);
    this.#emit(previous ? { type: 'updated', object, previous } : { type: 'added', object });
  }

  #bury({ uid, resourceVersion }: Pick<ObjectMeta, 'uid' | 'resourceVersion'>): void {
    if (uid === undefined || resourceVersion === undefined) return;
    this.#buried.delete(uid);
    this.#buried.set(uid, resourceVersion);
    const [oldest] = this.#buried.keys();
    if (oldest !== undefined && this.#buried.size > maxBuried) this.#buried.delete(oldest);
  }

  #set(object: T): void {
    const { name, namespace = '' } = object.metadata;
    let objects = this.#namespaces.get(namespace);
    if (!objects) this.#namespaces.set(namespace, (objects = new Map()));
    if (!objects.has(name)) this.#size++;
    objects.set(name, object);
  }

  #remove(previous: T, last: T = previous): void {
    const { name, namespace = '' } = previous.metadata;
    const objects = this.#namespaces.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#namespaces.delete(namespace);
    this.#size--;
    this.#index(previous, undefined);
    this.#emit({ type: 'deleted', object: last });
  }

  #index(previous: T | undefined, object: T | undefined): void {
    for (const name of this.#indexes.keys()) this.#indexOne(name, previous, object);
  }

  #indexOne(name: string, previous: T | undefined, object: T | undefined): void {
    const index = this.#indexes.get(name);
    if (!index) return;
    const { of, values } = index;
    for (const value of previous ? of(previous) : []) {
      const set = values.get(value);
      if (previous) set?.delete(previous);
      if (set?.size === 0) values.delete(value);
    }
    for (const value of object ? of(object) : []) {
      let set = values.get(value);
      if (!set) values.set(value, (set = new Set()));
      if (object) set.add(object);
    }
  }
}

/** Whether to believe a version after the last one heard; without versions there is no telling, so it is believed. */
const isNewer = (version: string | undefined, last: string | undefined): boolean =>
  version === undefined || (version !== last && !isOlder(version, last));
