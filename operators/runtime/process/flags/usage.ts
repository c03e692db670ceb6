import type { FlagSpec, FlagSpecs, Program } from '../command.ts';
import { formatDuration } from './duration.ts';
import { shorthand } from './flags.ts';

/** The help of a program as cobra prints it: what it is, and its commands. */
export const programUsage = ({ name, help, commands }: Program): string => {
  const width = Math.max(...Object.keys(commands).map((command) => command.length));
  const list = Object.entries(commands).map(
    ([command, { help }]) => `  ${command.padEnd(width)} ${firstLine(help)}`,
  );
  return `${help}

Usage:
  ${name} [command]

Available Commands:
${list.join('\n')}

Flags:
  -h, --help      help for ${name}
      --version   version for ${name}

Use "${name} [command] --help" for more information about a command.
`;
};

/** The help of one command, with every flag that is not hidden. */
export const commandUsage = (program: string, command: string, help: string, specs: FlagSpecs): string =>
  `${help}

Usage:
  ${program} ${command} [flags]

Flags:
${flagUsage({ ...specs, help: { type: 'bool', aliases: ['h'], help: `help for ${command}` } })}`;

/** One line per flag, by name: shorthand, name, type, meaning, and the default unless it is the type's zero. */
export const flagUsage = (specs: FlagSpecs): string => {
  const rows = Object.entries(specs)
    .filter(([, { hidden }]) => !hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => ({ left: leftColumn(name, spec), right: rightColumn(spec) }));
  const width = Math.max(...rows.map(({ left }) => left.length)) + 3;
  return rows
    .map(({ left, right }) => `${left.padEnd(width)}${right.replaceAll('\n', `\n${' '.repeat(width)}`)}\n`)
    .join('');
};

const typeNames: Record<FlagSpec['type'], string> = {
  string: 'string',
  bool: '',
  int: 'int',
  duration: 'duration',
  strings: 'stringArray',
  list: 'strings',
  map: 'stringToString',
  gates: 'mapStringBool',
};

const leftColumn = (name: string, { type, aliases = [] }: FlagSpec): string => {
  const short = shorthand(name, aliases);
  return `  ${short ? `-${short}, ` : '    '}--${name} ${typeNames[type]}`.trimEnd();
};

const rightColumn = (spec: FlagSpec): string => {
  const others = spec.aliases?.filter((alias) => alias.length > 1) ?? [];
  return [
    spec.help,
    others.length ? `(also ${others.map((alias) => `--${alias}`).join(', ')})` : '',
    shownDefault(spec),
    spec.deprecated === undefined ? '' : `(DEPRECATED: ${spec.deprecated})`,
  ]
    .filter(Boolean)
    .join(' ');
};

const shownDefault = (spec: FlagSpec): string => {
  switch (spec.type) {
    case 'string':
      return spec.default ? `(default ${JSON.stringify(spec.default)})` : '';
    case 'bool':
    case 'int':
      return spec.default ? `(default ${spec.default})` : '';
    case 'duration':
      return spec.default ? `(default ${formatDuration(spec.default)})` : '';
    case 'strings':
    case 'list':
      return spec.default?.length ? `(default [${spec.default.join(',')}])` : '';
    case 'map': {
      const pairs = Object.entries(spec.default ?? {}).map(([key, each]) => `${key}=${each}`);
      return pairs.length ? `(default [${pairs.join(',')}])` : '';
    }
    case 'gates': {
      const list = Object.entries(spec.gates)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([gate, on]) => `${gate}=true|false (default=${on})`);
      return `Options are:\n${list.join('\n')}`;
    }
  }
};

const firstLine = (text: string): string => text.split('\n', 1)[0]!;
