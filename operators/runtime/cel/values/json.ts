import { CelMap, type Value } from './value.ts';

/**
 * The value of JSON as an API server's objects have it: whole numbers are integers. JavaScript does not tell `1.0` from
 * `1`, so that is an integer too. Objects are read when they are asked for their fields.
 */
export const fromJson = (json: unknown): Value => {
  switch (typeof json) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return json;
    case 'number':
      return Number.isSafeInteger(json) ? BigInt(json) : json;
    default:
      break;
  }
  if (json === null || typeof json !== 'object') return null;
  return Array.isArray(json) ? json.map(fromJson) : new JsonMap(json as Record<string, unknown>);
};

/** A JSON object; its fields become values when they are asked for. */
export class JsonMap extends CelMap {
  readonly #fields: Record<string, unknown>;
  readonly #read = new Map<string, Value>();

  constructor(fields: Record<string, unknown>) {
    super();
    this.#fields = fields;
  }

  override get size(): number {
    return this.keys().length;
  }

  override get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#fields, key)) return undefined;
    const field = this.#fields[key];
    if (field === undefined) return undefined;
    let value = this.#read.get(key);
    if (value === undefined) {
      value = fromJson(field);
      this.#read.set(key, value);
    }
    return value;
  }

  override keys(): string[] {
    return Object.keys(this.#fields).filter((key) => this.#fields[key] !== undefined);
  }
}
