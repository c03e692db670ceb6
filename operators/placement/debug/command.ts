import { createInformers } from '../../runtime/cache/informers.ts';
import { aborted } from '../../runtime/client/abort.ts';
import { controllerCommand } from '../../runtime/process/command.ts';
import { leaderElectionFlags } from '../../runtime/process/flags/common-flags.ts';
import { areInStep, createCaches } from '../controller/caches.ts';
import { Scheduler } from '../controller/scheduler.ts';
import { debugRoute } from './route.ts';

/** The debug server (placement.md 2.1 and 12). */
export const debugCommand = controllerCommand({
  help: 'Run the server that says how placements are decided',
  component: 'placement-debug',
  // Every replica answers: the flags are the controller's, and there is nobody to elect.
  leaderElection: false,
  flags: leaderElectionFlags,
  appliesTlsFlags: true,
  prepare(process) {
    const { client: hub, log, metrics, signal } = process;
    const informers = createInformers(hub, { logger: log, metrics });
    const caches = createCaches(informers);
    const scheduler = new Scheduler(caches, { log });
    const isInStep = () => areInStep(caches);
    process.addReadyCheck({
      name: 'caches',
      check: () => {
        if (!isInStep()) throw new Error('what the hub has is still being read');
      },
    });
    process.addRoute(debugRoute({ hub, placements: caches.placements, scheduler, isInStep, signal }));
    informers.start(signal);
  },
  run: ({ signal }) => aborted(signal),
});
