import { spawn } from 'node:child_process';

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the command's stdin; without it stdin is empty. */
  input?: string | Buffer;
  /** Milliseconds after which the command is killed and the call fails; none by default. */
  timeout?: number;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
}

/** A command ended with a status other than zero, was killed, or could not be started. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; null when the command was killed or never started. */
  readonly status: number | null;

  constructor(command: string, outcome: string, status: number | null, output: CommandResult) {
    const said = (output.stderr.trim() || output.stdout.trim()).slice(-4000);
    super(`${command}: ${outcome}${said === '' ? '' : `\n${said}`}`);
    this.status = status;
    this.stdout = output.stdout;
    this.stderr = output.stderr;
  }
}

/** Runs a command to its end without a shell. Throws CommandError, with what it printed, unless it ends with 0. */
export const run = (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    const line = [command, ...args].join(' ');
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      timeout: options.timeout,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const output = (): CommandResult => ({
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    });
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error) => reject(new CommandError(line, error.message, null, output())));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(output());
      else
        reject(
          new CommandError(
            line,
            status === null ? `killed by ${signal}` : `status ${status}`,
            status,
            output(),
          ),
        );
    });
    // A command that does not read its input to the end is no error; its exit status tells.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
