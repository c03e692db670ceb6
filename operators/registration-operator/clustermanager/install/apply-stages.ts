import { label } from '../../../api/names.ts';
import type { ClusterManager } from '../../../api/generated/operator.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { customResourceDefinitions } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import {
  type Applied,
  applyCrd,
  type Cluster,
  describe,
  hashOf,
  type ObjectRef,
  refOf,
} from '../../apply/index.ts';
import {
  inventory,
  type RenderedObject,
  type RenderInput,
  render,
  renderedFiles,
  type Selection,
  type Target,
} from '../../bundle/index.ts';
import { stampVersion } from '../../bundle-version.ts';
import { denyFirst, isDenyAll } from '../../network/policies.ts';
import type { Dependencies } from '../dependencies.ts';
import { type FailureReason, SyncError } from './applied-status.ts';

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

/** What cuts Pods off waits for what lets them through; it stays as it is while something of that fails. */
const lastWave = 3;

/** Bindings need their role, and everything may need its namespace. */
const waveOf = ({ kind, metadata }: UnknownObject): number => {
  if (kind === 'Namespace') return 0;
  if (isDenyAll({ kind, name: metadata.name })) return lastWave;
  return kind === 'ClusterRoleBinding' || kind === 'RoleBinding' ? 2 : 1;
};

/** The stages of a ClusterManager's bundle, in the order in which they are applied. */
const stageOrder = ['crds', 'bounds', 'hub', 'network', 'runtime', 'webhooks'] as const;
export type StageName = (typeof stageOrder)[number];

const waves = [0, 1, 2, lastWave];
const filesAtOnce = 3;

interface Placement {
  cluster: Cluster;
  ref: ObjectRef;
}

/** Runs `work` on all items in order, on a few of them at a time; rejects when one rejects. */
const inParallel = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
};

/** Applies the stages of ClusterManagers, and removes what a stage no longer has. */
export class Stages {
  private readonly deps: Pick<Dependencies, 'applier' | 'bundles' | 'management'>;
  private readonly settled = new Map<string, Settled>();

  constructor(deps: Pick<Dependencies, 'applier' | 'bundles' | 'management'>) {
    this.deps = deps;
  }

  /**
   * Brings one stage about: every object is applied, whatever becomes of the others, and what is no longer wanted goes.
   * A binding stands in the file of its role, which is applied before it.
   * @throws SyncError that names each object that failed
   */
  async apply(plan: Plan, stage: StageName, reason: FailureReason): Promise<Applied[]> {
    const owner = plan.clusterManager.metadata.name;
    const key = `${owner}/${stage}`;
    const versions = Object.entries(plan.selection.components).map(([name, { version }]) => [name, version]);
    const hash = hashOf([versions, plan.input]);
    const settled = this.settled.get(key);
    if (settled?.hash === hash && settled.placed.every((each) => this.isUntouched(owner, plan, each)))
      return settled.placed.map(({ applied }) => applied);
    // What a stage changes may concern the later ones: Pods are replaced with their ServiceAccount.
    for (const later of stageOrder.slice(stageOrder.indexOf(stage))) this.settled.delete(`${owner}/${later}`);

    const placed: Settled['placed'] = [];
    const wanted: Placement[] = [];
    const failures: { ref: ObjectRef; error: unknown }[] = [];
    const files = renderedFiles(plan.selection, 'clustermanager', { ...plan.input, stages: [stage] });
    // Not all at once: the CRDs together would take more memory than all the rest.
    await inParallel(files, filesAtOnce, async (file) => {
      const objects = this.render(plan, stage, file);
      for (const wave of waves)
        await Promise.all(
          objects
            .filter(({ object }) => waveOf(object) === wave)
            .map(async ({ target, object }) => {
              const cluster = this.clusterOf(plan, target);
              const ref = refOf(object);
              wanted.push({ cluster, ref });
              if (wave === lastWave && failures.length > 0) return;
              try {
                placed.push({ cluster, applied: await this.applyOne(plan, cluster, object) });
              } catch (error) {
                failures.push({ ref, error });
              }
            }),
        );
    });
    if (stage !== 'crds') await this.prune(plan, stage, wanted);
    if (failures.length > 0)
      throw new SyncError(
        reason,
        failures.map(({ ref, error }) => `${describe(ref)}: ${messageOf(error)}`).join('; '),
        { cause: new AggregateError(failures.map(({ error }) => error)) },
      );
    placed.sort((a, b) => (describe(a.applied.ref) < describe(b.applied.ref) ? -1 : 1));
    this.settled.set(key, { hash, placed });
    return placed.map(({ applied }) => applied);
  }

  /** Forgets what was settled for a ClusterManager that is gone. */
  forget(owner: string): void {
    for (const key of this.settled.keys()) if (key.startsWith(`${owner}/`)) this.settled.delete(key);
  }

  private render(plan: Plan, stage: string, file: string): RenderedObject[] {
    const input = { ...plan.input, stages: [stage], files: [file] };
    const [rendered] = render(plan.selection, 'clustermanager', input);
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

  /** Removes the operands that the stage has in other states of its features or bundles only. */
  private async prune(plan: Plan, stage: string, wanted: readonly Placement[]): Promise<void> {
    const keyOf = ({ cluster, ref }: Placement) =>
      `${cluster === plan.hub ? 'hub' : 'management'} ${describe(ref)}`;
    const kept = new Set(wanted.map(keyOf));
    const { applier, bundles } = this.deps;
    const obsolete = inventory(bundles, 'clustermanager', { ...plan.input, stages: [stage] })
      .filter(({ object }) => object.kind !== 'Namespace')
      .map(({ target, object }) => ({ cluster: this.clusterOf(plan, target), ref: refOf(object) }))
      .filter((placement) => !kept.has(keyOf(placement)));
    for (const { cluster, ref } of denyFirst(obsolete))
      if (applier.mayExist(cluster, ref)) await this.removeOwned(plan.clusterManager, cluster, ref);
  }

  private async removeOwned(clusterManager: ClusterManager, cluster: Cluster, ref: ObjectRef): Promise<void> {
    const live = await cluster.client.find(ref.resource, ref.name, ref.namespace);
    if (live?.metadata.labels?.[label.createdByClusterManager] === clusterManager.metadata.name)
      await this.deps.applier.remove(cluster, ref);
  }
}
