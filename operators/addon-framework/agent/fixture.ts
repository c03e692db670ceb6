import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { managedClusterAddOns } from '../../api/generated/addon.ts';
import { manifestWorks } from '../../api/generated/work.ts';
import type { Informer, InformerOptions } from '../../runtime/cache/informer.ts';
import { ObjectStore } from '../../runtime/cache/store.ts';
import type { Client, Patch } from '../../runtime/client/client.ts';
import { ApiError, ConnectionError } from '../../runtime/client/errors.ts';
import { isMap, type JsonMap } from '../../runtime/client/json.ts';
import { type KubeObject, type ObjectName, keyOf } from '../../runtime/client/object.ts';
import { type Resource, qualifiedName } from '../../runtime/client/resource.ts';
import { isLetGo } from '../../runtime/controller/finalizers.ts';

/** How a write goes wrong: the hub refuses it, or the process hears no answer to what the hub did. */
export type Fault = 'conflict' | 'lost';

const patched = (target: unknown, patch: JsonMap): JsonMap => {
  const next: JsonMap = isMap(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete next[name];
    else next[name] = isMap(value) ? patched(next[name], value) : value;
  }
  return next;
};

const refusal = (code: number, reason: string): ApiError => new ApiError(code, { code, reason }, 'test');

/**
 * A hub in memory, for what happens between the writes of a pass: each of them can be made to go wrong, and caches hear of
 * what there is when a test says so. What API servers do is tested with API servers.
 */
export class PretendHub {
  readonly #objects = new Map<string, KubeObject>();
  #version = 1;
  /** What was written, in order. */
  readonly writes: string[] = [];
  /** The write that goes wrong, counted from 0. */
  fault: { at: number; how: Fault } | undefined;

  readonly client = {
    find: async (resource: Resource, name: string, namespace?: string) =>
      this.get(resource, { name, namespace }),
    get: async (resource: Resource, name: string, namespace?: string) => {
      const found = this.get(resource, { name, namespace });
      if (!found) throw refusal(404, 'NotFound');
      return found;
    },
    create: (resource: Resource, object: KubeObject) =>
      this.#write('create', resource, object.metadata, (present) => {
        if (present) throw refusal(409, 'AlreadyExists');
        return { ...object, metadata: { ...object.metadata, uid: `uid-${this.#version}`, generation: 1 } };
      }),
    apply: (resource: Resource, object: KubeObject) =>
      this.#write('apply', resource, object.metadata, (present) => ({
        ...object,
        metadata: { ...object.metadata, uid: present?.metadata.uid ?? `uid-${this.#version}` },
      })),
    patch: (resource: Resource, name: ObjectName, { body }: Patch, { subresource = '' } = {}) =>
      this.#write(`patch ${subresource}`.trim(), resource, name, (present) => {
        if (!present) throw refusal(404, 'NotFound');
        const { metadata = {} } = body as Partial<KubeObject>;
        const seen = metadata as Partial<KubeObject['metadata']>;
        if (seen.resourceVersion && seen.resourceVersion !== present.metadata.resourceVersion)
          throw refusal(409, 'Conflict');
        return patched(present, body as JsonMap) as unknown as KubeObject;
      }),
    delete: async (resource: Resource, name: ObjectName) => {
      if (!this.get(resource, name)) return false;
      await this.#write('delete', resource, name, () => undefined);
      return true;
    },
  } as unknown as Client;

  get(resource: Resource, name: ObjectName): KubeObject | undefined {
    return structuredClone(this.#objects.get(`${qualifiedName(resource)} ${keyOf(name)}`));
  }

  /** Puts an object there, or changes it, as somebody else. */
  put(resource: Resource, object: KubeObject): void {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#objects.set(`${qualifiedName(resource)} ${keyOf(object)}`, { ...object, metadata });
  }

  remove(resource: Resource, name: ObjectName): void {
    this.#objects.delete(`${qualifiedName(resource)} ${keyOf(name)}`);
  }

  of<T extends KubeObject>(resource: Resource<T>): T[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${qualifiedName(resource)} `))
      .map(([, object]) => structuredClone(object) as T);
  }

  /** Removes the works whose owner is gone. */
  collect(): void {
    const owners = new Set(
      this.of<ManagedClusterAddOn>(managedClusterAddOns).map(({ metadata }) => metadata.uid),
    );
    for (const { metadata } of this.of(manifestWorks))
      if (metadata.ownerReferences?.some(({ uid }) => !owners.has(uid))) this.remove(manifestWorks, metadata);
  }

  async #write(
    verb: string,
    resource: Resource,
    name: ObjectName,
    next: (present: KubeObject | undefined) => KubeObject | undefined,
  ): Promise<KubeObject | undefined> {
    const how = this.fault?.at === this.writes.length ? this.fault.how : undefined;
    this.writes.push(`${verb} ${resource.plural} ${keyOf(name)}`);
    if (how === 'conflict') throw refusal(409, 'Conflict');
    const object = next(this.get(resource, name));
    if (!object || isLetGo(object)) this.remove(resource, name);
    else this.put(resource, object);
    if (how === 'lost') throw new ConnectionError('the connection broke', 'ECONNRESET');
    return object && (this.get(resource, name) ?? object);
  }
}

/** A cache that hears of what a hub has when it is told to, and of own writes at once. */
export const pretendInformer = <T extends KubeObject>(
  hub: PretendHub,
  resource: Resource<T>,
  { trim = (object: T) => object, indexes = {} }: InformerOptions<T> = {},
): Informer<T> & { hear: () => void } => {
  const store = new ObjectStore<T>(() => {});
  for (const [name, of] of Object.entries(indexes)) store.addIndex(name, of);
  return {
    resource,
    client: hub.client,
    synced: true,
    get size() {
      return store.size;
    },
    get: (name, namespace) => store.get(name, namespace),
    list: (namespace) => store.list(namespace),
    byIndex: (index, value) => store.byIndex(index, value),
    onChange: () => () => {},
    waitForSync: () => Promise.resolve(),
    wrote: (object) => {
      store.put(trim(structuredClone(object)));
      return object;
    },
    removed: (object) => store.removed(object),
    hear: () => store.replace(hub.of(resource).map(trim)),
  };
};
