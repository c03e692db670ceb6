/**
 * How long the command line takes where it asks no cluster: `node test/bench/command-line.ts`. The executable is built as a
 * release builds it. Beside each figure stands what Node alone takes to start and to end on this machine just then: the rest
 * is ours.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryFolder } from '../cluster/paths.ts';
import { figure, percentile } from './figures.ts';

const RUNS = 30;

/** Milliseconds of each run of a command line by this Node. */
const timesOf = (args: readonly string[]): number[] =>
  Array.from({ length: RUNS }, () => {
    const start = performance.now();
    execFileSync(process.execPath, args, { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
    return performance.now() - start;
  });

const folder = mkdtempSync(join(tmpdir(), 'bench-command-line-'));
try {
  execFileSync(process.execPath, [join(repositoryFolder, 'scripts/build.ts'), 'clusteradm'], {
    env: { ...process.env, DIST: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const clusteradm = join(folder, 'clusteradm');
  figure('floor: Node starts and ends, median', percentile(timesOf(['--eval', '0']), 0.5), 'ms');
  figure('clusteradm --help, median', percentile(timesOf([clusteradm, '--help']), 0.5), 'ms', '100');
  figure(
    'clusteradm get --help, median',
    percentile(timesOf([clusteradm, 'get', '--help']), 0.5),
    'ms',
    '100',
  );
  figure('clusteradm version, median', percentile(timesOf([clusteradm, 'version']), 0.5), 'ms');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
