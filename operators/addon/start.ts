import { createInformers } from '../runtime/cache/informers.ts';
import { runControllers } from '../runtime/controller/run.ts';
import type { Process } from '../runtime/process/command.ts';
import { createCaches } from './caches.ts';
import { configurationController } from './configuration/configuration-controller.ts';
import { installStatusController } from './configuration/install-status-controller.ts';
import { annotationController } from './install/annotation-controller.ts';
import { installController } from './install/install-controller.ts';
import { ownerController } from './owner-controller.ts';
import { progressingController } from './progressing/progressing-controller.ts';
import { createTokenCaches, tokenController } from './token/token-controller.ts';

/** Most milliseconds between attempts: nothing tells that the namespace of a cluster was made. */
const maxBackoffMs = 60_000;

/** Runs the controllers of the add-on manager until the process stops (addon.md 4). */
export const startAddonManager = async ({ client: hub, log, metrics, signal }: Process): Promise<void> => {
  const informers = createInformers(hub, { logger: log, metrics });
  const caches = createCaches(informers);
  const controllers = [
    ownerController(hub, caches),
    installController(hub, caches),
    annotationController(hub, caches),
    installStatusController(hub, caches),
    configurationController(hub, caches),
    progressingController(hub, caches),
    tokenController(hub, caches, createTokenCaches(informers)),
  ];
  informers.start(signal);
  await runControllers(controllers, { logger: log, metrics, maxBackoffMs }, signal);
};
