/**
 * `make test`: the checks and the three kinds of tests, one after the other, then one line that counts them. Ends with
 * exit code 1 when anything failed, a check included. `node scripts/test.ts unit e2e` runs only these.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

const root = join(import.meta.dirname, '..');
const results = mkdtempSync(join(tmpdir(), 'test-results-'));

const run = (command: string, args: string[]): boolean =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;

const banner = (title: string) => process.stderr.write(`\n=== ${title}\n`);

const checks = (): Summary => {
  banner('checks');
  const passed = run('npm', ['run', '--silent', 'check']);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
};

const jest = (project: string): Summary => {
  banner(`${project} tests`);
  const outputFile = join(results, `${project}.json`);
  const ok = run('npm', ['run', '--silent', `test:${project}`, '--', '--json', `--outputFile=${outputFile}`]);
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
const kinds: [string, () => Summary][] = [
  ['checks', checks],
  ...['unit', 'integration', 'e2e'].map((project): [string, () => Summary] => [project, () => jest(project)]),
];
const total: Summary = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const [name, runKind] of kinds) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const { passed, failed, skipped } = runKind();
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
} finally {
  rmSync(results, { recursive: true });
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
