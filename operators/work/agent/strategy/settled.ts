import { createHash } from 'node:crypto';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { canonicalJson } from '../canonical.ts';
import type { OwnerWish } from '../manifest/ownership.ts';

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 22);

/** A write that the agent makes or would make. */
export interface Write {
  /** Names the object. */
  key: string;
  object: UnknownObject;
  owner: OwnerWish;
  /** Whatever else decides the outcome. */
  options?: unknown;
}

const picked = (
  texts: Record<string, string> | undefined,
  like: Record<string, string> | undefined,
): unknown => Object.keys(like ?? {}).map((key) => texts?.[key] ?? texts?.[key.replace(/-$/, '')] ?? null);

/** What of an object a write decides: everything but status and the metadata that others keep there. */
const content = (existing: UnknownObject, { object, owner }: Write): unknown => {
  const { status: _, metadata, ...rest } = existing;
  return [
    rest,
    picked(metadata.labels, object.metadata.labels),
    picked(metadata.annotations, object.metadata.annotations),
    metadata.ownerReferences?.some(({ uid }) => uid === owner.reference.uid) ?? false,
  ];
};

/**
 * Remembers what the last write of a manifest made of its object. While manifest and object are both as they were then,
 * the same write would change nothing, whatever defaults the API server added: it is left out, and a settled cluster sees
 * no writes. Kept only for objects that are tracked, so that memory follows what is managed (work.md 13, 4).
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

  /** Whether anything is remembered of the object. */
  knows(key: string): boolean {
    return this.#writes.has(key);
  }

  forget(key: string): void {
    this.#writes.delete(key);
  }

  get size(): number {
    return this.#writes.size;
  }
}

const asked = ({ object, owner, options }: Write): string => hash([object, owner, options]);
