import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';

type Values = Record<string, unknown>;

const isMap = (value: unknown): value is Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Lays one set of chart values over another: maps are merged, everything else is replaced. */
export const mergeValues = <T extends object>(base: T, over: Values): T => {
  const merged: Values = { ...(base as Values) };
  for (const [key, value] of Object.entries(over)) {
    if (FORBIDDEN.has(key)) continue;
    const present = merged[key];
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
  let parsed: unknown;
  try {
    parsed = load(text);
    if (parsed !== undefined && parsed !== null && !isMap(parsed)) throw new Error(`${file} must hold a map`);
  } catch (error) {
    fail(`unmarshal ${what} values`, error);
  }
  return isMap(parsed) ? mergeValues(base, parsed) : base;
};
