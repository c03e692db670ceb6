import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spokeRegistrationFeatures, spokeWorkFeatures } from '../api/features.ts';
import { registrationAgentFlags } from '../registration/agent/flags.ts';
import { controllerCommand, type Flags, type Process } from '../runtime/process/command.ts';
import { watchFiles } from '../runtime/process/watched-files.ts';
import { workAgentFlags } from '../work/agent/flags.ts';

/** The flags of both agents; the gates of both under one flag (operator.md 1.1). */
const agentFlags = {
  ...registrationAgentFlags,
  ...workAgentFlags,
  'feature-gates': {
    ...workAgentFlags['feature-gates'],
    gates: { ...spokeRegistrationFeatures, ...spokeWorkFeatures },
  },
} as const;

export type AgentFlags = Flags<typeof agentFlags>;

/** Text of a file, without the blanks around it; empty while there is none. */
const contentOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');

/**
 * Resolves to the cluster's name as soon as the registration agent has left a kubeconfig of the hub and that name in
 * its folder; to undefined when the process stops before.
 */
const untilRegistered = (
  flags: Pick<AgentFlags, 'hub-kubeconfig-dir' | 'workload-source-config' | 'spoke-cluster-name'>,
  { log, signal }: Pick<Process, 'log' | 'signal'>,
): Promise<string | undefined> => {
  const kubeconfig = flags['workload-source-config'];
  const nameFile = join(flags['hub-kubeconfig-dir'], 'cluster-name');
  const registeredName = () =>
    contentOf(kubeconfig) === '' ? '' : flags['spoke-cluster-name'] || contentOf(nameFile);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const done = new AbortController();
  const look = () => {
    const name = registeredName();
    if (name !== '') resolve(name);
  };
  signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: done.signal });
  watchFiles([kubeconfig, nameFile], {
    log,
    signal: AbortSignal.any([signal, done.signal]),
    onChange: look,
    missing: 'watch',
  });
  if (signal.aborted) resolve(undefined);
  look();
  return promise.finally(() => done.abort());
};

/**
 * Runs both agents of a cluster in one process, the work agent from when the cluster is registered. Rejects as soon as
 * one of them fails: the process is then started anew as a whole.
 */
const runAgents = async (process: Process, flags: AgentFlags): Promise<void> => {
  const { startRegistrationAgent } = await import('../registration/agent/start.ts');
  const work = async () => {
    const clusterName = await untilRegistered(flags, process);
    if (clusterName === undefined) return;
    process.log.info('the cluster is registered; starting the work agent', { cluster: clusterName });
    const { startWorkAgent } = await import('../work/agent/start.ts');
    await startWorkAgent(process, { ...flags, 'spoke-cluster-name': clusterName });
  };
  await Promise.all([startRegistrationAgent(process, flags), work()]);
};

/** `registration-operator agent`: the agent of the singleton modes (operator.md 1.1, 5.5). */
export const agentCommand = controllerCommand({
  help: 'Start the registration and the work agent of a managed cluster in one process',
  component: 'klusterlet-agent',
  flags: agentFlags,
  appliesTlsFlags: true,
  run: runAgents,
});
