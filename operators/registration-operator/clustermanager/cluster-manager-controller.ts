import { clusterManagers } from '../../api/generated/operator.ts';
import { finalizer } from '../../api/names.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { addFinalizer } from '../../runtime/controller/finalizers.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { byHubNamespace, byOperand, isOfInterest } from './affected-cluster-managers.ts';
import { type Dependencies, fieldManager } from './dependencies.ts';
import { statusAfter } from './install/applied-status.ts';
import { Stages } from './install/apply-stages.ts';
import { nameProblem } from './install/name-problem.ts';
import { sync } from './install/sync.ts';
import { Removal } from './removal/hub-removal.ts';

/** Everyone's, for what lies in the operator's own namespace; else that of the namespace's ClusterManager. */
const bySecret =
  ({ clusterManagers: all, settings }: Dependencies) =>
  (secret: KubeObject): string[] =>
    secret.metadata.namespace === settings.operatorNamespace
      ? all.list().map(({ metadata }) => metadata.name)
      : byHubNamespace(all)(secret);

/**
 * Installs, keeps and removes the hub of each ClusterManager (operator.md 4.1). Whatever somebody changes of what was
 * applied comes back as drift and is repaired at once; the resync is the safety net.
 */
export const clusterManagerController = (deps: Dependencies): Controller => {
  const stages = new Stages(deps);
  const removal = new Removal(deps);
  const { client } = deps.management;
  return {
    name: 'ClusterManagerController',
    watches: [
      from(deps.clusterManagers, isOfInterest),
      mapped(deps.applier.deployments(deps.management), byOperand(deps.clusterManagers)),
      mapped(deps.caBundles, byHubNamespace(deps.clusterManagers)),
      ...deps.mountedSecrets.map((secrets) => mapped(secrets, bySecret(deps))),
      deps.applier.drift,
    ],
    concurrency: 1,
    resyncMs: 5 * 60_000,
    async reconcile(key, context) {
      const found = deps.clusterManagers.get(key);
      if (!found) {
        stages.forget(key);
        await deps.hubs.drop(key);
        return undefined;
      }
      if (found.metadata.deletionTimestamp) return removal.advance(found, context);
      // Nothing is installed under a name that cannot be, so nothing would have to be removed.
      const clusterManager = nameProblem(found)
        ? found
        : await addFinalizer(client, clusterManagers, found, finalizer.clusterManager, { fieldManager });
      // The write comes back as an event, with a fresh object.
      if (clusterManager !== found) return undefined;

      const { outcome, requeueAfterMs } = await sync(deps, stages, clusterManager, context);
      if (outcome) {
        const next = statusAfter(clusterManager, outcome, new Date());
        await patchStatus(client, clusterManagers, clusterManager, next, {
          fieldManager,
          signal: context.signal,
        });
        if (outcome.failure && !outcome.failure.waiting) throw outcome.failure;
        if (outcome.failure) context.log.warn('waiting', { reason: outcome.failure.message });
      }
      return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
    },
  };
};
