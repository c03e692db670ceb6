import { Command, CommanderError, Option } from 'commander';
import { accept, defineAccept } from './commands/accept.ts';
import { clean, defineClean } from './commands/clean.ts';
import { createWork, defineCreateWork } from './commands/create/work.ts';
import { defineGetClusters, getClusters } from './commands/get/clusters.ts';
import { defineGetToken, getToken } from './commands/get/token.ts';
import { defineGetWorks, getWorks } from './commands/get/works.ts';
import { defineInit, init } from './commands/init.ts';
import { defineJoin, join } from './commands/join.ts';
import { defineUnjoin, unjoin } from './commands/unjoin.ts';
import { version } from './commands/version.ts';
import { type CommandContext, createContext, type Globals, type Output, programName } from './context.ts';
import { bool, foldBooleans, integer, normalizeArguments } from './flags.ts';

type Action<F> = (context: CommandContext, flags: F, args: string[]) => Promise<void>;

/** Runs one command line and resolves to the exit code (cli.md 1.4). */
export const runCli = async (argv0: string, argv: string[], output: Output): Promise<number> => {
  const program = buildProgram(programName(argv0), output);
  try {
    const normalized = normalizeArguments(argv, (line) => output.note(`${line}\n`));
    const target = commandOf(program, normalized);
    if (target.error) return unknownChild(target.command, output);
    const booleans = new Set(
      [...target.command.options, ...program.options]
        .filter(({ negate }) => negate)
        .map(({ long }) => long?.slice('--no-'.length)),
    );
    await program.parseAsync(
      foldBooleans(normalized, (name) => booleans.has(name)),
      { from: 'user' },
    );
    return 0;
  } catch (error) {
    return report(error, program, output);
  }
};

/** The command that a command line names, and whether it names an unknown child of a group. */
const commandOf = (program: Command, argv: string[]): { command: Command; error?: boolean } => {
  let command = program;
  for (const argument of argv.filter((word) => !word.startsWith('-'))) {
    const child = command.commands.find((candidate) => candidate.name() === argument);
    if (child) command = child;
    else if (command !== program && command.commands.length > 0) return { command, error: true };
    else break;
  }
  return { command };
};

const unknownChild = (group: Command, output: Output): number => {
  output.print(group.helpInformation());
  return 1;
};

const report = (error: unknown, program: Command, output: Output): number => {
  if (!(error instanceof CommanderError)) {
    output.note(`Error: ${(error as Error).message}\n`);
    return 1;
  }
  if (error.exitCode === 0) return 0;
  const option = /'(.+?)'/.exec(error.message)?.[1] ?? '';
  const [flag] = option.split(/[ ,]/).slice(-2);
  switch (error.code) {
    case 'commander.help':
      return 0;
    case 'commander.unknownOption':
      output.note(`Error: unknown flag: ${option}\nSee '${program.name()} --help' for usage.\n`);
      return 1;
    case 'commander.unknownCommand':
      output.note(
        `Error: unknown command "${option}" for "${program.name()}"\nRun '${program.name()} --help' for usage.\n`,
      );
      return 1;
    case 'commander.optionMissingArgument':
      output.note(`Error: flag needs an argument: ${flag}\n`);
      return 1;
    default:
      output.note(`Error: ${error.message.replace(/^error: /, '')}\n`);
      return 1;
  }
};

const buildProgram = (name: string, output: Output): Command => {
  const program = new Command('clusteradm')
    .description('Set up and use a hub of Open Cluster Management')
    .exitOverride()
    .configureOutput({ writeOut: output.print, writeErr: () => undefined })
    .option(
      '--kubeconfig <file>',
      'kubeconfig to use; otherwise $KUBECONFIG, ~/.kube/config or the Pod it runs in',
      '',
    )
    .option('--context <string>', 'context of the kubeconfig', '');
  bool(program, 'dry-run', 'show what would be done, change nothing');
  integer(program, '--timeout', 'seconds to wait at most, where a command waits', 300);
  bool(program, 'match-server-version', 'accepted for compatibility, without effect');
  addKlogFlags(program);

  const run =
    <F>(action: Action<F>) =>
    async (...parameters: unknown[]): Promise<void> => {
      const command = parameters.at(-1) as Command;
      const globals = program.opts<Globals>();
      const context = createContext(globals, output, name);
      if (globals.dryRun) output.print(`${command.name()} is running in dry-run mode\n`);
      try {
        await action(context, command.opts<F & object>(), command.args);
      } finally {
        await context.close();
      }
    };
  const leaf = <F>(
    parent: Command,
    childName: string,
    define: (command: Command) => Command,
    action: Action<F>,
  ) => define(parent.command(childName)).allowExcessArguments().action(run(action));

  const general = 'General commands:';
  const create = program.command('create').description('Create objects on the hub').helpGroup(general);
  leaf(create, 'work', defineCreateWork, createWork);
  const get = program.command('get').description('Show objects of the hub').helpGroup(general);
  leaf(get, 'clusters', defineGetClusters, getClusters);
  leaf(get, 'token', defineGetToken, getToken);
  leaf(get, 'works', defineGetWorks, getWorks);
  program
    .command('version')
    .description('Print the versions of the program and of its default bundle')
    .helpGroup(general)
    .action(() => version(output));

  const registration = 'Registration commands:';
  leaf(program, 'accept', defineAccept, (context, flags: Parameters<typeof accept>[1], _args) =>
    accept(
      context,
      flags,
      flags.clusters.length === 0 && !flags.cluster ? givenFlags(program, 'accept') : [],
    ),
  ).helpGroup(registration);
  leaf(program, 'clean', defineClean, clean).helpGroup(registration);
  leaf(program, 'init', defineInit, init).helpGroup(registration);
  leaf(program, 'join', defineJoin, join).helpGroup(registration);
  leaf(program, 'unjoin', defineUnjoin, unjoin).helpGroup(registration);
  return program;
};

/** The flags that the user wrote, as opposed to defaults. */
const givenFlags = (program: Command, commandName: string): string[] => {
  const command = program.commands.find((candidate) => candidate.name() === commandName);
  return (command?.options ?? [])
    .map((option) => option.attributeName())
    .filter((attribute) => command?.getOptionValueSource(attribute) === 'cli');
};

/** Accepted as every Go tool of the family does; `-v` alone has a meaning here. */
const addKlogFlags = (program: Command): void => {
  integer(program, '-v, --v', 'log level', 0);
  const ignored = [
    '--vmodule <string>',
    '--log-dir <string>',
    '--log-file <string>',
    '--log-file-max-size <uint>',
    '--log-backtrace-at <string>',
    '--stderrthreshold <level>',
    '--alsologtostderrthreshold <level>',
  ];
  for (const flags of ignored) program.addOption(new Option(flags).hideHelp());
  for (const name of [
    'logtostderr',
    'alsologtostderr',
    'legacy-stderr-threshold-behavior',
    'add-dir-header',
    'skip-headers',
    'skip-log-headers',
    'one-output',
  ]) {
    program.addOption(new Option(`--${name}`).hideHelp());
    program.addOption(new Option(`--no-${name}`).hideHelp());
  }
};
