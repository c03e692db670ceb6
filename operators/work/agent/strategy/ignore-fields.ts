import { isMap } from '../../../runtime/client/json.ts';
import { createHash } from 'node:crypto';
import type { IgnoreField } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { findByJsonPath, parseJsonPath } from '../../../runtime/client/jsonpath/jsonpath.ts';
import { deleteByJq } from './jq.ts';

/** A pointer or jq expression of `ignoreFields` cannot be followed; nothing of the manifest is applied (work.md 3.5.4). */
export class IgnoreFieldError extends Error {
  override readonly name = 'IgnoreFieldError';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A copy of the manifest without the fields to ignore once the object is there (work.md 3.5.4). */
export const withoutIgnored = (
  object: UnknownObject,
  ignored: readonly IgnoreField[],
  log: Pick<Logger, 'warn'>,
): UnknownObject => {
  let copy = structuredClone(object);
  for (const { condition, jsonPaths, jsonPointers, jqPathExpressions } of ignored) {
    if (condition === 'OnSpokeChange') continue;
    for (const path of jsonPaths ?? []) {
      try {
        removeByJsonPath(copy, path);
      } catch (error) {
        log.warn('A path of ignoreFields was left out', { path, error: messageOf(error) });
      }
    }
    for (const pointer of jsonPointers ?? [])
      copy = guarded(`JSON Pointer error in '${pointer}'`, () => removeByPointer(copy, pointer));
    for (const expression of jqPathExpressions ?? [])
      copy = guarded(`JQ expression error in '${expression}'`, () =>
        checkedObject(deleteByJq(copy, expression)),
      );
  }
  return copy;
};

const guarded = <T>(what: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw new IgnoreFieldError(`${what}: ${messageOf(error)}`, { cause: error });
  }
};

const checkedObject = (value: unknown): UnknownObject => {
  if (!isMap(value)) throw new Error('the result is not an object');
  return value as unknown as UnknownObject;
};

/** Removes the last field of a path from each map that the rest of it selects; elements of lists stay. */
const removeByJsonPath = (object: UnknownObject, path: string): void => {
  const steps = parseJsonPath(path);
  const last = steps.at(-1);
  if (last?.type !== 'field') return;
  for (const parent of findByJsonPath(steps.slice(0, -1), object))
    if (isMap(parent)) delete parent[last.name];
};

const arrayIndex = /^(?:0|[1-9]\d*)$/;

/** RFC 6901 removal; a missing key or parent is as good as removed. */
const removeByPointer = (object: UnknownObject, pointer: string): UnknownObject => {
  if (!pointer.startsWith('/')) throw new Error('a pointer starts with /');
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent: unknown = object;
  for (const key of keys.slice(0, -1)) parent = child(parent, key);
  const last = keys.at(-1)!;
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last), 1);
  else if (isMap(parent)) delete parent[last];
  return object;
};

const child = (parent: unknown, key: string): unknown => {
  if (Array.isArray(parent)) return parent[indexIn(parent, key)];
  return isMap(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
};

const indexIn = (list: unknown[], key: string): number => {
  if (!arrayIndex.test(key)) throw new Error(`${JSON.stringify(key)} is no index of a list`);
  const index = Number(key);
  if (index >= list.length) throw new Error(`index ${index} is beyond the end of a list of ${list.length}`);
  return index;
};

/** Go's default notation of a number. */
const goNumber = (value: number): string => {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || magnitude >= 1e-4) return String(value).replace(/e\+(\d)$/, 'e+0$1');
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
};

/** Go's default notation of an unstructured value: the text that the agents of either project hash. */
const goText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isMap(value)) {
    const keys = Object.keys(value).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `map[${keys.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
  }
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goNumber(value);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** The hash by which an object shows which manifest it was last made from; not a matter of security. */
export const configSpecHash = (object: UnknownObject): string =>
  createHash('md5')
    .update(`&{${goText(object)}}`)
    .digest('hex');
