import { klusterletCondition } from '../../../api/conditions.ts';
import { type Klusterlet, klusterlets as resource } from '../../../api/generated/operator.ts';
import { finalizer } from '../../../api/names.ts';
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
import { withAgentImages } from '../../own-images.ts';
import { driverProblem, problemOf } from '../install/spec-problem.ts';
import type { ManagedCluster } from '../managed-clusters.ts';
import { isHosted, modeOf, removalModeOf } from '../mode.ts';
import { klusterletsAndSharers } from '../shared-namespace.ts';
import { listAppliedWorks } from './applied-works.ts';
import { managedClusterFailed } from './managed-cluster-failed.ts';
import { type Removal, removeAgents, removeFromManaged, removeFromManagement } from './removal-steps.ts';

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
  const named = withAgentImages(deps.settings.images, klusterlet);
  if (problemOf(named, deps.klusterlets.list()) ?? driverProblem(named, deps.bundles)) return;
  let current = klusterlet;
  for (const each of finalizersFor(klusterlet))
    current = await addFinalizer(deps.management.client, resource, current, each, { fieldManager });
};

const remove = async (deps: Dependencies, klusterlet: Klusterlet, context: Context): Promise<Result> => {
  const mode = removalModeOf(klusterlet);
  const removal = { deps, klusterlet, mode };
  const isOnManaged = !isHosted(mode) || hasFinalizer(klusterlet, finalizer.klusterletHosted);
  if (isOnManaged) {
    const result = await leaveManaged(removal, context);
    if (result !== 'done') return result;
  } else await removeAgents(removal);
  await removeFromManagement(removal);
  await deps.managed.drop(klusterlet.metadata.name);
  let current: Klusterlet | undefined = klusterlet;
  for (const each of ours)
    current &&= await removeFinalizer(deps.management.client, resource, current, each, { fieldManager });
  return undefined;
};

/**
 * Removes the agents, and what is on the managed cluster unless that has to be given up. Before anything is deleted, the
 * agents included, that cluster is asked for something harmless.
 * @returns when to come back while the managed cluster keeps the Klusterlet
 */
const leaveManaged = async (removal: Removal, { log }: Context): Promise<Result | 'done'> => {
  const { deps, klusterlet, mode } = removal;
  let reachable: ManagedCluster | undefined;
  try {
    reachable = await deps.managed.of(klusterlet, mode);
    if (!reachable) {
      log.warn('removal waits for the Secret external-managed-kubeconfig to come back', {
        namespace: klusterlet.metadata.name,
      });
      return undefined;
    }
    await listAppliedWorks(reachable.cluster.client);
  } catch (error) {
    const waiting = await managedClusterFailed(removal, error, log);
    if (waiting) return waiting;
    reachable = undefined;
  }
  await removeAgents(removal);
  if (!reachable) return 'done';
  try {
    await removeFromManaged(removal, reachable.cluster);
  } catch (error) {
    const waiting = await managedClusterFailed(removal, error, log);
    if (waiting) return waiting;
  }
  return 'done';
};
