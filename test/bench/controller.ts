import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { build } from 'esbuild';
import { bundleOptions } from '../../scripts/build.ts';
import { type ControlPlane, cpuSeconds, waitFor } from '../cluster/index.ts';

/** The commands that are measured, by their programs. */
const commands = { placement: 'controller', addon: 'manager' } as const;
export type Measured = keyof typeof commands;

/** As the image runs it; BENCH_NODE_FLAGS adds others, such as `--cpu-prof --cpu-prof-dir=FOLDER`. */
const flags = ['--optimize-for-size', '--max-semi-space-size=1', '--max-old-space-size=512'].concat(
  process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [],
);

/** A controller of the hub, bundled as in its image, as a process of its own. */
export class BenchController {
  readonly #plane: ControlPlane;
  readonly #program: string;
  readonly #command: string;
  #process: ChildProcess | undefined;

  private constructor(plane: ControlPlane, program: string, command: string) {
    this.#plane = plane;
    this.#program = program;
    this.#command = command;
  }

  static async of(plane: ControlPlane, measured: Measured): Promise<BenchController> {
    const program = join(plane.folder, `${measured}.cjs`);
    const entry = join(import.meta.dirname, `../../operators/${measured}/main.ts`);
    await build(bundleOptions(entry, program));
    return new BenchController(plane, program, commands[measured]);
  }

  /** Resolves when it serves: the caches are still to be filled. */
  async start(): Promise<void> {
    this.#process = spawn(
      process.execPath,
      [
        ...flags,
        this.#program,
        this.#command,
        `--kubeconfig=${this.#plane.kubeconfigPath}`,
        '--listen=127.0.0.1:0',
        '--disable-leader-election',
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536' },
      },
    );
    let log = '';
    this.#process.stderr!.on('data', (text: Buffer) => {
      log += text.toString();
      if (/"level":"error"/.test(text.toString())) process.stderr.write(text);
    });
    await waitFor('the controller to serve', async () => log.includes('"serving"'));
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    await ended;
  }

  get cpuSeconds(): Promise<number> {
    return cpuSeconds(this.#process!.pid!);
  }

  /** Resolves when it has had next to nothing to do for three seconds. */
  async untilIdle(): Promise<void> {
    await waitFor('the controller to have nothing to do', async () => {
      const before = await this.cpuSeconds;
      await pass(3000);
      return (await this.cpuSeconds) - before < 0.1;
    });
  }

  /** Private memory in millions of bytes. */
  async privateMemory(): Promise<number> {
    const text = await readFile(`/proc/${this.#process!.pid!}/smaps_rollup`, 'utf8');
    const kib = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].map(([, value]) => Number(value));
    return (kib.reduce((sum, value) => sum + value, 0) * 1024) / 1_000_000;
  }
}
