import { CelMap, Uint, type Value } from './value.ts';

type Key = string | bigint | boolean | number | null;

/** What a key is found by; undefined for what can be no key. */
export const keyOf = (key: Value): Key | undefined => {
  switch (typeof key) {
    case 'string':
    case 'bigint':
    case 'boolean':
      return key;
    case 'number':
      return Number.isInteger(key) ? BigInt(key) : key;
    default:
      if (key === null) return null;
      return key instanceof Uint ? key.value : undefined;
  }
};

/** A map that an expression made. */
export class EntriesMap extends CelMap {
  readonly #entries = new Map<Key, [key: Value, value: Value]>();

  override get size(): number {
    return this.#entries.size;
  }

  /** False when the key is of no type that keys may have. */
  set(key: Value, value: Value): boolean {
    const found = keyOf(key);
    if (found === undefined) return false;
    this.#entries.set(found, [key, value]);
    return true;
  }

  override get(key: Value): Value | undefined {
    const found = keyOf(key);
    return found === undefined ? undefined : this.#entries.get(found)?.[1];
  }

  override keys(): Value[] {
    return [...this.#entries.values()].map(([key]) => key);
  }
}
