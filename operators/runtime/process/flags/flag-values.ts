import type { FlagSpec } from '../command.ts';
import { parseDuration } from './duration.ts';

export type FlagValue =
  string | boolean | number | string[] | Record<string, string> | Record<string, boolean>;

/**
 * The value of a flag after one more occurrence on the command line. `previous` is undefined at the first one: lists
 * and maps then replace the default, later ones add. Throws an Error with pflag's wording of what is wrong.
 */
export const readValue = (spec: FlagSpec, text: string, previous: FlagValue | undefined): FlagValue => {
  switch (spec.type) {
    case 'string':
      return text;
    case 'bool':
      return parseBool(text);
    case 'int':
      return parseInteger(text);
    case 'duration':
      return requireDuration(text);
    case 'strings':
      return [...((previous as string[]) ?? []), text];
    case 'list':
      return [...((previous as string[]) ?? []), ...splitCsv(text)];
    case 'map':
      return { ...(previous as Record<string, string>), ...parseMap(text) };
    case 'gates':
      return {
        ...((previous as Record<string, boolean>) ?? spec.gates),
        ...parseGates(text, spec.gates),
      };
  }
};

/** What a flag is when it does not appear. */
export const defaultValue = (spec: FlagSpec): FlagValue => {
  switch (spec.type) {
    case 'string':
      return spec.default ?? '';
    case 'bool':
      return spec.default ?? false;
    case 'int':
    case 'duration':
      return spec.default ?? 0;
    case 'strings':
    case 'list':
      return [...(spec.default ?? [])];
    case 'map':
      return { ...spec.default };
    case 'gates':
      return { ...spec.gates };
  }
};

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const untruths = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

const parseBool = (text: string): boolean => {
  if (truths.has(text)) return true;
  if (untruths.has(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
};

/** As strconv.ParseInt with base 0: `0x10`, `0o17`, `017`, `0b11` and `1_000` too. */
const parseInteger = (text: string): number => {
  const invalid = new Error(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const match =
    /^([+-]?)(0[xX]_?[\da-fA-F]+(?:_[\da-fA-F]+)*|0[oO]?_?[0-7]+(?:_[0-7]+)*|0[bB]_?[01]+(?:_[01]+)*|0|[1-9]\d*(?:_\d+)*)$/.exec(
      text,
    );
  if (!match) throw invalid;
  const digits = match[2]!.replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  const value = Number(digits) * (match[1] === '-' ? -1 : 1);
  if (!Number.isSafeInteger(value))
    throw new Error(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  return value === 0 ? 0 : value;
};

const requireDuration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  if (/^[+-]?\d+(\.\d*)?$/.test(text)) throw new Error(`time: missing unit in duration ${quote(text)}`);
  throw new Error(`time: invalid duration ${quote(text)}`);
};

/** One record of comma-separated values: a field may stand in double quotes, which are doubled within it. */
const splitCsv = (text: string): string[] => {
  if (text === '') return [];
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(?=,|$)/.exec(rest);
    const field = quoted ?? /^([^",]*)(?=,|$)/.exec(rest);
    if (!field)
      throw new Error(
        `parse error on line 1, column ${text.length - rest.length + 1}: bare " in non-quoted-field`,
      );
    fields.push(quoted ? field[1]!.replaceAll('""', '"') : field[1]!);
    if (field[0].length === rest.length) return fields;
    rest = rest.slice(field[0].length + 1);
  }
};

/** A value with a single `=` is one pair, commas and all, as in pflag. */
const parseMap = (text: string): Record<string, string> => {
  const map: Record<string, string> = Object.create(null);
  const assignments = text.split('=').length - 1;
  if (assignments === 0) throw new Error(`${text} must be formatted as key=value`);
  for (const pair of assignments === 1 ? [text.replace(/^"+|"+$/g, '')] : splitCsv(text)) {
    const at = pair.indexOf('=');
    if (at < 0) throw new Error(`${pair} must be formatted as key=value`);
    map[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return { ...map };
};

const parseGates = (text: string, known: Record<string, boolean>): Record<string, boolean> => {
  const gates: Record<string, boolean> = {};
  for (const pair of text.split(',')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    if (at < 0) throw new Error(`missing bool value for ${pair}`);
    const gate = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    if (!Object.hasOwn(known, gate)) throw new Error(`unrecognized feature gate: ${gate}`);
    if (!truths.has(value) && !untruths.has(value))
      throw new Error(
        `invalid value of ${gate}=${value}, err: strconv.ParseBool: parsing ${quote(value)}: invalid syntax`,
      );
    gates[gate] = truths.has(value);
  }
  return gates;
};

const quote = (text: string): string => JSON.stringify(text);
