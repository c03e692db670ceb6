import { placementDecisions, placements } from '../../api/generated/cluster.ts';
import { manifestWorkReplicaSets, manifestWorks } from '../../api/generated/work.ts';
import { label } from '../../api/names.ts';
import { decisionIndexes } from '../../fleet/placement-decisions.ts';
import { createInformers } from '../../runtime/cache/informers.ts';
import { aborted } from '../../runtime/client/abort.ts';
import { connect } from '../../runtime/client/connect.ts';
import { loadConnection } from '../../runtime/client/kubeconfig/load.ts';
import type { Controller } from '../../runtime/controller/controller.ts';
import { runControllers } from '../../runtime/controller/run.ts';
import type { Process } from '../../runtime/process/command.ts';
import { type WorkManagerFlags, unavailableDrivers, validateWorkManagerFlags } from './flags.ts';
import { garbageCollectionController, trimmedForCollection } from './garbage-collection.ts';
import { countReplicaSets } from './metrics.ts';
import { replicaSetController, setIndexes, workIndexes } from './replicaset/controller.ts';
import { type TrimmedWork, trimmed } from './replicaset/works.ts';

/** Most milliseconds between attempts: nothing tells that a quota was raised or a namespace made. */
const maxBackoffMs = 60_000;

/** Runs the hub's work controllers, as far as their gates are on, until the process stops (work.md 1.8). */
export const startWorkManager = async (process: Process, flags: WorkManagerFlags): Promise<void> => {
  validateWorkManagerFlags(flags);
  const { client: hub, log, metrics, signal } = process;
  const gates = flags['feature-gates'];
  const driver = flags['work-driver'];
  if (unavailableDrivers.includes(driver)) {
    // Works elsewhere than asked for would be wrong, and to start anew would not help.
    log.error(`--work-driver=${driver} is not available in this version; use kube`);
    return aborted(signal);
  }
  const config = flags['work-driver-config'];
  const workClient = config
    ? connect(loadConnection(config), { userAgent: 'work-manager', logger: log, metrics })
    : hub;
  const informers = createInformers(hub, { logger: log, metrics });
  const workInformers =
    workClient === hub ? informers : createInformers(workClient, { logger: log, metrics });
  const controllers: Controller[] = [];
  if (gates.ManifestWorkReplicaSet) {
    const sets = informers.informer(manifestWorkReplicaSets, { indexes: setIndexes });
    countReplicaSets(metrics, sets);
    controllers.push(
      replicaSetController({
        hub,
        sets,
        works: workInformers.informer<TrimmedWork>(manifestWorks, {
          labelSelector: label.manifestWorkReplicaSet,
          trim: trimmed,
          indexes: workIndexes,
        }),
        placements: informers.informer(placements, { trim: withoutScores }),
        decisions: informers.informer(placementDecisions, { indexes: decisionIndexes }),
        now: () => new Date(),
      }),
    );
  }
  if (gates.CleanUpCompletedManifestWork)
    controllers.push(
      garbageCollectionController({
        hub: workClient,
        works: workInformers.informer(manifestWorks, { trim: trimmedForCollection }),
        now: Date.now,
      }),
    );
  if (controllers.length === 0) log.warn('no feature gate of the work manager is on: there is nothing to do');
  informers.start(signal);
  if (workInformers !== informers) workInformers.start(signal);
  try {
    const options = { logger: log, metrics, maxBackoffMs };
    // Without controllers it still waits: an operator may have been asked to run it.
    await Promise.all([runControllers(controllers, options, signal), aborted(signal)]);
  } finally {
    if (workClient !== hub) await workClient.close();
  }
};

/** Only groups and numbers of a placement matter here. */
const withoutScores = <T extends { metadata: object; spec?: { decisionStrategy?: object }; status?: object }>(
  placement: T,
): T => ({
  ...placement,
  spec: { decisionStrategy: placement.spec?.decisionStrategy },
});
