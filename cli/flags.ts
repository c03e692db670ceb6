import { type Command, InvalidArgumentError, Option } from 'commander';

/**
 * Flags with the meaning that users of the Go tools expect (cli.md 1.3): `_` counts as `-`, booleans take `=true` or
 * `=false`, slices are comma-separated and repeatable.
 */

const TRUE = new Set(['true', 't', '1', 'True', 'TRUE', 'T']);
const FALSE = new Set(['false', 'f', '0', 'False', 'FALSE', 'F']);

/** A boolean flag; `--name=false` works through a hidden negation. */
export const bool = (command: Command, name: string, help: string, preset = false): Command =>
  command
    .addOption(new Option(`--${name}`, help).default(preset))
    .addOption(new Option(`--no-${name}`).hideHelp());

const splitSlice = (value: string): string[] => (value === '' ? [] : value.split(','));

/** Comma-separated and repeatable; the first use replaces the default. */
export const slice = (command: Command, flags: string, help: string): Command =>
  command.addOption(
    new Option(`${flags} <strings>`, help)
      .default([] as string[], '[]')
      .argParser((value: string, previous: string[]) => [...previous, ...splitSlice(value)]),
  );

/** Repeatable, each value taken whole. */
export const array = (command: Command, flags: string, help: string): Command =>
  command.addOption(
    new Option(`${flags} <stringArray>`, help)
      .default([] as string[], '[]')
      .argParser((value: string, previous: string[]) => [...previous, value]),
  );

/** `k=v,k=v`, repeatable. */
export const map = (command: Command, flags: string, help: string): Command =>
  command.addOption(
    new Option(`${flags} <key=value,...>`, help).argParser(
      (value: string, previous?: Record<string, string>) => {
        const pairs = splitSlice(value).map((pair) => {
          const at = pair.indexOf('=');
          if (at < 1) throw new InvalidArgumentError(`${pair} must be formatted as key=value`);
          return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
        });
        return { ...previous, ...Object.fromEntries(pairs) };
      },
    ),
  );

export const integer = (command: Command, flags: string, help: string, preset: number): Command =>
  command.addOption(
    new Option(`${flags} <int>`, help).default(preset).argParser((value: string) => {
      if (!/^[+-]?\d+$/.test(value)) throw new InvalidArgumentError(`"${value}" is not an integer`);
      return Number(value);
    }),
  );

/** Rewrites what pflag accepts and commander does not: `--a_b`, `--flag=true`, `--flag=false`. */
export const normalizeArguments = (argv: string[], warn: (line: string) => void): string[] => {
  const end = argv.indexOf('--');
  const [flags, rest] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  const normalized = flags.map((argument) => {
    if (!argument.startsWith('--')) return argument;
    const at = argument.indexOf('=');
    const written = at < 0 ? argument : argument.slice(0, at);
    const value = at < 0 ? undefined : argument.slice(at + 1);
    const name = written.replaceAll('_', '-');
    if (name !== written) warn(`WARNING: using ${name} in place of ${written}`);
    return value === undefined ? name : `${name}=${value}`;
  });
  return [...normalized, ...rest];
};

/** `--wait=true` → `--wait`, for the boolean flags of the command that will run. */
export const foldBooleans = (argv: string[], isBoolean: (name: string) => boolean): string[] =>
  argv.map((argument) => {
    const match = /^--([^=]+)=(.*)$/.exec(argument);
    if (!match || !isBoolean(match[1]!)) return argument;
    if (TRUE.has(match[2]!)) return `--${match[1]}`;
    if (FALSE.has(match[2]!)) return `--no-${match[1]}`;
    throw new InvalidArgumentError(
      `invalid argument "${match[2]}" for "--${match[1]}" flag: must be true or false`,
    );
  });
