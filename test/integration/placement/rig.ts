import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type AddOnPlacementScore,
  type ManagedCluster,
  type ManagedClusterSet,
  type Placement,
  type PlacementDecision,
  type PlacementSpec,
  addOnPlacementScores,
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
  placementDecisions,
  placements,
} from '../../../operators/api/generated/cluster.ts';
import { label } from '../../../operators/api/names.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { type Event, events, namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import type { Condition, KubeObject } from '../../../operators/runtime/client/object.ts';
import {
  type ControlPlane,
  readAuditLog,
  startControlPlane,
  waitFor,
  writesOf,
} from '../../cluster/index.ts';
import { logStream } from '../../cluster/logs.ts';
import { administratorOf } from '../administrator.ts';
import { installCrds } from '../work/agent.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

const crds = [managedClusters, managedClusterSets, managedClusterSetBindings, placements, placementDecisions]
  .concat([addOnPlacementScores as never])
  .map(({ plural, group }) => `${plural}.${group}`);

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

/** Ends a process. */
export const endOf = async (process: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  const ended = once(process, 'exit');
  process.kill(signal);
  await ended;
};

/** A hub with a placement controller, a process of its own. */
export class PlacementRig {
  readonly hub: ControlPlane;
  readonly client: Client;
  readonly #controllers = new Set<ChildProcess>();
  /** What controllers have logged so far. */
  log = '';

  private constructor(hub: ControlPlane) {
    this.hub = hub;
    this.client = administratorOf(hub);
  }

  static async start(name: string): Promise<PlacementRig> {
    const hub = await startControlPlane({ name, audit: true });
    await installCrds(hub, ...crds);
    const rig = new PlacementRig(hub);
    await rig.startController();
    return rig;
  }

