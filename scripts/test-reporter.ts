/**
 * What a run of Jest says, for whoever waits for it: from time to time how far it is, a line for each file that fails, and
 * at the end what failed. What the programs under test log is kept in files: of files that fail until somebody has looked,
 * of the others only with TEST_LOGS=FOLDER.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** The parts of Jest's results that are read here. */
interface FileResult {
  testFilePath: string;
  numFailingTests: number;
  testExecError?: unknown;
  /** All that failed in the file, in Jest's words; also what the report in JSON gives as its message. */
  failureMessage?: string | null;
}
interface Results {
  numTotalTestSuites: number;
  numPassedTestSuites: number;
  numFailedTestSuites: number;
  numPendingTestSuites: number;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: FileResult[];
}

const root = join(import.meta.dirname, '..');
/** Milliseconds between two lines about how far the run is. */
const interval = 30_000;
/** Lines of a file's logs that are shown when it fails. */
const shown = 20;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const doneOf = (results: Results): number =>
  results.numPassedTestSuites + results.numFailedTestSuites + results.numPendingTestSuites;

/** The last lines of level error in the logs of a folder, each with its file. */
const errorsIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.log'))
    .flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"level":"error"'))
        .map((line) => ({ file, line })),
    )
    .slice(-shown)
    .map(({ file, line }) => `    ${file}: ${line}`);

export default class TestReporter {
  readonly #keepsAll = process.env['TEST_LOGS'] !== undefined;
  readonly #logs = (process.env['TEST_LOGS'] ??= mkdtempSync(join(tmpdir(), 'test-logs-')));
  readonly #started = performance.now();
  #said = performance.now();

  onTestFileResult(_test: unknown, result: FileResult, results: Results): void {
    const file = relative(root, result.testFilePath);
    const folder = join(this.#logs, file);
    if (result.numFailingTests > 0 || result.testExecError) {
      say(`FAIL ${file}`);
      if (existsSync(folder)) result.failureMessage = `${result.failureMessage}\n${this.#about(folder)}`;
    } else if (!this.#keepsAll) rmSync(folder, { recursive: true, force: true });
    if (performance.now() - this.#said < interval || doneOf(results) === results.numTotalTestSuites) return;
    this.#said = performance.now();
    this.#sayHowFar(results);
  }

  onRunComplete(_contexts: unknown, results: Results): void {
    if (results.numFailedTestSuites === 0 && !this.#keepsAll) rmSync(this.#logs, { recursive: true });
    if (process.env['TEST_FAILURES'] !== 'later')
      for (const { failureMessage } of results.testResults) if (failureMessage) say(failureMessage);
    this.#sayHowFar(results);
  }

  #about(folder: string): string {
    const errors = errorsIn(folder);
    const found = errors.length > 0 ? `; the last lines of level error:\n${errors.join('\n')}` : '';
    return `  Logs of what it started: ${folder}${found}\n`;
  }

  #sayHowFar(results: Results): void {
    const { numPassedTests, numFailedTests, numPendingTests, numTotalTestSuites } = results;
    const done = doneOf(results);
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    const tests = `${numPassedTests} passed, ${numFailedTests} failed${skipped}`;
    say(`${done} of ${numTotalTestSuites} files, tests: ${tests} (${seconds} s)`);
  }
}
