/**
 * Runs a command while every processor of this machine has half of its time taken away: `node scripts/half-speed.ts make
 * test`. So tests are tried on a slow machine, whatever runs them: processes, containers and the Docker engine alike, which
 * a quota for a group of processes would not reach.
 *
 * On each processor a process of real-time priority is busy for 5 of every 10 ms. Needs Linux, root (CAP_SYS_NICE), and
 * taskset and chrt of util-linux. Whatever else runs on the machine is slowed down too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

const period = 10;
const share = 0.5;

/** Busy for its share of each period, for as long as its parent has the other end of its standard input. */
const load = `
process.stdin.on('close', () => process.exit()).resume();
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const turn = () => {
  const begin = Math.ceil(performance.now() / ${period}) * ${period};
  Atomics.wait(sleeper, 0, 0, Math.max(0, begin - performance.now()));
  while (performance.now() < begin + ${period * share});
  setImmediate(turn);
};
turn();`;

/** Milliseconds that a fixed piece of work takes. */
const takes = (): number => {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < 1e9; i += 1) sum += i % 7;
  if (sum < 0) throw new Error('unreachable');
  return performance.now() - start;
};

const occupy = (processor: number): ChildProcess => {
  const args = ['--cpu-list', String(processor), 'chrt', '--fifo', '10', process.execPath, '--eval', load];
  return spawn('taskset', args, { stdio: ['pipe', 'inherit', 'inherit'] });
};

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write('usage: node scripts/half-speed.ts COMMAND [ARGUMENT...]\n');
  process.exit(1);
}
const before = takes();
const loads = Array.from({ length: availableParallelism() }, (_, processor) => occupy(processor));
for (const each of loads)
  each.on('exit', () => {
    process.stderr.write(
      'half-speed: a processor is not held back; are you root, on Linux, with util-linux?\n',
    );
    process.exit(1);
  });
await Promise.all(loads.map((each) => once(each, 'spawn')));
process.stderr.write(
  `half-speed: ${loads.length} processors; the same work takes ${(takes() / before).toFixed(1)} times as long\n`,
);
const child = spawn(command, args, { stdio: 'inherit' });
// The terminal interrupts the command as well; what it says about that is waited for.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
const [code] = (await once(child, 'exit')) as [number | null];
process.exit(code ?? 1);
