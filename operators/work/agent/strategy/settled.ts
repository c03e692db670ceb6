import { createHash } from 'node:crypto';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { isMap } from '../../../runtime/client/json.ts';
import { canonicalJson } from '../../../runtime/client/canonical-json.ts';
import { declaredBy } from './managed-fields.ts';

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 22);

/** A write that the agent makes or would make. */
export interface Write {
  /** Names the object. */
  key: string;
  body: UnknownObject;
  manager: string;
}

/** What an object holds of the fields that a body names; lists are taken as a whole. */
const picked = (live: unknown, body: unknown): unknown => {
  if (!isMap(body) || !isMap(live)) return live ?? null;
  return Object.fromEntries(Object.keys(body).map((name) => [name, picked(live[name], body[name])]));
};

/** What of an object a write decides: the fields that it names, and the record of who named them. */
const content = (existing: UnknownObject, { body, manager }: Write): unknown => [
  picked(existing, body),
  declaredBy(existing, manager)?.fieldsV1,
];

/**
 * Remembers what the last write of a manifest made of its object, where the object cannot tell: the API server writes some
 * values in another way than a manifest does. While manifest and object are both as they were then, the same write would
 * change nothing: it is left out, and a settled cluster sees no writes. Kept only for objects that are tracked, so that
 * memory follows what is managed (work.md 13, 4).
 */
export class SettledWrites {
  readonly #writes = new Map<string, { asked: string; became: string }>();

  /** Whether a write over `existing` would change nothing, as far as is remembered. */
  has(write: Write, existing: UnknownObject): boolean {
    const last = this.#writes.get(write.key);
    return (
      last !== undefined && last.asked === asked(write) && last.became === hash(content(existing, write))
    );
  }

  record(write: Write, became: UnknownObject): void {
    this.#writes.set(write.key, { asked: asked(write), became: hash(content(became, write)) });
  }

  forget(key: string): void {
    this.#writes.delete(key);
  }

  get size(): number {
    return this.#writes.size;
  }
}

const asked = ({ body, manager }: Write): string => hash([body, manager]);
