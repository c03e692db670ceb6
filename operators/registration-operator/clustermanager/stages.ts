import { label } from '../../api/names.ts';
import type { ClusterManager } from '../../api/generated/operator.ts';
import { customResourceDefinitions } from '../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import {
  type Applied,
  applyCrd,
  type Cluster,
  describe,
  hashOf,
  type ObjectRef,
  refOf,
} from '../apply/index.ts';
import {
  inventory,
  type RenderedObject,
  type RenderInput,
  render,
  type Selection,
  type Target,
} from '../bundle/index.ts';
import { stampVersion } from '../bundle-version.ts';
import type { Dependencies } from './dependencies.ts';
import { type FailureReason, SyncError } from './outcome.ts';

/** One ClusterManager as it is to be installed. */
export interface Plan {
  clusterManager: ClusterManager;
  selection: Selection;
  input: RenderInput;
  hub: Cluster;
}

/** A stage that was applied without an error, so that it need not be rendered again while nobody touches its objects. */
interface Settled {
  hash: string;
  placed: { cluster: Cluster; applied: Applied }[];
}

/** Bindings need their role, and everything may need its namespace. */
const waveOf = ({ kind }: UnknownObject): number => {
  if (kind === 'Namespace') return 0;
  return kind === 'ClusterRoleBinding' || kind === 'RoleBinding' ? 2 : 1;
};

const isCrd = ({ resource }: ObjectRef): boolean => resource.kind === customResourceDefinitions.kind;

/** Applies the stages of ClusterManagers, and removes what a stage no longer has. */
export class Stages {
  private readonly deps: Pick<Dependencies, 'applier' | 'bundles' | 'management'>;
  private readonly settled = new Map<string, Settled>();

  constructor(deps: Pick<Dependencies, 'applier' | 'bundles' | 'management'>) {
    this.deps = deps;
  }

  /**
   * Brings one stage about: what is no longer wanted goes first, then every object is applied, whatever becomes of the
   * others.
   * @throws SyncError that names each object that failed
   */
  async apply(plan: Plan, stage: string, reason: FailureReason): Promise<Applied[]> {
    const owner = plan.clusterManager.metadata.name;
    const key = `${owner}/${stage}`;
    const versions = Object.entries(plan.selection.components).map(([name, { version }]) => [name, version]);
    const hash = hashOf([versions, plan.input]);
    const settled = this.settled.get(key);
    if (settled?.hash === hash && settled.placed.every((each) => this.isUntouched(owner, plan, each)))
      return settled.placed.map(({ applied }) => applied);
    this.settled.delete(key);

    const rendered = this.render(plan, stage);
    await this.prune(plan, stage, rendered);
    const failures: { ref: ObjectRef; error: unknown }[] = [];
    const placed: Settled['placed'] = [];
    for (const wave of [0, 1, 2])
      await Promise.all(
        rendered
          .filter(({ object }) => waveOf(object) === wave)
          .map(async ({ target, object }) => {
            const cluster = this.clusterOf(plan, target);
            try {
              placed.push({ cluster, applied: await this.applyOne(plan, cluster, object) });
            } catch (error) {
              failures.push({ ref: refOf(object), error });
            }
          }),
      );
    if (failures.length > 0)
      throw new SyncError(
        reason,
        failures
          .map(
            ({ ref, error }) => `${describe(ref)}: ${error instanceof Error ? error.message : String(error)}`,
          )
          .join('; '),
        { cause: new AggregateError(failures.map(({ error }) => error)) },
      );
    const order = new Map(rendered.map(({ object }, at) => [describe(refOf(object)), at]));
    const orderOf = ({ applied }: Settled['placed'][number]) => order.get(describe(applied.ref)) ?? 0;
    placed.sort((a, b) => orderOf(a) - orderOf(b));
    this.settled.set(key, { hash, placed });
    return placed.map(({ applied }) => applied);
  }

  /** Forgets what was settled for a ClusterManager that is gone. */
  forget(owner: string): void {
    for (const key of this.settled.keys()) if (key.startsWith(`${owner}/`)) this.settled.delete(key);
  }

  private render(plan: Plan, stage: string): RenderedObject[] {
    const [rendered] = render(plan.selection, 'clustermanager', { ...plan.input, stages: [stage] });
    return (rendered?.objects ?? []).map((each) => ({ ...each, object: stampVersion(plan.selection, each) }));
  }

  private clusterOf(plan: Plan, target: Target): Cluster {
    return target === 'hub' ? plan.hub : this.deps.management;
  }

  private isUntouched(owner: string, plan: Plan, { cluster, applied }: Settled['placed'][number]): boolean {
    const isCurrent = cluster === plan.hub || cluster === this.deps.management;
    return isCurrent && this.deps.applier.isUntouched(cluster, owner, applied.ref);
  }

  private async applyOne(plan: Plan, cluster: Cluster, object: UnknownObject): Promise<Applied> {
    const owner = plan.clusterManager.metadata.name;
    const { applier, bundles } = this.deps;
    if (object.kind !== customResourceDefinitions.kind) return applier.apply(cluster, owner, object);
    // What a newer operator wrote is not this one's to change, but it is there.
    const applied = await applyCrd(applier, cluster, owner, object, bundles[0].version);
    return applied ?? { ref: refOf(object), written: false };
  }

  /** Removes the operands that the stage has in other modes, states of its features or bundles only. CRDs stay. */
  private async prune(plan: Plan, stage: string, rendered: readonly RenderedObject[]): Promise<void> {
    const keyOf = (cluster: Cluster, ref: ObjectRef) =>
      `${cluster === plan.hub ? 'hub' : 'management'} ${describe(ref)}`;
    const wanted = new Set(
      rendered.map(({ target, object }) => keyOf(this.clusterOf(plan, target), refOf(object))),
    );
    const { applier, bundles } = this.deps;
    const obsolete = inventory(bundles, 'clustermanager', { ...plan.input, stages: [stage] })
      .map(({ target, object }) => ({ cluster: this.clusterOf(plan, target), ref: refOf(object) }))
      .filter(
        ({ cluster, ref }) =>
          !isCrd(ref) && ref.resource.kind !== 'Namespace' && !wanted.has(keyOf(cluster, ref)),
      );
    for (const { cluster, ref } of obsolete)
      if (applier.mayExist(cluster, ref)) await this.removeOwned(plan.clusterManager, cluster, ref);
  }

  private async removeOwned(clusterManager: ClusterManager, cluster: Cluster, ref: ObjectRef): Promise<void> {
    const live = await cluster.client.find(ref.resource, ref.name, ref.namespace);
    if (live?.metadata.labels?.[label.createdByClusterManager] === clusterManager.metadata.name)
      await this.deps.applier.remove(cluster, ref);
  }
}
