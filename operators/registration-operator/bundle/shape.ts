import { isMap } from '../../runtime/client/json.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { BundleError, type ManifestSet, parameterTypes } from './types.ts';

/** bundle.yaml. */
export interface BundleFile {
  version: string;
  kubernetes: string;
  upgradesFrom?: string;
  alsoServes?: string;
  images: Record<string, string>;
  /** Set → file that lists its stages. */
  sets: Record<string, string>;
  checksums?: Record<string, string>;
}

/** A file that lists the stages of a set. */
export type SetFile = Pick<ManifestSet, 'modes' | 'stages'> &
  Partial<Pick<ManifestSet, 'features' | 'parameters' | 'overlays'>>;

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const anyText: Check = (value) => typeof value === 'string';
const listOf =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const mapOf =
  (item: Check): Check =>
  (value) =>
    isMap(value) && Object.values(value).every(item);
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const anything: Check = () => true;

/** A map with exactly these fields. */
const fields =
  (checks: Record<string, Check>): Check =>
  (value) =>
    isMap(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key)) &&
    Object.entries(checks).every(([key, check]) => check(value[key]));

const bundleFields: Record<string, Check> = {
  version: text,
  kubernetes: text,
  upgradesFrom: optional(anyText),
  alsoServes: optional(anyText),
  images: mapOf(text),
  sets: mapOf(text),
  checksums: optional(mapOf(text)),
};

const manifest = fields({
  file: text,
  target: oneOf('hub', 'management', 'managed'),
  component: optional(text),
  when: anything,
});
const overlay = fields({ file: text, patches: listOf(text), kind: optional(text), when: anything });

const setFields: Record<string, Check> = {
  modes: listOf(text),
  features: optional(listOf(text)),
  parameters: optional(mapOf(oneOf(...parameterTypes, ...parameterTypes.map((type) => `${type}?`)))),
  stages: listOf(fields({ name: text, manifests: listOf(manifest) })),
  overlays: optional(listOf(overlay)),
};

const check = <T>(path: string, value: unknown, checks: Record<string, Check>): T => {
  if (!isMap(value)) throw new BundleError(path, 'it must be a map', 'Correct the file');
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(checks, key));
  if (unknown) throw new BundleError(path, `field ${unknown} is unknown`, 'Correct the file');
  const wrong = Object.entries(checks).find(([key, accepts]) => !accepts(value[key]));
  if (wrong)
    throw new BundleError(path, `field ${wrong[0]} is missing or not of its form`, 'Correct the file');
  return value as T;
};

/** Checks what was read from a file before it is taken for its type; throws a BundleError. */
export const checkShape = {
  bundle: (path: string, value: unknown) => check<BundleFile>(path, value, bundleFields),
  set: (path: string, value: unknown) => check<SetFile>(path, value, setFields),
  object: (path: string, value: unknown): UnknownObject => {
    const isObject =
      isMap(value) &&
      text(value.apiVersion) &&
      text(value.kind) &&
      isMap(value.metadata) &&
      text(value.metadata.name);
    if (!isObject)
      throw new BundleError(
        path,
        'a document is no Kubernetes object',
        'Give it apiVersion, kind and metadata.name',
      );
    return value as unknown as UnknownObject;
  },
};
