import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Placement,
  type PlacementDecision,
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
  placementDecisions,
  placements,
} from '../../../operators/api/generated/cluster.ts';
import { label } from '../../../operators/api/names.ts';
import type { Informer } from '../../../operators/runtime/cache/informer.ts';
import { createInformers } from '../../../operators/runtime/cache/informers.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { Resource } from '../../../operators/runtime/client/resource.ts';
import { createLogger } from '../../../operators/runtime/process/logger.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';
import { logStream } from '../../cluster/logs.ts';
import { repositoryFolder } from '../../cluster/paths.ts';
import { accountKubeconfig } from '../account.ts';
import { deploymentOf, hubNamespace } from './harness.ts';

const namespace = 'default';
const name = 'kept';
const clusters = ['kept-1', 'kept-2'];
const decision = { name: `${name}-decision-1`, namespace };

/**
 * A Placement with a decision that was made before this hub had anybody to make one: for the second of two clusters, of
 * which the first would be chosen by who begins anew.
 */
export class KeptDecisions {
  readonly #client: Client;
  readonly #seen: PlacementDecision[] = [];
  readonly #stop = new AbortController();
  #controller: ChildProcess | undefined;
  #rounds = 0;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** The kinds must have been applied, and webhooks not be in the way yet. */
  static async create(client: Client): Promise<KeptDecisions> {
    const kinds = [
      managedClusterSets,
      managedClusterSetBindings,
      managedClusters,
      placements,
      placementDecisions,
    ];
    await waitFor('the kinds to be served', () =>
      Promise.all(kinds.map((kind) => client.list(kind as Resource))),
    );
    await client.create(managedClusterSets, { metadata: { name } });
    await client.create(managedClusterSetBindings, {
      metadata: { name, namespace },
      spec: { clusterSet: name },
    });
    for (const cluster of clusters)
      await client.create(managedClusters, {
        metadata: { name: cluster, labels: { [label.clusterSet]: name } },
        spec: { hubAcceptsClient: false },
      });
    const { metadata } = await client.create<Placement>(placements, {
      metadata: { name, namespace },
      spec: { clusterSets: [name], numberOfClusters: 1 },
    });
    const owner = { apiVersion: 'cluster.open-cluster-management.io/v1beta1', kind: 'Placement', name };
    await client.create<PlacementDecision>(placementDecisions, {
      metadata: {
        ...decision,
        labels: {
          [label.placement]: name,
          [label.decisionGroupName]: '',
          [label.decisionGroupIndex]: '0',
        },
        ownerReferences: [{ ...owner, uid: metadata.uid!, controller: true, blockOwnerDeletion: true }],
      },
    });
    const body = { status: { decisions: [{ clusterName: clusters[1], reason: '' }] } };
    await client.patch(placementDecisions, decision, { type: 'merge', body }, { subresource: 'status' });
    const kept = new KeptDecisions(client);
    await kept.#watch();
    return kept;
  }

  async #watch(): Promise<void> {
    const informers = createInformers(this.#client, { logger: createLogger({ v: 0 }) });
    const informer: Informer<PlacementDecision> = informers.informer(placementDecisions, { namespace });
    informer.onChange(({ type, object }) => {
      if (object.metadata.name === name || object.metadata.labels?.[label.placement] === name)
        this.#seen.push(type === 'deleted' ? { ...object, status: undefined } : object);
    });
    informers.start(this.#stop.signal);
    await informer.waitForSync();
  }

  /** Every state that the decisions have had since they were made: versions and clusters. */
  get states(): string[] {
    return this.#seen.map(({ metadata, status }) =>
      [
        `${metadata.name}/${metadata.uid}/${metadata.resourceVersion}`,
        ...(status?.decisions ?? []).map(({ clusterName }) => clusterName),
      ].join(' '),
    );
  }

  /** What is stored now, as one of the states. */
  async now(): Promise<string> {
    const { metadata, status } = await this.#client.get(placementDecisions, decision.name, namespace);
    const named = (status?.decisions ?? []).map(({ clusterName }) => clusterName);
    return [`${metadata.name}/${metadata.uid}/${metadata.resourceVersion}`, ...named].join(' ');
  }

  /**
   * Runs the controller as the Deployment has it, by the rights of its ServiceAccount, as no node does. Resolves when it
   * has looked at the Placement, of which something changes that makes no difference.
   */
  async decide(controlPlane: ControlPlane): Promise<void> {
    const deployment = await deploymentOf(this.#client, 'placement-controller');
    const { serviceAccountName = '', containers } = deployment.spec!.template.spec!;
    const account = { name: serviceAccountName, namespace: hubNamespace };
    const kubeconfig = join(controlPlane.folder, 'placement.kubeconfig');
    await writeFile(kubeconfig, await accountKubeconfig(this.#client, controlPlane, account), {
      mode: 0o600,
    });
    const [, ...args] = containers[0]!.args!;
    const spec = { tolerations: [{ key: `round-${++this.#rounds}`, operator: 'Exists' }] };
    await this.#client.patch(placements, { name, namespace }, { type: 'merge', body: { spec } });
    this.#controller = spawn(
      process.execPath,
      [
        ...['operators/placement/main.ts', ...args],
        ...[`--kubeconfig=${kubeconfig}`, `--namespace=${hubNamespace}`, '--listen=127.0.0.1:0'],
        // One whose rights are gone before it ends cannot give up its lease; shorter ones are lost on a busy machine.
        ...['lease-duration=30s', 'renew-deadline=25s', 'retry-period=2s'].map(
          (flag) => `--leader-election-${flag}`,
        ),
      ],
      { cwd: repositoryFolder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const log = logStream('placement-controller');
    for (const output of [this.#controller.stdout!, this.#controller.stderr!])
      output.pipe(log, { end: false });
    await waitFor('the Placement to be decided on', async () => {
      const { metadata, status } = await this.#client.get(placements, name, namespace);
      const satisfied = status?.conditions?.find(({ type }) => type === 'PlacementSatisfied');
      const isSo = satisfied?.status === 'True' && satisfied.observedGeneration === metadata.generation;
      return isSo && status?.numberOfSelectedClusters === 1;
    });
  }

  /** Ends the controller, as a Deployment that goes ends its Pods. */
  async stopDeciding(): Promise<void> {
    const running = this.#controller;
    this.#controller = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    await ended;
  }

  /** Takes away the clusters, for which the removal of a hub waits. */
  async remove(): Promise<void> {
    for (const cluster of clusters) await this.#client.delete(managedClusters, { name: cluster });
  }

  async stop(): Promise<void> {
    await this.stopDeciding();
    this.#stop.abort();
  }
}
