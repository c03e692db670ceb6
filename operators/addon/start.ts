import { addOnDeploymentConfigs, addOnTemplatesV1alpha1 } from '../api/generated/addon.ts';
import { agentController } from '../addon-framework/agent/agent-controller.ts';
import { createAgentObjects } from '../addon-framework/agent/caches.ts';
import { configHashController } from '../addon-framework/configuration/hash-controller.ts';
import { requestsController } from '../addon-framework/registration/requests-controller.ts';
import { createInformers } from '../runtime/cache/informers.ts';
import { runControllers } from '../runtime/controller/run.ts';
import type { Process } from '../runtime/process/command.ts';
import { createCaches } from './caches.ts';
import { configurationController } from './configuration/configuration-controller.ts';
import { installStatus } from './configuration/install-status.ts';
import { installStatusController } from './configuration/install-status-controller.ts';
import { annotationController } from './install/annotation-controller.ts';
import { installController } from './install/install-controller.ts';
import { ownerController } from './owner-controller.ts';
import { progressingController } from './progressing/progressing-controller.ts';
import { templateAgent } from './template/agent.ts';
import { signingNamespace } from './template/signing.ts';
import { createTokenCaches, tokenController } from './token/token-controller.ts';

/** Most milliseconds between attempts: nothing tells that the namespace of a cluster was made. */
const maxBackoffMs = 60_000;

export interface AddonManagerFlags {
  /** Most milliseconds that certificates of templates' own signers are valid. */
  'custom-signer-validity': number;
}

/** Runs the controllers of the add-on manager until the process stops (addon.md 4). */
export const startAddonManager = async (
  { client: hub, log, metrics, signal }: Process,
  flags: AddonManagerFlags,
): Promise<void> => {
  const informers = createInformers(hub, { logger: log, metrics });
  const caches = createCaches(informers);
  const templates = informers.informer(addOnTemplatesV1alpha1);
  const deploymentConfigs = informers.informer(addOnDeploymentConfigs);
  const agentCaches = { ...caches, configs: [templates, deploymentConfigs] };
  const objects = createAgentObjects(informers);
  const namespace = signingNamespace(process.env);
  const agent = templateAgent(
    hub,
    { ...caches, templates, deploymentConfigs },
    { namespace, validityMs: flags['custom-signer-validity'] },
  );
  const controllers = [
    ownerController(hub, caches),
    installController(hub, caches),
    annotationController(hub, caches),
    installStatusController(hub, caches, agent),
    configurationController(hub, caches),
    progressingController(hub, caches, agent),
    tokenController(hub, caches, createTokenCaches(informers), namespace),
    configHashController(hub, agent, agentCaches, installStatus),
    agentController(hub, agent, agentCaches, objects),
    requestsController(hub, agent, caches, objects.requests),
  ];
  informers.start(signal);
  await runControllers(controllers, { logger: log, metrics, maxBackoffMs }, signal);
};
