import {
  type ControllerCommand,
  type FlagSpecs,
  type Flags,
  type HealthCheck,
  type PlainCommand,
  type Program,
  UsageError,
} from './command.ts';
import { controllerFlags, leaderElectionFlags, logFlags } from './flags/common-flags.ts';
import { runController } from './controller-command.ts';
import { parseFlags } from './flags/flags.ts';
import { Lifetime } from './lifetime.ts';
import { type ProcessLogger, createLogger } from './logger.ts';
import { giveBackMemoryOnceSettled } from './memory.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { fallbackNamespace, serviceAccountNamespace } from './namespace.ts';
import { registerFeatureGates, registerProcessMetrics } from './process-metrics.ts';
import { commandUsage, programUsage } from './flags/usage.ts';

/** Runs the command that the arguments name, and then exits the process with its code (registration.md 1). */
export const runProgram = async (program: Program, argv: string[] = process.argv.slice(2)): Promise<void> => {
  process.exit(await execute(program, argv));
};

type Command = ControllerCommand | PlainCommand;

const execute = async (program: Program, argv: string[]): Promise<number> => {
  try {
    const found = commandOf(program, argv);
    if (typeof found !== 'object') return found;
    const { name, command, args } = found;
    const specs = specsOf(command);
    const { flags, given, warnings } = parseFlags({ ...specs, ...helpFlag }, args);
    if (flags.help) {
      process.stdout.write(commandUsage(program.name, name, command.help, specs));
      return 0;
    }
    for (const warning of warnings) process.stderr.write(`${warning}\n`);
    command.validate?.(flags);
    return await runCommand(program, command, flags, given);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`Error: ${error.message}\nRun '${program.name} --help' for usage.\n`);
    return 1;
  }
};

const helpFlag = { help: { type: 'bool', aliases: ['h'], help: '' } } as const satisfies FlagSpecs;

/** The command, which may stand after flags of the program; or the exit code, when there is nothing to run. */
const commandOf = (
  program: Program,
  argv: string[],
): number | { name: string; command: Command; args: string[] } => {
  const at = argv.findIndex((arg) => Object.hasOwn(program.commands, arg));
  if (at >= 0) {
    const name = argv[at]!;
    return { name, command: program.commands[name]!, args: argv.toSpliced(at, 1) };
  }
  const specs = { ...logFlags, ...helpFlag, version: { type: 'bool', help: '' } } as const;
  const { flags, positional } = parseFlags(specs, argv);
  if (flags.version) {
    process.stdout.write(`${program.name} version ${program.version || '<unknown>'}\n`);
    return 0;
  }
  const [unknown] = positional;
  if (unknown !== undefined && unknown !== 'help')
    throw new UsageError(`unknown command ${JSON.stringify(unknown)} for ${JSON.stringify(program.name)}`);
  process.stdout.write(programUsage(program));
  return flags.help || unknown === 'help' ? 0 : 1;
};

/** What the command declares goes before the common flags: it may hide or document one of them anew. */
const specsOf = (command: Command): FlagSpecs => {
  if (command.kind === 'plain') return { ...logFlags, ...command.flags };
  const election = command.leaderElection === false ? {} : leaderElectionFlags;
  return { ...logFlags, ...controllerFlags, ...election, ...command.flags };
};

const runCommand = async (
  program: Program,
  command: Command,
  flags: Flags<FlagSpecs>,
  given: Set<string>,
): Promise<number> => {
  const podName = process.env['POD_NAME'];
  const log = createLogger({ v: Number(flags['v']), fields: podName ? { podName } : {} });
  const lifetime = new Lifetime(log);
  const exitNow = (code: number) => void endLog(log).then(() => process.exit(code));
  dieOnUncaughtErrors(log, exitNow);
  const offSignals = lifetime.endOnSignals(exitNow);
  giveBackMemoryOnceSettled(log, lifetime.signal);
  const version = program.version || '<unknown>';
  log.info('starting', { program: program.name, version, node: process.version, pid: process.pid });
  try {
    const metrics = createMetrics();
    registerFeatureGates(metrics, command.flags, flags);
    if (command.kind === 'controller')
      await runController({ command, flags, given, version: program.version, log, lifetime, metrics });
    else await runPlain(program, command, flags, { log, lifetime, metrics });
  } finally {
    offSignals();
    await endLog(log);
  }
  return lifetime.exitCode;
};

const runPlain = async (
  program: Program,
  command: PlainCommand,
  flags: Flags<FlagSpecs>,
  { log, lifetime, metrics }: { log: ProcessLogger; lifetime: Lifetime; metrics: Metrics },
): Promise<void> => {
  const inPod = serviceAccountNamespace();
  const namespace = inPod ?? fallbackNamespace;
  registerProcessMetrics(metrics, namespace, program.version);
  const healthChecks: HealthCheck[] = [];
  const readyChecks: HealthCheck[] = [];
  const work = command.run(
    {
      log,
      metrics,
      signal: lifetime.signal,
      namespace,
      serviceAccountNamespace: inPod,
      healthChecks,
      readyChecks,
      addHealthCheck: (check) => void healthChecks.push(check),
      addReadyCheck: (check) => void readyChecks.push(check),
      exit: (code, reason) => lifetime.end(code, reason),
    },
    flags,
  );
  try {
    await lifetime.drained(work);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    lifetime.end(1, 'the command failed', error);
  }
};

const dieOnUncaughtErrors = (log: ProcessLogger, exitNow: (code: number) => void): void => {
  const die = (kind: string) => (error: unknown) => {
    log.error(`fatal: ${kind}`, { error, stack: error instanceof Error ? error.stack : undefined });
    exitNow(1);
  };
  process.on('uncaughtException', die('uncaught exception'));
  process.on('unhandledRejection', die('unhandled rejection'));
};

/** Standard error may be a pipe that nobody reads any more: the process ends all the same. */
const endLog = (log: ProcessLogger): Promise<void> =>
  Promise.race([log.end(), new Promise<void>((resolve) => void setTimeout(resolve, 500).unref())]);
