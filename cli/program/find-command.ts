import type { Command, Option } from 'commander';

export interface FoundCommand {
  command: Command;
  /** The command line with the words that name the command first. */
  argv: string[];
  /** The word after a group of commands that is none of them. */
  unknown?: string;
}

/** Whether a flag before the command takes the next word as its value; one that is not known does, as in Go tools. */
const takesNext = (argument: string, globals: readonly Option[]): boolean => {
  if (argument.includes('=') || argument === '-h' || argument === '--help') return false;
  if (/^-\w./.test(argument)) return false;
  const option = globals.find(({ long, short }) => argument === long || argument === short);
  return option === undefined || option.required;
};

/** The command that a command line names; its flags may stand anywhere, before the command too. */
export const findCommand = (program: Command, argv: string[]): FoundCommand => {
  const words: string[] = [];
  const others: string[] = [];
  const found = (command: Command, rest: string[], unknown?: string) => ({
    command,
    argv: [...words, ...others, ...rest],
    ...(unknown !== undefined && { unknown }),
  });
  let command = program;
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index]!;
    if (command.commands.length === 0 || argument === '--') return found(command, argv.slice(index));
    if (argument.startsWith('-')) {
      others.push(argument);
      if (takesNext(argument, program.options)) others.push(...argv.slice(++index, index + 1));
      continue;
    }
    const child = command.commands.find((candidate) => candidate.name() === argument);
    if (!child) return found(command, argv.slice(index), argument);
    command = child;
    words.push(argument);
  }
  return found(command, []);
};

/** `clusteradm get clusters` */
export const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
