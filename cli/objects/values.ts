import { readFileSync } from 'node:fs';
import { isMap } from '../../operators/runtime/client/json.ts';
import { firstDocument } from '../files/yaml.ts';

type Values = Record<string, unknown>;

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : typeof value;
};

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Lays one set of chart values over another: maps are merged, null is nothing, everything else replaces.
 * Throws when a value is of another type than the one that it replaces.
 */
export const mergeValues = <T extends object>(base: T, over: Values): T => {
  const merged: Values = { ...(base as Values) };
  for (const [key, value] of Object.entries(over)) {
    if (FORBIDDEN.has(key) || value == null) continue;
    const present = merged[key];
    if (present != null && typeOf(present) !== typeOf(value)) {
      throw new Error(`${key} must be a ${typeOf(present)}, not a ${typeOf(value)}`);
    }
    merged[key] = isMap(present) && isMap(value) ? mergeValues(present, value) : value;
  }
  return merged as T;
};

/** Reads a values file (YAML); `what` names the operator in the error, as in cli.md 4.5 and 5.5. */
export const mergeValuesFile = <T extends object>(base: T, file: string, what: string): T => {
  if (!file) return base;
  const fail = (step: string, error: unknown): never => {
    throw new Error(`failed to merge ${what} values file: failed to ${step}: ${(error as Error).message}`, {
      cause: error,
    });
  };
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    fail(`read ${what} values file ${file}`, error);
  }
  try {
    const parsed = firstDocument(text) ?? {};
    if (!isMap(parsed)) throw new Error(`${file} must hold a map`);
    return mergeValues(base, parsed);
  } catch (error) {
    return fail(`unmarshal ${what} values`, error);
  }
};
