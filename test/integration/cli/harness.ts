import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { runCli } from '../../../cli/program/program.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../../cluster/index.ts';
import { repositoryFolder } from '../../cluster/paths.ts';

/** Kubernetes objects as kubectl prints them; the tests look into all of their corners. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Any = any;

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export const program = join(repositoryFolder, 'cli/main.ts');

/** Runs a command with nothing of this process's environment but PATH and what is given. */
export const runCommand = (
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  input = '',
): Promise<Result> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env } });
    const result: Result = { code: -1, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (result.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (result.stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code: code ?? -1 }));
    child.stdin.end(input);
  });

/**
 * One API server for the tests of a file, which is hub, managed and hosting cluster at once. Nothing runs on it, so that
 * what is there is what the CLI made.
 */
export const useCluster = (name: string) => {
  let cluster: ControlPlane;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `${name}-`));
    cluster = await startControlPlane({ name });
  });
  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const cache = () => join(folder, 'compiled');
  /** Runs the CLI from source in a process of its own, as a user who has no kubeconfig at home. */
  const run = (args: readonly string[], input?: string): Promise<Result> =>
    runCommand(process.execPath, [program, ...args], { HOME: folder, NODE_COMPILE_CACHE: cache() }, input);
  /** Runs the CLI in this process, which a process of its own each time would cost more than the command itself. */
  const cli = async (...args: string[]): Promise<Result> => {
    const result: Result = { code: -1, stdout: '', stderr: '' };
    result.code = await runCli('clusteradm', ['--kubeconfig', cluster.kubeconfigPath, ...args], {
      print: (text) => (result.stdout += text),
      note: (text) => (result.stderr += text),
      terminal: false,
    });
    return result;
  };
  const ended = ({ code, stdout, stderr }: Result, args: string[]): Error =>
    new Error(
      `clusteradm ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`.replaceAll(/eyJ\S+/g, '<token>'),
    );

  /** Stderr of a command that must fail. */
  const fail = async (...args: string[]): Promise<string> => {
    const result = await cli(...args);
    if (result.code !== 1) throw ended(result, args);
    return result.stderr;
  };
  const kubectl = (...args: string[]): Promise<string> => cluster.kubectl(args);
  return {
    cluster: () => cluster,
    path: (file: string) => join(folder, file),
    run,
    cli,
    /** Stdout of a command that must succeed. */
    succeed: async (...args: string[]): Promise<string> => {
      const result = await cli(...args);
      if (result.code !== 0) throw ended(result, args);
      return result.stdout;
    },
    fail,
    /**
     * Stderr of a command whose wait must end in vain. Where a second is too short to see anything, so that it cannot say
     * what is missing, it is given more.
     */
    failToWait: async (...args: string[]): Promise<string> => {
      for (let seconds = 1; ; seconds *= 4) {
        const stderr = await fail(...args, `--timeout=${seconds}`);
        if (!stderr.includes('nothing seen yet')) return stderr;
      }
    },
    file: async (file: string, content: string): Promise<string> => {
      await writeFile(join(folder, file), content);
      return join(folder, file);
    },
    kubectl,
    get: async (...args: string[]): Promise<Any> => JSON.parse(await kubectl('get', '-o', 'json', ...args)),
    exists: async (...args: string[]): Promise<boolean> =>
      (await kubectl('get', '--ignore-not-found', '-o', 'name', ...args)) !== '',
    apply: (object: object): Promise<string> =>
      cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(object)),
    setStatus: (status: object, ...target: string[]): Promise<string> => {
      const patch = JSON.stringify({ status });
      return kubectl('patch', '--subresource=status', '--type=merge', '-p', patch, ...target);
    },
    /** What the operator would do: all kinds of a hub and of a managed cluster. */
    installCrds: async (): Promise<void> => {
      await kubectl('apply', '--server-side', '--force-conflicts', '-f', join(repositoryFolder, 'crds'));
      await kubectl('wait', '--for=condition=Established', 'crd', '--all', patienceFlag);
      await waitFor('the kinds to be found', async () => {
        const wanted = await kubectl('get', 'crds', '--output=jsonpath={.items[*].metadata.name}');
        const found = (await kubectl('api-resources', '--output=name')).split('\n');
        return wanted.split(' ').every((name) => found.includes(name));
      });
    },
  };
};

export const condition = (type: string, status: 'True' | 'False') => ({
  type,
  status,
  reason: 'Tested',
  message: 'tested',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
