import { Command, CommanderError, type Help, type Option } from 'commander';
import type { Globals } from '../context.ts';
import { FlagError, foldValues, normalizeNames } from '../flags/flags.ts';
import { addGlobalFlags } from '../flags/global-flags.ts';
import { isForPrograms } from '../flags/output-flag.ts';
import { aside, type Output } from '../output/output.ts';
import { type CommandEntry, COMMANDS } from './command-tree.ts';
import { findCommand, pathOf } from './find-command.ts';
import { pluginPrefix, programName } from './program-name.ts';

/**
 * Runs one command line and resolves to the exit code (cli.md 1.4): 0, or 1 after an error, which is said on stderr.
 * @param argv0 how the program was called
 */
export const runCli = async (argv0: string, argv: string[], output: Output): Promise<number> => {
  const entries = new Map<Command, CommandEntry>();
  const program = buildProgram(entries, output);
  if (argv[0] === '__complete' || argv[0] === '__completeNoDesc') {
    return answerShell(program, entries, argv, output);
  }
  const named = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const found = findCommand(
    program,
    normalizeNames(named, (line) => output.note(`${line}\n`)),
  );
  const { command } = found;
  if (found.unknown !== undefined) {
    const code = command === program ? await tryPlugin(argv0, argv) : undefined;
    return code ?? unknownCommand(command, found.unknown, output);
  }
  const entry = entries.get(command);
  if (!entry?.load) return groupHelp(command, found.argv, output);
  try {
    const [module, { createContext }] = await Promise.all([entry.load(), import('../context.ts')]);
    module.define(command);
    command.action(async (...parameters: unknown[]) => {
      const flags = command.opts<Record<string, unknown>>();
      const globals = program.opts<Globals>();
      const context = createContext({
        globals,
        output,
        program: programName(argv0),
        isGiven: (flag) => command.getOptionValueSourceWithGlobals(flag) === 'cli',
      });
      if (globals.dryRun && !entry.offline) {
        const { print } = isForPrograms(flags.output) ? aside(output) : output;
        print(`${command.name()} is running in dry-run mode\n`);
      }
      try {
        await module.run(context, flags as never, (parameters.at(-1) as Command).args);
      } finally {
        await context.close();
      }
    });
    await program.parseAsync(foldValues(found.argv, booleansOf([...program.options, ...command.options])), {
      from: 'user',
    });
    return 0;
  } catch (error) {
    return report(error, command, program.opts<{ v?: number }>().v ?? 0, output);
  }
};

/** Hands a command line to the plugin for it, and resolves to its exit code; undefined when there is none. */
const tryPlugin = async (argv0: string, argv: string[]): Promise<number | undefined> => {
  const [{ pluginFor }, { runPlugin }] = await Promise.all([
    import('../plugins/plugins.ts'),
    import('../plugins/run-plugin.ts'),
  ]);
  const plugin = pluginFor(pluginPrefix(argv0), argv, process.env.PATH ?? '');
  return plugin && runPlugin(plugin);
};

/** What the scripts of shells ask: the word at the cursor comes last, after a `=` (completion/scripts.ts). */
const answerShell = async (
  program: Command,
  entries: Map<Command, CommandEntry>,
  [question, ...words]: string[],
  output: Output,
): Promise<number> => {
  const { complete, completionLines } = await import('../completion/candidates.ts');
  const line = [...words.slice(0, -1), words.at(-1)?.slice(1) ?? ''];
  const completion = await complete(program, line, async (command) => {
    const module = await entries.get(command)?.load?.();
    module?.define(command);
  });
  output.print(completionLines(completion, question === '__complete'));
  return 0;
};

const buildProgram = (entries: Map<Command, CommandEntry>, output: Output): Command => {
  const program = new Command('clusteradm')
    .description('Set up and use a hub of Open Cluster Management')
    .exitOverride()
    .configureOutput({ writeOut: output.print, writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    .helpCommand(false);
  addGlobalFlags(program);
  const add = (parent: Command, entry: CommandEntry): void => {
    const command = parent.command(entry.name).description(entry.summary).helpCommand(false);
    if (entry.group) command.helpGroup(entry.group);
    if (entry.load) command.allowExcessArguments();
    entries.set(command, entry);
    for (const child of entry.children ?? []) add(command, child);
  };
  for (const entry of COMMANDS) add(program, entry);
  return program;
};

/** The text of a flag with its default, unless that is empty, as pflag has it. */
const describeOption: Help['optionDescription'] = ({ description, defaultValue }: Option) => {
  const empty = !defaultValue || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return empty ? description : `${description} (default ${JSON.stringify(defaultValue)})`;
};

/** The boolean flags, which are those with a negation, as they are written: `-R` and `--recursive` → `recursive`. */
const booleansOf = (options: readonly Option[]): Map<string, string> => {
  const negated = options.filter(({ negate }) => negate).map(({ long }) => long?.replace('--no-', '--'));
  return new Map(
    options
      .filter(({ long, negate }) => !negate && negated.includes(long))
      .flatMap(({ long = '', short }) => [long, short ?? long].map((flag) => [flag, long.slice(2)] as const)),
  );
};

/** A group of commands without one of them, and the program alone, show what there is. */
const groupHelp = (group: Command, argv: string[], output: Output): number => {
  const known = (flag: string) => flag === '-h' || flag === '--help';
  const unknown = (group.parent ?? group).parseOptions(argv).unknown.find((flag) => !known(flag));
  if (unknown !== undefined) return wrongFlag(unknownFlag(unknown), group, output);
  output.print(group.helpInformation());
  return 0;
};

const unknownCommand = (group: Command, word: string, output: Output): number => {
  const path = pathOf(group);
  if (group.parent) output.print(group.helpInformation());
  output.note(`Error: unknown command "${word}" for "${path}"\nRun '${path} --help' for usage.\n`);
  return 1;
};

const wrongFlag = (problem: string, command: Command, output: Output): number => {
  output.note(`Error: ${problem}\nSee '${pathOf(command)} --help' for usage.\n`);
  return 1;
};

const report = (error: unknown, command: Command, verbosity: number, output: Output): number => {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : wrongFlag(flagProblem(error), command, output);
  }
  if (error instanceof FlagError) return wrongFlag(error.message, command, output);
  output.note(`Error: ${(error as Error).message}\n`);
  for (let cause = error; verbosity > 0 && cause instanceof Error; { cause } = cause) {
    output.note(`${cause.stack}\n`);
  }
  return 1;
};

const unknownFlag = (flag: string): string =>
  flag.startsWith('--')
    ? `unknown flag: ${flag.replace(/=.*/s, '')}`
    : `unknown shorthand flag: '${flag[1]}' in ${flag}`;

/** What pflag would say. */
const flagProblem = ({ code, message }: CommanderError): string => {
  const [, flags = '', value] = /'(.+?)'(?: argument '(.*?)' is invalid)?/s.exec(message) ?? [];
  const flag = flags.replace(/ <.*/, '');
  switch (code) {
    case 'commander.unknownOption':
      return unknownFlag(flag);
    case 'commander.optionMissingArgument':
      return `flag needs an argument: ${flag}`;
    case 'commander.invalidArgument':
      return `invalid argument "${value}" for "${flag}" flag: ${message.replace(/^.*? is invalid\. /s, '')}`;
    default:
      return message.replace(/^error: /, '');
  }
};
