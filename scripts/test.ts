/**
 * `make test`: the checks and the three kinds of tests, what failed, then one line that counts them. Ends with exit code 1
 * when anything failed, a check included. `node scripts/test.ts unit e2e` runs only these.
 *
 * The checks and the unit tests come first: they need processors alone, and would starve beside clusters that start. The
 * others wait a lot, and alone would leave half of the machine idle; they run side by side where there is memory for it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type FileReport, failuresOf } from './failures.ts';

interface Summary {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, in the words of who ran it. */
  failures: string[];
  /** What failed, a line for each. */
  names: string[];
  /** The files that took longest, and how long, in seconds. */
  slowest: [file: string, seconds: number][];
}

type Kind = 'checks' | 'unit' | 'integration' | 'e2e';

const root = join(import.meta.dirname, '..');
const results = mkdtempSync(join(tmpdir(), 'test-results-'));
/** All at once have taken up to 12.6e9 bytes. */
const memoryForAll = 15e9;
const withServers: Kind[][] =
  totalmem() > memoryForAll ? [['integration', 'e2e']] : [['integration'], ['e2e']];
/** What runs side by side; one round after the other. */
const rounds: Kind[][] = [['checks', 'unit'], ...withServers];

const say = (kind: Kind, line: string): void => void process.stderr.write(`${kind} | ${line}\n`);

/** Runs an npm script and hands each line that it says to `hear`. Resolves to whether it succeeded. */
const run = async (args: readonly string[], hear: (line: string) => void): Promise<boolean> => {
  const env = { ...process.env, TEST_FAILURES: 'later' };
  const child = spawn('npm', ['run', '--silent', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', hear);
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
};

const checks = async (): Promise<Summary> => {
  const lines: string[] = [];
  const passed = await run(['check'], (line) => lines.push(line));
  say('checks', passed ? 'passed' : 'FAILED');
  return passed
    ? { passed: 1, failed: 0, skipped: 0, failures: [], names: [], slowest: [] }
    : { passed: 0, failed: 1, skipped: 0, failures: [lines.join('\n')], names: ['checks'], slowest: [] };
};

/** When Jest ran a file, in milliseconds since the epoch. */
interface TimedReport extends FileReport {
  startTime: number;
  endTime: number;
}

/** What Jest itself says of every run. */
const isNoise = /^(Running one project: |Test results written to: |$)/;

const jest = async (kind: Exclude<Kind, 'checks'>): Promise<Summary> => {
  const outputFile = join(results, `${kind}.json`);
  const lines: string[] = [];
  const ok = await run([`test:${kind}`, '--', '--json', `--outputFile=${outputFile}`], (line) => {
    if (isNoise.test(line)) return;
    lines.push(line);
    say(kind, line);
  });
  const last = lines.slice(-30).join('\n');
  if (!existsSync(outputFile))
    return { passed: 0, failed: 1, skipped: 0, failures: [last], names: [kind], slowest: [] };
  const report = JSON.parse(readFileSync(outputFile, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numRuntimeErrorTestSuites: number;
    testResults: TimedReport[];
  };
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const failedFiles = report.testResults.filter(({ status }) => status === 'failed');
  const failures = failedFiles.map(({ name, message }) => `${name.slice(root.length + 1)}\n${message}`);
  return {
    passed: report.numPassedTests,
    // A runner that fails without a failed test (a leak, a crashed worker) is a failure too.
    failed: !ok && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests,
    failures: !ok && failed === 0 ? [last] : failures,
    names: !ok && failed === 0 ? [kind] : failedFiles.flatMap((file) => failuresOf(root, file)),
    slowest: report.testResults
      .map(({ name, startTime, endTime }): [string, number] => [
        name.slice(root.length + 1),
        (endTime - startTime) / 1000,
      ])
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 10),
  };
};

const chosen = process.argv.slice(2);
const total: Summary = { passed: 0, failed: 0, skipped: 0, failures: [], names: [], slowest: [] };
try {
  for (const round of rounds) {
    const kinds = round.filter((kind) => chosen.length === 0 || chosen.includes(kind));
    const summaries = await Promise.all(
      kinds.map(async (kind) => ({ kind, ...(await (kind === 'checks' ? checks() : jest(kind))) })),
    );
    for (const { kind, passed, failed, skipped, failures, names, slowest } of summaries) {
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
      total.failures.push(...failures.map((failure) => `\n${kind}: ${failure}`));
      total.names.push(...names.map((name) => `${kind}: ${name}`));
      total.slowest.push(...slowest);
    }
  }
} finally {
  rmSync(results, { recursive: true });
}
process.stderr.write('\nThe files that took longest, side by side with others:\n');
for (const [file, seconds] of total.slowest)
  process.stderr.write(`${seconds.toFixed(0).padStart(6)} s  ${file}\n`);
for (const failure of total.failures) process.stderr.write(`${failure}\n`);
// Last, where it is found when only the end of a log was kept.
if (total.names.length > 0) process.stderr.write(`\nFailed:\n  ${total.names.join('\n  ')}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
