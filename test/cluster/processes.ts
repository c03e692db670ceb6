import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logFolderOf } from './logs.ts';
import { patience } from './wait.ts';

const guardScript = fileURLToPath(new URL('guard.sh', import.meta.url));

/** A process that runs in the background and writes what it says into a log file. */
export interface Daemon {
  readonly name: string;
  /** Undefined when the process could not be started. */
  readonly pid: number | undefined;
  readonly logPath: string;
  /** Why the process ended; undefined while it runs. */
  ended(): string | undefined;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after the grace in milliseconds (by default `patience`); returns when the process is gone. */
  end(grace?: number): Promise<void>;
}

/** A temporary folder and the processes that use it, which all go together. */
export interface Workspace {
  readonly folder: string;
  start(name: string, command: string, args: readonly string[]): Daemon;
  /** Kills every process and removes the folder. */
  dispose(): Promise<void>;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const untilEnded = async (child: ChildProcess): Promise<void> => {
  child.ref();
  if (!hasEnded(child)) await once(child, 'exit');
};

const startDaemon = (
  name: string,
  command: string,
  args: readonly string[],
  folder: string,
): [Daemon, ChildProcess] => {
  const logPath = join(logFolderOf(folder), `${name}.log`);
  const log = openSync(logPath, 'a');
  // In a session of its own, so that Ctrl-C reaches the test first and the guard then ends what is left.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: string | undefined;
  child.on('error', (error) => (failure = error.message));
  child.unref();
  const daemon: Daemon = {
    name,
    pid: child.pid,
    logPath,
    ended: () => {
      if (failure !== undefined) return failure;
      if (child.signalCode !== null) return `killed by ${child.signalCode}`;
      return child.exitCode === null ? undefined : `status ${child.exitCode}`;
    },
    signal: (signal) => void child.kill(signal),
    async end(grace = patience) {
      if (child.pid === undefined || hasEnded(child)) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), grace);
      await untilEnded(child);
      clearTimeout(killer);
    },
  };
  return [daemon, child];
};

/**
 * A temporary folder with a guard beside it: a shell that kills the workspace's processes and removes the folder as
 * soon as this process ends, even by SIGKILL. The workspace does not keep this process alive.
 */
export const createWorkspace = async (name: string): Promise<Workspace> => {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const guard = spawn('/bin/sh', [guardScript, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const children: ChildProcess[] = [];
  const tellGuard = (line: string): void => {
    if (guard.stdin.writable) guard.stdin.write(`${line}\n`);
  };
  // The guard may be killed from outside; the processes are then ended by dispose alone.
  guard.stdin.on('error', () => {});
  guard.unref();
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return {
    folder,
    start(daemonName, command, args) {
      const [daemon, child] = startDaemon(daemonName, command, args, folder);
      children.push(child);
      if (child.pid !== undefined) {
        tellGuard(`+${child.pid}`);
        child.once('exit', () => tellGuard(`-${child.pid}`));
      }
      return daemon;
    },
    async dispose() {
      const running = children.filter((child) => child.pid !== undefined);
      for (const child of running) child.kill('SIGKILL');
      await Promise.all(running.map(untilEnded));
      guard.stdin.end();
      await untilEnded(guard);
    },
  };
};

/** The last lines that a daemon wrote, for error messages. */
export const logTail = async (daemon: Daemon, lines = 15): Promise<string> =>
  (await readFile(daemon.logPath, 'utf8')).trimEnd().split('\n').slice(-lines).join('\n');

/** Seconds that a process, with all its threads, has had of the processors so far. Linux counts in hundredths. */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const afterCommand = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)!;
  const [user, system] = afterCommand.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / 100;
};
