import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlPlane } from '../../cluster/index.ts';
import { logFolderOf } from '../../cluster/logs.ts';
import { patienceFlag, waitFor } from '../../cluster/index.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const crds = join(repository, 'crds');

/** Installs kinds, and waits until they are served. */
export const installCrds = async (controlPlane: ControlPlane, ...names: string[]): Promise<void> => {
  const files = names.flatMap((name) => ['--filename', join(crds, `${name}.yaml`)]);
  await controlPlane.kubectl(['create', ...files]);
  const definitions = names.map((name) => `customresourcedefinition/${name}`);
  await controlPlane.kubectl(['wait', '--for=condition=Established', patienceFlag, ...definitions]);
  await waitFor(`${names.join()} to be served`, () =>
    controlPlane.kubectl(['get', names.join(), '--all-namespaces']).then(() => true),
  );
};

export interface RunningAgent {
  readonly pid: number;
  /** File with the agent's log. */
  readonly log: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface AgentOptions {
  hub: ControlPlane;
  spoke: ControlPlane;
  cluster: string;
  args?: readonly string[];
  /** Run this file instead of the source. */
  program?: string;
}

let runs = 0;

/** Starts the work agent as a process, against the hub and the managed cluster as their administrator. */
export const startAgent = async ({
  hub,
  spoke,
  cluster,
  args = [],
  program = join(repository, 'operators/work/main.ts'),
}: AgentOptions): Promise<RunningAgent> => {
  const log = join(logFolderOf(spoke.folder), `work-agent-${++runs}.log`);
  const config = join(spoke.folder, 'agent-config.yaml');
  await writeFile(config, '');
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--max-semi-space-size=1',
      program,
      'agent',
      `--kubeconfig=${spoke.kubeconfigPath}`,
      `--workload-source-config=${hub.kubeconfigPath}`,
      `--spoke-cluster-name=${cluster}`,
      '--listen=127.0.0.1:0',
      '--disable-leader-election',
      ...args,
    ],
    { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const file = createWriteStream(log);
  child.stdout!.pipe(file, { end: false });
  child.stderr!.pipe(file, { end: false });
  await once(child, 'spawn');
  return {
    pid: child.pid!,
    log,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
};