  /** Starts a controller, by default one that nobody else may lead in place of. */
  async startController(flags: string[] = ['--disable-leader-election']): Promise<ChildProcess> {
    const controller = spawn(
      process.execPath,
      [
        'operators/placement/main.ts',
        'controller',
        `--kubeconfig=${this.hub.kubeconfigPath}`,
        '--listen=127.0.0.1:0',
        ...flags,
      ],
      { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#controllers.add(controller);
    const log = logStream('placement-controller');
    for (const output of [controller.stdout!, controller.stderr!]) {
      output.pipe(log, { end: false });
      output.on('data', (text: Buffer) => (this.log += text.toString()));
    }
    await once(controller, 'spawn');
    return controller;
  }

  /** Ends all controllers. */
  async stopController(): Promise<void> {
    const running = [...this.#controllers].filter(isRunning);
    this.#controllers.clear();
    await Promise.all(running.map((controller) => endOf(controller, 'SIGTERM')));
  }

  get isRunning(): boolean {
    return [...this.#controllers].every(isRunning);
  }

  async stop(): Promise<void> {
    await this.stopController();
    await this.client.close();
    await this.hub.stop();
  }

  /** Writes so far of the controller, or of who has another user agent, Events and leases apart. */
  async writes(
    userAgent = 'placement',
  ): Promise<{ verb: string; resource?: string; namespace?: string; name?: string }[]> {
    const made = writesOf(await readAuditLog(this.hub.auditLogPath!));
    return made
      .filter((event) => event.userAgent === userAgent)
      .map(({ verb, objectRef: { resource, namespace, name } = { resource: '' } }) => ({
        verb,
        resource,
        namespace,
        name,
      }));
  }

  /** A namespace, and a set of the same name that is bound to it. */
  async tenant(name: string, { isBound = true } = {}): Promise<Tenant> {
    await this.client.create(namespaces, { metadata: { name } });
    await this.client.create(managedClusterSets, { metadata: { name } });
    const tenant = new Tenant(this, name);
    if (isBound) await tenant.bind(name);
    return tenant;
  }
}

export interface ClusterFacts {
  labels?: Record<string, string>;
  /** The set that it is in; default that of the tenant. */
  set?: string;
  taints?: NonNullable<ManagedCluster['spec']>['taints'];
  status?: Partial<NonNullable<ManagedCluster['status']>>;
  finalizers?: string[];
}

/** Whose placements choose from one set. Names of clusters begin with that of the tenant. */
export class Tenant {
  readonly #rig: PlacementRig;
  readonly name: string;

  constructor(rig: PlacementRig, name: string) {
    this.#rig = rig;
    this.name = name;
  }

  get #client(): Client {
    return this.#rig.client;
  }

  async bind(set: string): Promise<void> {
    await this.#client.create(managedClusterSetBindings, {
      metadata: { name: set, namespace: this.name },
      spec: { clusterSet: set },
    });
  }

  async unbind(set: string): Promise<void> {
    await this.#client.delete(managedClusterSetBindings, { name: set, namespace: this.name });
  }

  clusterName(short: string): string {
    return `${this.name}-${short}`;
  }

  async cluster(short: string, facts: ClusterFacts = {}): Promise<ManagedCluster> {
    const { labels, set = this.name, taints, status, finalizers } = facts;
    const made = await this.#client.create<ManagedCluster>(managedClusters, {
      metadata: {
        name: this.clusterName(short),
        labels: { ...(set && { [label.clusterSet]: set }), ...labels },
        finalizers,
      },
      spec: { hubAcceptsClient: true, ...(taints && { taints }) },
    });
    return status ? this.report(short, status) : made;
  }

  /** One after the other: whoever has not heard of all of them has heard of the first ones. */
  async clusters(...shorts: string[]): Promise<void> {
    for (const short of shorts) await this.cluster(short);
  }

  change(short: string, body: object): Promise<ManagedCluster> {
    return this.#client.patch(managedClusters, { name: this.clusterName(short) }, { type: 'merge', body });
  }

  report(short: string, status: object): Promise<ManagedCluster> {
    const name = { name: this.clusterName(short) };
    const patch = { type: 'merge' as const, body: { status } };
    return this.#client.patch(managedClusters, name, patch, { subresource: 'status' });
  }

  async removeCluster(short: string): Promise<void> {
    await this.#client.delete(managedClusters, { name: this.clusterName(short) });
  }

  place(name: string, spec: PlacementSpec = {}, metadata: object = {}): Promise<Placement> {
    const object = { metadata: { ...metadata, name, namespace: this.name }, spec };
    return this.#client.create<Placement>(placements, object);
  }

  edit(name: string, spec: object): Promise<Placement> {
    const key = { name, namespace: this.name };
    return this.#client.patch(placements, key, { type: 'merge', body: { spec } });
  }

  async placement(name: string): Promise<Placement> {
    return this.#client.get(placements, name, this.name);
  }

  async decisions(name: string): Promise<PlacementDecision[]> {
    const labelSelector = `${label.placement}=${name}`;
    const { items } = await this.#client.list(placementDecisions, { namespace: this.name, labelSelector });
    const shardOf = ({ metadata }: PlacementDecision) => Number(/\d+$/.exec(metadata.name)![0]);
    return items.toSorted((a, b) => shardOf(a) - shardOf(b));
  }

  /** The clusters that decisions name, without the name of the tenant, in order. */
  async selected(name: string): Promise<string[]> {
    const all = await this.decisions(name);
    return all.flatMap(({ status }) =>
      (status?.decisions ?? []).map(({ clusterName }) => clusterName.replace(`${this.name}-`, '')),
    );
  }

  /** Waits until decisions name these clusters and no others, and the status counts them. */
  async selects(name: string, ...shorts: string[]): Promise<Placement> {
    let seen: unknown;
    return waitFor(`${this.name}/${name} to select ${shorts.join(', ') || 'nothing'}`, async () => {
      const [selected, placement] = [await this.selected(name), await this.placement(name)];
      seen = { selected, status: placement.status };
      const isThat = JSON.stringify(selected) === JSON.stringify(shorts);
      if (isThat && placement.status?.numberOfSelectedClusters === shorts.length) return placement;
      throw new Error(JSON.stringify(seen));
    });
  }

  /** Waits until a condition has a status and a reason. */
  async says(name: string, type: string, status: string, reason: string): Promise<Condition> {
    return waitFor(`${this.name}/${name} to say ${type}=${status} (${reason})`, async () => {
      const { status: shown } = await this.placement(name);
      const condition = shown?.conditions?.find((each) => each.type === type);
      if (condition?.status === status && condition.reason === reason) return condition;
      throw new Error(JSON.stringify(shown));
    });
  }

  async score(short: string, resource: string, values: Record<string, number>, validUntil?: string) {
    const key = { name: resource, namespace: this.clusterName(short) };
    if (!(await this.#client.find(namespaces, key.namespace)))
      await this.#client.create(namespaces, { metadata: { name: key.namespace } });
    if (!(await this.#client.find(addOnPlacementScores, key.name, key.namespace)))
      await this.#client.create<AddOnPlacementScore>(addOnPlacementScores, { metadata: key });
    const scores = Object.entries(values).map(([name, value]) => ({ name, value }));
    const body = { status: { scores, validUntil } };
    await this.#client.patch(addOnPlacementScores, key, { type: 'merge', body }, { subresource: 'status' });
  }

  async events(name: string): Promise<Event[]> {
    const { items } = await this.#client.list(events, { namespace: this.name });
    return items.filter(({ regarding }) => regarding?.name === name);
  }

  async changeSet(set: string, spec: ManagedClusterSet['spec']): Promise<void> {
    await this.#client.patch(managedClusterSets, { name: set }, { type: 'merge', body: { spec } });
  }

  async makeSet(set: string, spec?: ManagedClusterSet['spec']): Promise<void> {
    await this.#client.create(managedClusterSets, { metadata: { name: set }, ...(spec && { spec }) });
  }

  async removeSet(set: string): Promise<void> {
    await this.#client.delete(managedClusterSets, { name: set });
  }
}

export const satisfied = 'PlacementSatisfied';
export const misconfigured = 'PlacementMisconfigured';
export type { KubeObject };
