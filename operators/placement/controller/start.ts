import { createInformers } from '../../runtime/cache/informers.ts';
import { createEventRecorder } from '../../runtime/controller/events.ts';
import { runControllers } from '../../runtime/controller/run.ts';
import { UnderWay } from '../../runtime/controller/under-way.ts';
import type { Process } from '../../runtime/process/command.ts';
import { createCaches } from './caches.ts';
import { countPlacements, passMetrics } from './metrics.ts';
import { schedulingController } from './scheduling-controller.ts';

/** How long an event may wait while placements are decided on all the time, in milliseconds. */
const longestSilenceMs = 500;

/** Runs the scheduling controller until the process stops (placement.md 2.1). */
export const startPlacementController = async ({
  client: hub,
  log,
  metrics,
  signal,
}: Process): Promise<void> => {
  const informers = createInformers(hub, { logger: log, metrics });
  const caches = createCaches(informers);
  countPlacements(metrics, caches.placements);
  const passes = new UnderWay();
  const events = createEventRecorder({
    client: hub,
    log,
    reportingController: 'placement-controller',
    signal,
    // Others wait for decisions, nobody for what is told of them.
    turn: () => passes.none(longestSilenceMs),
  });
  const controller = schedulingController({
    hub,
    caches,
    events,
    log,
    metrics: passMetrics(metrics),
    passes,
  });
  informers.start(signal);
  await runControllers([controller], { logger: log, metrics }, signal);
  await events.flush();
};
