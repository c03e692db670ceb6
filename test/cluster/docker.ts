import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, open, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from './command.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './paths.ts';
import { withProgress } from './progress.ts';
import { waitFor } from './wait.ts';

/** Runs the docker CLI and returns its stdout, without the final line break. */
export const docker = async (
  args: readonly string[],
  options: { input?: string; timeout?: number } = {},
): Promise<string> => (await run('docker', args, options)).stdout.trimEnd();

/** The folder that holds an executable of PATH; undefined when there is none. */
export const findExecutable = async (name: string): Promise<string | undefined> => {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return undefined;
};

const isDebianRoot = async (): Promise<boolean> =>
  process.getuid?.() === 0 && (await findExecutable('apt-get')) !== undefined;

/** Which of these executables are missing, as the Debian packages that bring them. */
const missingPackages = async (packages: Record<string, string>): Promise<string[]> => {
  const missing: string[] = [];
  for (const [executable, name] of Object.entries(packages))
    if ((await findExecutable(executable)) === undefined) missing.push(name);
  return [...new Set(missing)];
};

/**
 * Installs what is missing of the executables, which are given with the Debian package of each. Only on Debian as
 * root; elsewhere throws, naming what to install and why.
 */
export const ensurePackages = async (why: string, packages: Record<string, string>): Promise<void> => {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  if (!(await isDebianRoot()))
    throw new Error(
      `${why} needs ${missing.join(', ')}. Install it with your system's package manager ` +
        `(on Debian or Ubuntu: sudo apt-get install --no-install-recommends ${missing.join(' ')}) and run again.`,
    );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = async () => {
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '--yes', '--no-install-recommends', ...missing], { env });
  };
  // apt-get does not wait for another one, but fails.
  await withProgress(`Installing ${missing.join(', ')} from Debian's packages`, 'half a minute', () =>
    withLock('debian-packages', install),
  );
};

/** Whether a Docker engine answers the docker CLI. */
export const engineAnswers = async (): Promise<boolean> => {
  try {
    return (await docker(['version', '--format', '{{.Server.Version}}'], { timeout: 60_000 })) !== '';
  } catch {
    return false;
  }
};

const engineFolder = (): string => join(cacheFolder(), 'docker');

/** Starts the engine as the system's service where there is one, else dockerd in the background. */
const startEngine = async (): Promise<void> => {
  if (existsSync('/run/systemd/system')) {
    await run('systemctl', ['start', 'docker']);
    await waitFor('Docker engine', engineAnswers, { interval: 250 });
  } else await startDaemon();
};

/**
 * Below /docker, where the engine puts them, all containers together have the scheduler's share of one process. With the
 * first version of control groups, a share is had against each process that has no group, such as all tests are then.
 */
const sharesOfTheirOwn = (): string[] =>
  existsSync('/sys/fs/cgroup/cgroup.controllers') ? [] : ['--cgroup-parent=/'];

/** Starts dockerd by hand, for as long as the machine runs. */
const startDaemon = async (): Promise<void> => {
  const folder = engineFolder();
  await mkdir(folder, { recursive: true });
  const logPath = join(folder, 'dockerd.log');
  const log = await open(logPath, 'w');
  const args = [`--pidfile=${join(folder, 'dockerd.pid')}`, ...sharesOfTheirOwn()];
  const engine = spawn('dockerd', args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  let ended: string | undefined;
  engine.on('error', (error) => (ended = error.message));
  engine.on('exit', (status, signal) => (ended = `ended with ${signal ?? `status ${status}`}`));
  engine.unref();
  await log.close();
  const outcome = await waitFor(
    'Docker engine',
    async () => ended ?? ((await engineAnswers()) ? 'answers' : undefined),
    { interval: 250 },
  );
  if (outcome === 'answers') return;
  const tail = (await readFile(logPath, 'utf8')).trimEnd().split('\n').slice(-10).join('\n');
  throw new Error(`dockerd ${outcome}. The end of ${logPath}:\n${tail}`);
};

const packagesOfEngine = {
  docker: 'docker.io',
  dockerd: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
};

/**
 * Makes sure that a Docker engine answers. One that runs already is used as it is and never stopped. Otherwise, on
 * Debian as root, what is missing is installed and dockerd is started by hand; its pid file and log are in the cache
 * folder. Elsewhere throws, saying what to install and start.
 */
export const ensureDocker = async (): Promise<void> => {
  const hasClient = (await findExecutable('docker')) !== undefined;
  if (hasClient && (await engineAnswers())) return;
  if (!(await isDebianRoot()))
    throw new Error(
      hasClient
        ? 'No Docker engine answers. Start it (sudo systemctl start docker, or Docker Desktop), make sure that ' +
            '`docker version` prints a Server section for your user, and run again.'
        : 'Docker is needed to run clusters. Install it (https://docs.docker.com/engine/install/), start it, and run again.',
    );
  await withLock('docker-engine', async () => {
    if (await engineAnswers()) return;
    await ensurePackages('A Docker engine', packagesOfEngine);
    // Installing the package may have started it.
    if (await engineAnswers()) return;
    await withProgress('Starting a Docker engine', '5 seconds', startEngine);
  });
};
