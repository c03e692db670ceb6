/**
 * `make test`: the checks and the three kinds of tests, then one line that counts them. Ends with exit code 1 when
 * anything failed, a check included. `node scripts/test.ts unit e2e` runs only these.
 *
 * All run side by side where there is memory for it: each waits a lot, and alone would leave half of the machine idle.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { totalmem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

type Kind = 'checks' | 'unit' | 'integration' | 'e2e';

const root = join(import.meta.dirname, '..');
const results = mkdtempSync(join(tmpdir(), 'test-results-'));
/** All at once have taken up to 12.6e9 bytes. */
const memoryForAll = 15e9;
/** What runs side by side; one round after the other. */
const rounds: Kind[][] =
  totalmem() > memoryForAll
    ? [['checks', 'unit', 'integration', 'e2e']]
    : [['checks', 'unit'], ['integration'], ['e2e']];

/** Runs an npm script; what it says goes to stderr with the kind before each line. */
const run = async (kind: Kind, args: readonly string[]): Promise<boolean> => {
  const child = spawn('npm', ['run', '--silent', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => process.stderr.write(`${kind} | ${line}\n`));
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0;
};

const checks = async (): Promise<Summary> => {
  const passed = await run('checks', ['check']);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
};

const jest = async (kind: Exclude<Kind, 'checks'>): Promise<Summary> => {
  const outputFile = join(results, `${kind}.json`);
  const ok = await run(kind, [`test:${kind}`, '--', '--json', `--outputFile=${outputFile}`]);
  if (!existsSync(outputFile)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(outputFile, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numRuntimeErrorTestSuites: number;
  };
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    // A runner that fails without a failed test (a leak, a crashed worker) is a failure too.
    failed: !ok && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests,
  };
};

const chosen = process.argv.slice(2);
const total: Summary = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const round of rounds) {
    const kinds = round.filter((kind) => chosen.length === 0 || chosen.includes(kind));
    const summaries = await Promise.all(kinds.map((kind) => (kind === 'checks' ? checks() : jest(kind))));
    for (const { passed, failed, skipped } of summaries) {
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
    }
  }
} finally {
  rmSync(results, { recursive: true });
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
