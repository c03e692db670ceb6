import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ClusterManager, clusterManagers } from '../../../operators/api/generated/operator.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { isConflict, isNotFound } from '../../../operators/runtime/client/errors.ts';
import {
  type Deployment,
  deployments,
  namespaces,
  type Namespace,
} from '../../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { findCondition } from '../../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, patienceFlag, toYaml, waitFor } from '../../cluster/index.ts';
import { logStream } from '../../cluster/logs.ts';
import { administratorOf } from '../administrator.ts';
import { installationOf } from '../installation.ts';
import { completeRollout, isRolledOut } from '../rollout.ts';

const root = join(import.meta.dirname, '../../..');

export const operatorNamespace = 'open-cluster-management';
export const hubNamespace = 'open-cluster-management-hub';

/** A control plane without the controllers that would tell the truth about Deployments: no node runs their Pods. */
export const controlPlaneOptions = {
  audit: true,
  extraArgs: {
    controllerManager: [
      '--controllers=*,-deployment-controller,-replicaset-controller,-deployment,-replicaset,bootstrapsigner,tokencleaner',
    ],
  },
};

export const clientOf = (controlPlane: ControlPlane): Client => administratorOf(controlPlane);

/**
 * Installs the operator as the CLI does, but for its Deployment. Resolves to a kubeconfig of its ServiceAccount, so that
 * it can do no more than its role and the admission policies let it.
 */
export const prepare = async (controlPlane: ControlPlane): Promise<string> => {
  await controlPlane.kubectl(['create', 'namespace', operatorNamespace]);
  const items = installationOf('cluster-manager', operatorNamespace);
  await controlPlane.kubectl(
    ['create', '--filename', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );
  await controlPlane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
  await waitFor('ClusterManagers to be found', async () => {
    await controlPlane.kubectl(['get', 'clustermanagers']);
    return true;
  });
  return operatorKubeconfig(controlPlane);
};

/** A kubeconfig of the operator's ServiceAccount. */
export const operatorKubeconfig = async (controlPlane: ControlPlane): Promise<string> => {
  const user = `system:serviceaccount:${operatorNamespace}:cluster-manager`;
  const file = join(controlPlane.folder, 'cluster-manager.kubeconfig');
  await writeFile(file, toYaml(await controlPlane.kubeconfigFor(user)), { mode: 0o600 });
  return file;
};

/** An operator as a process of its own, as an image would start it. */
export class OperatorProcess {
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;
  private output = '';

  constructor(
    kubeconfig: string,
    flags: string[] = [],
    env: Record<string, string> = {},
    command: 'hub' | 'klusterlet' = 'hub',
  ) {
    this.child = spawn(
      join(root, 'node_modules/.bin/node'),
      [
        join(root, 'operators/registration-operator/main.ts'),
        command,
        `--kubeconfig=${kubeconfig}`,
        `--namespace=${operatorNamespace}`,
        '--listen=127.0.0.1:0',
        '--disable-leader-election',
        '--v=4',
        ...flags,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    );
    const log = logStream('operator');
    this.closed = once(this.child, 'close').then(() => log.end());
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output = (this.output + chunk.toString()).slice(-200_000);
        log.write(chunk);
      });
  }

  get log(): string {
    return this.output;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it without giving it time for anything; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit();
  }

  /** The exit code, as soon as the process has ended and all that it said is in the log. */
  async exit(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exit();
  }
}

const retryMs = 100;

/** Stands in for nodes: makes Deployments look rolled out. */
export class Rollouts {
  private readonly client: Client;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private isOn = true;

  constructor(client: Client) {
    this.client = client;
  }

  start(): this {
    this.running = this.run();
    return this;
  }

  hold(): void {
    this.isOn = false;
  }

  async release(): Promise<void> {
    this.isOn = true;
    const { items } = await this.client.list(deployments);
    for (const deployment of items) await this.complete(deployment);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await this.client.list(deployments, { signal });
        for (const deployment of items) await this.complete(deployment);
        for await (const event of this.client.watch(deployments, {
          resourceVersion,
          signal,
          timeoutSeconds: 120,
        }))
          if (event.type === 'ADDED' || event.type === 'MODIFIED') await this.complete(event.object);
      } catch {
        // An API server that was away, or had no time: all are looked at anew.
        if (!signal.aborted) await pause(retryMs);
      }
    }
  }

  private async complete(deployment: Deployment): Promise<void> {
    if (!this.isOn || deployment.metadata.deletionTimestamp || isRolledOut(deployment)) return;
    try {
      await completeRollout(this.client, deployment);
    } catch (error) {
      // It went meanwhile, or changed, and its next event comes.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}

export const getClusterManager = (client: Client, name = 'cluster-manager'): Promise<ClusterManager> =>
  client.get(clusterManagers, name);

export const conditionOf = async (client: Client, type: string, name?: string) =>
  findCondition((await getClusterManager(client, name)).status?.conditions, type);

/** Waits until a condition has this status and reason, and returns it. */
export const waitForCondition = (
  client: Client,
  type: string,
  status: string,
  reason: string,
  name = 'cluster-manager',
) =>
  waitFor(`${type}=${status} ${reason}`, async () => {
    const clusterManager = await getClusterManager(client, name);
    const condition = findCondition(clusterManager.status?.conditions, type);
    if (condition?.status === status && condition.reason === reason) return condition;
    throw new Error(JSON.stringify(clusterManager.status?.conditions));
  });

/** Waits until the operator has looked at the present spec, and all is applied and rolled out. */
export const waitForSettled = (client: Client, name = 'cluster-manager') =>
  waitFor('the ClusterManager settled', async () => {
    const { metadata, status } = await getClusterManager(client, name);
    const applied = findCondition(status?.conditions, 'Applied');
    const progressing = findCondition(status?.conditions, 'Progressing');
    const isSettled =
      applied?.status === 'True' &&
      applied.observedGeneration === metadata.generation &&
      progressing?.status === 'False';
    if (!isSettled) throw new Error(JSON.stringify(status?.conditions));
    return status;
  });

/**
 * Waits for the add-on manager, which comes once its webhook serves: that may be after all else was settled. What status
 * says from then on is of a hub that has it.
 */
export const waitForAddOnManager = async (client: Client, name = 'cluster-manager') => {
  await waitFor('the add-on manager in status', async () => {
    const { status } = await getClusterManager(client, name);
    const listed = status?.generations?.map((entry) => entry.name) ?? [];
    if (listed.includes(`${name}-addon-manager-controller`)) return true;
    throw new Error(listed.join());
  });
  return waitForSettled(client, name);
};

export const argsOf = (deployment: UnknownObject | Deployment): string[] =>
  (deployment as Deployment).spec?.template.spec?.containers[0]?.args ?? [];

export const deploymentOf = (client: Client, suffix: string, namespace = hubNamespace): Promise<Deployment> =>
  client.get(deployments, `cluster-manager-${suffix}`, namespace);

export const namespaceOf = (client: Client, name: string): Promise<Namespace | undefined> =>
  client.find(namespaces, name);
