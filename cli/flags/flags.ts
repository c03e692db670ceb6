import { type Command, InvalidArgumentError, Option } from 'commander';

/**
 * Flags with the meaning that users of the Go tools expect (cli.md 1.3): `_` counts as `-`, booleans take `=true` or
 * `=false`, slices are comma-separated and repeatable.
 */

const TRUE = new Set(['true', 't', '1', 'True', 'TRUE', 'T']);
const FALSE = new Set(['false', 'f', '0', 'False', 'FALSE', 'F']);

/** A boolean flag, `--name` or `-n, --name`; a hidden negation stands for `--name=false`. */
export const bool = (command: Command, flags: string, help: string, preset = false): Command =>
  command
    .addOption(new Option(flags, help).default(preset))
    .addOption(new Option(flags.replace(/.*--/, '--no-')).hideHelp());

export const string = (command: Command, flags: string, help: string, preset = ''): Command =>
  command.addOption(new Option(`${flags} <string>`, help).default(preset));

const splitSlice = (value: string): string[] => (value === '' ? [] : value.split(','));

/** Comma-separated and repeatable. */
export const slice = (command: Command, flags: string, help: string): Command =>
  command.addOption(
    new Option(`${flags} <strings>`, help)
      .default([] as string[])
      .argParser((value: string, previous: string[]) => [...previous, ...splitSlice(value)]),
  );

/** Repeatable, each value taken whole. */
export const array = (command: Command, flags: string, help: string): Command =>
  command.addOption(
    new Option(`${flags} <stringArray>`, help)
      .default([] as string[])
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
      const number = Number(value);
      if (!/^[+-]?\d+$/.test(value) || !Number.isSafeInteger(number)) {
        throw new InvalidArgumentError('must be an integer');
      }
      return number;
    }),
  );

/** `--a_b` is `--a-b`, as the Go tools have it; `warn` hears of it. Values and what follows `--` stay. */
export const normalizeNames = (argv: string[], warn: (line: string) => void): string[] => {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((argument, index) => {
    if (index >= end || !argument.startsWith('--')) return argument;
    const [written = '', ...value] = argument.split('=');
    const name = written.replaceAll('_', '-');
    if (name !== written) warn(`WARNING: using ${name} in place of ${written}`);
    return [name, ...value].join('=');
  });
};

/** A flag was written in a way that its command does not know. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/**
 * Writes values as commander reads them: `--wait=true` → `--wait`, `--wait=false` → `--no-wait`, `-o=json` → `-ojson`.
 * @param booleans the boolean flags as they are written, with their long names: `-R` → `recursive`
 * @throws FlagError
 */
export const foldValues = (argv: string[], booleans: ReadonlyMap<string, string>): string[] => {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((argument, index) => {
    if (index >= end || !argument.startsWith('-')) return argument;
    if (booleans.has(argument.replace('--no-', '--')) && !booleans.has(argument)) {
      throw new FlagError(`unknown flag: ${argument}`);
    }
    const [, flag = '', value] = /^(--?[^=]+)=(.*)$/s.exec(argument) ?? [];
    if (value === undefined) return argument;
    const name = booleans.get(flag);
    if (name === undefined) return flag.startsWith('--') ? argument : `${flag}${value}`;
    if (TRUE.has(value)) return `--${name}`;
    if (FALSE.has(value)) return `--no-${name}`;
    throw new FlagError(`invalid argument "${value}" for "${flag}" flag: must be true or false`);
  });
};
