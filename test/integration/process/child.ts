import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { logStream } from '../../cluster/logs.ts';

/** A running program: its log lines, and how it ended. */
export class Child {
  readonly process: ChildProcess;
  /** What it wrote to standard output. */
  out = '';
  /** What it wrote to standard error. */
  err = '';
  readonly ended: Promise<number | null>;

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, [file, ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout!.on('data', (chunk) => (this.out += String(chunk)));
    const log = logStream('program');
    this.process.stderr!.on('data', (chunk) => {
      this.err += String(chunk);
      log.write(chunk);
    });
    this.process.once('close', () => log.end());
    this.ended = once(this.process, 'close').then(([code]) => code as number | null);
  }

  get lines(): Record<string, unknown>[] {
    return this.err
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The first line with this message so far. */
  line(message: string): Record<string, unknown> | undefined {
    return this.lines.find((line) => line['message'] === message);
  }

  /** Ends it as Kubernetes does; resolves to its exit code. */
  terminate(): Promise<number | null> {
    this.process.kill('SIGTERM');
    return this.ended;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}

const agent = new Agent({ rejectUnauthorized: false });

export const fetchFrom = (
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
