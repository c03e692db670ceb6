import { createHash } from 'node:crypto';
import { annotation } from '../../../api/names.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { canonicalJson } from '../canonical.ts';
import type { OwnerWish } from '../manifest/ownership.ts';
import { mergedMetadata } from './metadata.ts';

/** What the Update strategy makes of an existing object and a manifest. */
export interface Merge {
  object: UnknownObject;
  /** Whether `object` differs from the existing one in anything that the manifest decides. */
  changed: boolean;
  /** The change cannot be made in place: the existing object is deleted and `object` created. */
  recreate?: boolean;
}

export type Fields = Record<string, unknown>;
export type Merger = (existing: UnknownObject, required: UnknownObject, owner: OwnerWish) => Merge;

/** The manifest cannot be applied as it stands. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifestError';
}

export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const without = (source: Fields, ...keys: string[]): Fields =>
  Object.fromEntries(Object.entries(source).filter(([key]) => !keys.includes(key)));

/** Merges metadata and, of the other fields, replaces those named that differ. */
export const replacing =
  (...names: string[]): Merger =>
  (existing, required, owner) => {
    const { metadata, changed } = mergedMetadata(existing.metadata, required.metadata, owner);
    const different = names.filter((name) => !semanticEqual(existing[name], required[name]));
    const replaced = Object.fromEntries(different.map((name) => [name, required[name]]));
    return { object: { ...existing, ...replaced, metadata }, changed: changed || different.length > 0 };
  };

export const withAnnotation = (object: UnknownObject, key: string, value: string): UnknownObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [key]: value } },
});

/** The manifest with the hash of its spec, by which a later pass sees that it has changed. */
export const withSpecHash = (required: UnknownObject): UnknownObject =>
  withAnnotation(
    required,
    annotation.specHash,
    createHash('sha256')
      .update(canonicalJson(required.spec ?? {}))
      .digest('hex'),
  );

/** Whether all that is required is there, whatever else is. */
export const covers = (existing: unknown, required: unknown): boolean => {
  if (Array.isArray(required))
    return (
      Array.isArray(existing) &&
      existing.length === required.length &&
      required.every((item, i) => covers(existing[i], item))
    );
  if (typeof required !== 'object' || required === null) return semanticEqual(existing, required);
  return Object.entries(required).every(([key, value]) => covers(fields(existing)[key], value));
};
