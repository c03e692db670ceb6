import { klusterletCondition } from '../../../api/conditions.ts';
import { type Klusterlet, klusterlets as resource } from '../../../api/generated/operator.ts';
import { annotation, finalizer } from '../../../api/names.ts';
import { isTrue } from '../../../runtime/controller/conditions.ts';
import {
  type Context,
  type Controller,
  mapped,
  type Result,
} from '../../../runtime/controller/controller.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../../../runtime/controller/finalizers.ts';
import { klusterletsOfSecret, userSecrets } from '../affected-klusterlets.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { driverProblem, problemOf } from '../install/spec-problem.ts';
import type { ManagedCluster } from '../managed-clusters.ts';
import { isHosted, modeOf, removalModeOf } from '../mode.ts';
import { klusterletsAndSharers } from '../shared-namespace.ts';
import { listAppliedWorks } from './applied-works.ts';
import { removeAgents, removeFromManaged, removeFromManagement } from './removal-steps.ts';
import { decideOnFailure } from './unreachable-cluster.ts';

const ours = [finalizer.klusterlet, finalizer.klusterletHosted];

/** Guards a Klusterlet by finalizers, and removes what it installed when it leaves (operator.md 5.11). */
export const cleanupController = (deps: Dependencies): Controller => ({
  name: 'KlusterletCleanupController',
  resyncMs: 300_000,
  watches: [
    klusterletsAndSharers(deps),
    ...deps.agentSecrets.map((informer) =>
      mapped(informer, klusterletsOfSecret(deps.klusterlets, userSecrets)),
    ),
  ],
  reconcile: async (name, context) => {
    const klusterlet = deps.klusterlets.get(name);
    if (!klusterlet) return undefined;
    if (!klusterlet.metadata.deletionTimestamp) return guard(deps, klusterlet);
    return deps.locks.exclusive(name, async () => {
      const present = deps.klusterlets.get(name);
      const isGuarded = present && ours.some((each) => hasFinalizer(present, each));
      return isGuarded ? remove(deps, present, context) : undefined;
    });
  },
});

/** Which finalizers a Klusterlet needs: the hosted one once there may be something on the managed cluster. */
export const finalizersFor = (klusterlet: Klusterlet): string[] => {
  const mode = modeOf(klusterlet);
  if (!mode) return [];
  const mayBeOnManaged =
    isHosted(mode) && isTrue(klusterlet.status?.conditions, klusterletCondition.readyToApply.type);
  return mayBeOnManaged ? ours : [finalizer.klusterlet];
};

const guard = async (deps: Dependencies, klusterlet: Klusterlet): Promise<void> => {
  // Nothing is installed for a Klusterlet that cannot be, so nothing would have to be removed.
  if (problemOf(klusterlet, deps.klusterlets.list()) ?? driverProblem(klusterlet, deps.bundles)) return;
  let current = klusterlet;
  for (const each of finalizersFor(klusterlet))
    current = await addFinalizer(deps.management.client, resource, current, each, { fieldManager });
};

const remove = async (deps: Dependencies, klusterlet: Klusterlet, { log }: Context): Promise<Result> => {
  const mode = removalModeOf(klusterlet);
  const removal = { deps, klusterlet, mode };
  const isOnManaged = !isHosted(mode) || hasFinalizer(klusterlet, finalizer.klusterletHosted);
  let reachable: ManagedCluster | undefined;
  if (isOnManaged) {
    const managed = await deps.managed.of(klusterlet, mode);
    if (!managed) {
      log.warn('removal waits for the Secret external-managed-kubeconfig to come back', {
        namespace: klusterlet.metadata.name,
      });
      return undefined;
    }
    const checked = await check(deps, klusterlet, managed);
    if ('requeueAfterMs' in checked) return checked;
    reachable = checked.giveUp ? undefined : managed;
    if (checked.giveUp) log.warn('the managed cluster stays out of reach; what is on it is left behind');
  }

  await removeAgents(removal);
  if (reachable) await removeFromManaged(removal, reachable.cluster);
  await removeFromManagement(removal);
  await deps.managed.drop(klusterlet.metadata.name);
  let current: Klusterlet | undefined = klusterlet;
  for (const each of ours)
    current &&= await removeFinalizer(deps.management.client, resource, current, each, { fieldManager });
  return undefined;
};

/** Asks the managed cluster for something harmless before anything is deleted, the agents included. */
const check = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  { cluster }: ManagedCluster,
): Promise<{ giveUp: boolean } | { requeueAfterMs: number }> => {
  try {
    await listAppliedWorks(cluster.client);
    return { giveUp: false };
  } catch (error) {
    const decision = decideOnFailure(klusterlet, error, new Date());
    if (decision.action === 'give up') return { giveUp: true };
    if (decision.action === 'wait') return { requeueAfterMs: decision.forMs };
    if (decision.action === 'mark') {
      await annotate(deps, klusterlet, decision.since);
      return { requeueAfterMs: 10_000 };
    }
    if (decision.forget) await annotate(deps, klusterlet, null);
    throw error;
  }
};

/** Of exactly what was seen: what has been noted meanwhile is not noted anew, which would start the time again. */
const annotate = (
  deps: Dependencies,
  { metadata: { name, uid, resourceVersion } }: Klusterlet,
  since: string | null,
): Promise<Klusterlet> => {
  const annotations = { [annotation.evictionTimestamp]: since };
  return deps.management.client.patch(
    resource,
    { name },
    { type: 'merge', body: { metadata: { uid, resourceVersion, annotations } } },
    { fieldManager },
  );
};
