import { type ClusterManager, clusterManagers } from '../../../api/generated/operator.ts';
import { clusterManagerCondition } from '../../../api/conditions.ts';
import { annotation, finalizer, label, secret as secretName } from '../../../api/names.ts';
import { ConnectionError } from '../../../runtime/client/errors.ts';
import { namespaces } from '../../../runtime/client/kubernetes.ts';
import { type NextCondition, setCondition, timestamp } from '../../../runtime/controller/conditions.ts';
import type { Context, Result } from '../../../runtime/controller/controller.ts';
import { removeFinalizer } from '../../../runtime/controller/finalizers.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { type Cluster, type ObjectRef, refOf } from '../../apply/index.ts';
import { inventory } from '../../bundle/index.ts';
import { denyFirst, mayHavePolicies } from '../../network/policies.ts';
import { removeCopy } from '../../secrets/sync-secret.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { HubKubeconfigError } from '../hub-clusters.ts';
import { hasHubPolicies } from '../hub-rights.ts';
import { hubNamespaceOf, isHosted } from '../mode.ts';
import { removePullSecret } from '../pull-secret.ts';
import { nothingObserved, renderInput } from '../rendering/parameters.ts';
import { releaseCrds, remaining, removeCrds } from './crd-removal.ts';
import { idleGuards } from './webhook-removal.ts';

/** How long the hub of a leaving ClusterManager may be out of reach before it is given up (D24); milliseconds. */
export const evictionPeriodMs = 5 * 60_000;
const retryMs = 200;

/** Since when the hub has been out of reach; undefined when nothing readable says so. */
export const unreachableSince = (clusterManager: ClusterManager): Date | undefined => {
  const text = clusterManager.metadata.annotations?.[annotation.evictionTimestamp];
  const time = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time);
};

/** Removes everything that was installed for a ClusterManager (operator.md 4.10). */
export class Removal {
  private readonly deps: Dependencies;

  constructor(deps: Dependencies) {
    this.deps = deps;
  }

  /** One step further; resolves to when to come back, or to nothing when the ClusterManager is released. */
  async advance(clusterManager: ClusterManager, context: Context): Promise<Result> {
    if (!clusterManager.metadata.finalizers?.includes(finalizer.clusterManager)) return undefined;
    const hub = await this.reachableHub(clusterManager, context);
    if (hub === 'wait') return { requeueAfterMs: 5000 };
    try {
      if (hub) {
        const waiting = await this.removeFromHub(clusterManager, hub);
        if (waiting.length > 0) {
          await this.report(clusterManager, hub, waiting, context);
          return { requeueAfterMs: retryMs };
        }
      }
    } catch (error) {
      if (!isHosted(clusterManager) || !(error instanceof ConnectionError)) throw error;
      await this.noteUnreachable(clusterManager, context, error.message);
      return { requeueAfterMs: 5000 };
    }
    await this.removeFromManagement(clusterManager);
    await this.deps.hubs.drop(clusterManager.metadata.name);
    await removeFinalizer(
      this.deps.management.client,
      clusterManagers,
      clusterManager,
      finalizer.clusterManager,
      { fieldManager },
    );
    return undefined;
  }

  /** The hub to clean up; undefined when there is nothing to clean up there or it is given up. */
  private async reachableHub(
    clusterManager: ClusterManager,
    context: Context,
  ): Promise<Cluster | 'wait' | undefined> {
    const since = unreachableSince(clusterManager);
    if (since && Date.now() - since.getTime() > evictionPeriodMs) {
      context.log.warn('the hub has been out of reach for too long; what is on it stays', {
        since: timestamp(since),
      });
      return undefined;
    }
    try {
      return (await this.deps.hubs.of(clusterManager)).cluster;
    } catch (error) {
      if (!(error instanceof HubKubeconfigError)) throw error;
      // Without any status nothing was ever applied, so that there is nothing to wait for.
      if (!clusterManager.status?.relatedResources?.length) return undefined;
      await this.noteUnreachable(clusterManager, context, error.message);
      return 'wait';
    }
  }

  private async noteUnreachable(
    clusterManager: ClusterManager,
    { log }: Context,
    reason: string,
  ): Promise<void> {
    log.warn('the hub cannot be cleaned up yet', { reason, givenUpAfterMs: evictionPeriodMs });
    if (unreachableSince(clusterManager)) return;
    // Of exactly what was seen: what has been noted meanwhile is not noted anew, which would start the time again.
    const { name, uid, resourceVersion } = clusterManager.metadata;
    const annotations = { [annotation.evictionTimestamp]: timestamp(new Date()) };
    await this.deps.management.client.patch(
      clusterManagers,
      { name },
      { type: 'merge', body: { metadata: { uid, resourceVersion, annotations } } },
      { fieldManager },
    );
  }

