import { type FlagSpec, type FlagSpecs, type Flags, UsageError } from '../command.ts';
import { type FlagValue, defaultValue, readValue } from './flag-values.ts';

export interface ParsedFlags<S extends FlagSpecs> {
  flags: Flags<S>;
  /** Names of the flags that were given, as they are declared. */
  given: Set<string>;
  /** What is not a flag, and everything after `--`. */
  positional: string[];
  /** Sentences for standard error: deprecated flags that were used. */
  warnings: string[];
}

/**
 * Reads a command line with pflag's meaning: `--name=value` or `--name value`, a bool alone is true (`--name false` is
 * true and an argument), `-v4`, `-v=4` and `-v 4`, `_` counts as `-`, the last occurrence wins, flags and arguments mix,
 * `--` ends the flags. Throws a {@link UsageError} with pflag's wording.
 */
export const parseFlags = <S extends FlagSpecs>(specs: S, args: readonly string[]): ParsedFlags<S> => {
  const names = namesOf(specs);
  const values: Record<string, FlagValue> = {};
  const positional: string[] = [];
  const warnings: string[] = [];
  const rest = [...args];

  const assign = (name: string, text: string, shown: string) => {
    const spec = specs[name]!;
    if (spec.deprecated !== undefined)
      warnings.push(`Flag --${name} has been deprecated, ${spec.deprecated}`);
    try {
      values[name] = readValue(spec, text, values[name]);
    } catch (error) {
      throw new UsageError(
        `invalid argument ${JSON.stringify(text)} for ${JSON.stringify(shown)} flag: ${(error as Error).message}`,
      );
    }
  };

  const readLong = (arg: string) => {
    const body = arg.slice(2);
    if (body === '' || body.startsWith('-') || body.startsWith('='))
      throw new UsageError(`bad flag syntax: ${arg}`);
    const equals = body.indexOf('=');
    const written = equals < 0 ? body : body.slice(0, equals);
    const name = names.get(normalise(written));
    if (name === undefined) throw new UsageError(`unknown flag: --${written}`);
    const text = equals >= 0 ? body.slice(equals + 1) : specs[name]!.type === 'bool' ? 'true' : rest.shift();
    if (text === undefined) throw new UsageError(`flag needs an argument: --${written}`);
    assign(name, text, shownName(name, specs[name]!));
  };

  const readShort = (arg: string) => {
    for (let body = arg.slice(1); body !== '';) {
      const letter = body[0]!;
      const name = names.get(letter);
      if (name === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in ${arg}`);
      const after = body.slice(1);
      const shown = shownName(name, specs[name]!);
      if (after.startsWith('=')) return assign(name, after.slice(1), shown);
      if (specs[name]!.type === 'bool') {
        assign(name, 'true', shown);
        body = after;
        continue;
      }
      const text = after === '' ? rest.shift() : after;
      if (text === undefined) throw new UsageError(`flag needs an argument: '${letter}' in ${arg}`);
      return assign(name, text, shown);
    }
  };

  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      positional.push(...rest);
      break;
    }
    if (arg.startsWith('--')) readLong(arg);
    else if (arg.startsWith('-') && arg.length > 1) readShort(arg);
    else positional.push(arg);
  }

  const given = new Set(Object.keys(values));
  for (const [name, spec] of Object.entries(specs)) values[name] ??= defaultValue(spec);
  return { flags: values as Flags<S>, given, positional, warnings };
};

const normalise = (name: string): string => name.replaceAll('_', '-');

/** Every way to write a flag → its declared name. */
const namesOf = (specs: FlagSpecs): Map<string, string> => {
  const names = new Map<string, string>();
  for (const [name, { aliases = [] }] of Object.entries(specs)) {
    for (const each of [name, ...aliases]) {
      const written = normalise(each);
      if (names.has(written)) throw new Error(`two flags are called --${written}`);
      names.set(written, name);
    }
  }
  return names;
};

/** A flag with a one-letter alias is shown with both, as cobra does. */
const shownName = (name: string, { aliases = [] }: FlagSpec): string => {
  const short = shorthand(name, aliases);
  return short ? `-${short}, --${name}` : `--${name}`;
};

export const shorthand = (name: string, aliases: readonly string[]): string | undefined =>
  name.length === 1 ? name : aliases.find((alias) => alias.length === 1);
