import type { FeedbackRule, FieldValue, JsonPath, StatusFeedbackValue } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { canonicalJson } from '../../../runtime/client/canonical-json.ts';
import {
  JsonPathError,
  type Step,
  findByJsonPath,
  parseJsonPath,
} from '../../../runtime/client/jsonpath/jsonpath.ts';
import { withheld } from '../status/told.ts';
import { wellKnownPaths } from './well-known.ts';

export interface FeedbackLimits {
  /** Gate RawFeedbackJsonString: report maps, lists and floats as JSON, and all of several matches. */
  rawJson: boolean;
  /** Most bytes of one such value. */
  maxRawLength: number;
}

export interface Feedback {
  values: StatusFeedbackValue[];
  /** One message for each path or rule that failed; the others' values are still good. */
  errors: string[];
}

/** Most values of one object: the status of a work must stay far below what the hub can store. */
const maxValues = 256;
const maxStringLength = 32_768;

/** Reads what the rules ask for from an object on the managed cluster (work.md 4.2). */
export const readFeedback = (
  object: UnknownObject,
  rules: readonly FeedbackRule[],
  limits: FeedbackLimits,
): Feedback => {
  const values = new Map<string, StatusFeedbackValue>();
  const errors: string[] = [];
  for (const rule of rules) {
    for (const path of pathsOf(rule, object, errors)) {
      try {
        const fieldValue = readPath(object, path, limits);
        // The status keeps one value per name; the hub would refuse a second (work.md 12).
        if (fieldValue && values.has(path.name))
          errors.push(`the name ${path.name} is used by more than one path; give each its own`);
        else if (fieldValue) values.set(path.name, { name: path.name, fieldValue });
      } catch (error) {
        if (!(error instanceof FeedbackError)) throw error;
        errors.push(error.message);
      }
    }
  }
  if (values.size > maxValues) errors.push(`more than ${maxValues} values; the others are left out`);
  return { values: [...values.values()].slice(0, maxValues), errors };
};

class FeedbackError extends Error {
  override readonly name = 'FeedbackError';
}

const pathsOf = (rule: FeedbackRule, object: UnknownObject, errors: string[]): readonly JsonPath[] => {
  if (rule.type === 'JSONPaths') return rule.jsonPaths ?? [];
  const { apiVersion = '', kind = '' } = object;
  const paths = wellKnownPaths(apiVersion, kind);
  if (!paths)
    errors.push(
      `cannot find the wellknown statuses for resource with gvk ${gvkOf(apiVersion, kind)}; name the values by JSONPaths`,
    );
  return paths ?? [];
};

const gvkOf = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

const readPath = (object: UnknownObject, path: JsonPath, limits: FeedbackLimits): FieldValue | undefined => {
  const version = (object.apiVersion ?? '').split('/').at(-1);
  if (path.version && path.version !== version)
    throw new FeedbackError(`version set in the path ${path.name} is not matched for the related resource`);
  const found = attempt(
    () => findByJsonPath(parsed(path), object),
    (cause) => `failed to find value for ${path.name} with error: ${cause}`,
  );
  if (found.length === 0 || found[0] === null || found[0] === undefined) return undefined;
  if (object.kind === 'Secret' && canonicalJson(found).includes(withheld))
    throw new FeedbackError(`the value for ${path.name} is of a Secret, whose data stays on its cluster`);
  if (found.length > 1 && limits.rawJson) return raw(path.name, found, limits);
  return typed(path.name, found[0], limits);
};

const parsed = (path: JsonPath): Step[] =>
  attempt(
    () => parseJsonPath(path.path),
    (cause) => `failed to parse json path ${path.path} of ${path.name} with error: ${cause}`,
  );

const attempt = <T>(work: () => T, message: (cause: string) => string): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof JsonPathError) throw new FeedbackError(message(error.message), { cause: error });
    throw error;
  }
};

const typed = (name: string, value: unknown, limits: FeedbackLimits): FieldValue => {
  if (typeof value === 'string') {
    if (value.length <= maxStringLength) return { type: 'String', string: value };
    throw new FeedbackError(`the value for ${name} is longer than ${maxStringLength} characters`);
  }
  if (typeof value === 'boolean') return { type: 'Boolean', boolean: value };
  if (typeof value === 'bigint' || Number.isSafeInteger(value))
    return { type: 'Integer', integer: value as number | bigint };
  if (limits.rawJson) return raw(name, value, limits);
  throw new FeedbackError(`the type ${typeName(value)} of the value for ${name} is not found`);
};

const typeName = (value: unknown): string => {
  if (typeof value === 'number') return 'float64';
  return Array.isArray(value) ? 'list' : 'map';
};

const raw = (name: string, value: unknown, { maxRawLength }: FeedbackLimits): FieldValue => {
  const jsonRaw = canonicalJson(value);
  if (Buffer.byteLength(jsonRaw) <= maxRawLength) return { type: 'JsonRaw', jsonRaw };
  throw new FeedbackError(
    `the length of returned json raw string for name ${name} is larger than the maximum length ${maxRawLength}`,
  );
};