  /** Says in status which objects a CRD that does not go still has: somebody may have to act. */
  private async report(
    clusterManager: ClusterManager,
    hub: Cluster,
    crds: readonly string[],
    { signal }: Context,
  ): Promise<void> {
    const left = await Promise.all(crds.map((name) => remaining(hub, name)));
    const { progressing } = clusterManagerCondition;
    const condition: NextCondition = {
      type: progressing.type,
      status: 'True',
      reason: progressing.reason.ClusterManagerDeleting,
      message: `Waiting for CRDs to go: ${left.join('; ')}`,
    };
    const status = {
      ...clusterManager.status,
      conditions: setCondition(clusterManager.status?.conditions, condition),
    };
    const { client } = this.deps.management;
    await patchStatus(client, clusterManagers, clusterManager, status, { fieldManager, signal });
  }

  /** The CRDs that must be waited for; empty when the hub is clean. */
  private async removeFromHub(clusterManager: ClusterManager, hub: Cluster): Promise<string[]> {
    const waiting = await this.removeCrds(clusterManager, hub);
    if (waiting.length > 0) {
      const configurations = this.inventoryOf(clusterManager, ['webhooks']).map(({ object }) =>
        refOf(object),
      );
      for (const ref of await idleGuards(hub, configurations, waiting))
        await this.removeOwned(clusterManager, hub, ref);
      return waiting;
    }
    // Webhooks go before the Pods behind them: kept CRDs would else be closed to everybody for a while.
    const stages = ['webhooks', 'hub', ...(hasHubPolicies(clusterManager) ? ['bounds'] : [])];
    const entries = this.inventoryOf(clusterManager, stages)
      .filter(({ target }) => target === 'hub')
      .toSorted((a, b) => rankOf(a.stage, a.object.kind) - rankOf(b.stage, b.object.kind));
    for (const { object } of entries) await this.removeOwned(clusterManager, hub, refOf(object));
    return [];
  }

  /** The CRDs that must be waited for. */
  private async removeCrds(clusterManager: ClusterManager, hub: Cluster): Promise<string[]> {
    const { applier, bundles, settings } = this.deps;
    if (settings.skipRemoveCrds) {
      await releaseCrds(hub, bundles[0].version);
      return [];
    }
    const names = this.inventoryOf(clusterManager, ['crds']).map(({ object }) => object.metadata.name);
    return removeCrds(applier, hub, names);
  }

  private async removeFromManagement(clusterManager: ClusterManager): Promise<void> {
    const { client } = this.deps.management;
    const namespace = hubNamespaceOf(clusterManager);
    await removePullSecret(this.deps, clusterManager);
    await removeCopy(client, { name: secretName.workDriverConfig, namespace });
    const { registrationConfiguration: registration } = clusterManager.spec ?? {};
    const { relatedResources } = clusterManager.status ?? {};
    const { mayReadPolicies } = this.deps.settings;
    const hasPolicies = mayHavePolicies(registration?.featureGates, relatedResources, mayReadPolicies);
    const objects = this.inventoryOf(clusterManager, [...(hasPolicies ? ['network'] : []), 'runtime'])
      .filter(({ target, object }) => target === 'management' && object.kind !== 'Namespace')
      .map(({ object }) => ({ ref: refOf(object) }));
    for (const { ref } of denyFirst(objects))
      await this.removeOwned(clusterManager, this.deps.management, ref);
    await this.deps.applier.remove(this.deps.management, { resource: namespaces, name: namespace });
  }

  private inventoryOf(clusterManager: ClusterManager, stages: string[]) {
    const { bundles, settings } = this.deps;
    const input = renderInput(clusterManager, nothingObserved(settings.operatorNamespace, settings.tls));
    return inventory(bundles, 'clustermanager', { ...input, stages });
  }

  /** Deletes an object unless it belongs to another ClusterManager. */
  private async removeOwned(clusterManager: ClusterManager, cluster: Cluster, ref: ObjectRef): Promise<void> {
    const live = await cluster.client.find(ref.resource, ref.name, ref.namespace);
    const owner = live?.metadata.labels?.[label.createdByClusterManager];
    if (live && (owner === undefined || owner === clusterManager.metadata.name))
      await this.deps.applier.remove(cluster, ref);
  }
}

/** Webhooks first, then the namespace and with it what is inside, then the rest. */
const rankOf = (stage: string, kind: string | undefined): number => {
  if (stage === 'webhooks') return 0;
  return kind === 'Namespace' ? 1 : 2;
};
