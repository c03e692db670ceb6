import { setMaxListeners } from 'node:events';
import { createInformers } from '../../runtime/cache/informers.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { aborted } from '../../runtime/client/abort.ts';
import type { Secret } from '../../runtime/client/kubernetes.ts';
import type { Controller } from '../../runtime/controller/controller.ts';
import { runControllers } from '../../runtime/controller/run.ts';
import type { Process } from '../../runtime/process/command.ts';
import { clusterCredentialController } from './cluster-credential.ts';
import { creatingController } from './creating.ts';
import { followBootstrapController } from './credential/follow-bootstrap.ts';
import { connectHub } from './hub-client.ts';
import { maxBackoffMs } from './patience.ts';
import type { Settings } from './settings.ts';
import type { WakeUp } from './wake-up.ts';

const pollMs = 1_000;

/**
 * Asks the hub, as the bootstrap identity, to let this cluster join, and waits until there is a valid hub kubeconfig
 * (registration.md 3.1 step 8, 3.3). Rejects when validity cannot be judged; resolves early when the process stops.
 */
export const bootstrap = async (
  process: Process,
  settings: Settings,
  hubSecret: Informer<Secret>,
  isValid: () => Promise<boolean>,
  wakeUp: WakeUp,
): Promise<void> => {
  if (await isValid()) return;
  process.log.info('the hub kubeconfig is not valid; bootstrapping', {
    cluster: settings.identity.clusterName,
    agent: settings.identity.agentName,
  });
  const ended = new AbortController();
  const signal = AbortSignal.any([process.signal, ended.signal]);
  setMaxListeners(0, signal);
  const { log: logger, metrics } = process;
  const hub = await connectHub(settings, 'bootstrap', process);
  const hubInformers = createInformers(hub, { logger, metrics });
  const run = (controller: Controller) =>
    runControllers([controller], { logger, metrics, syncTimeoutMs, maxBackoffMs }, signal);
  const present = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<boolean>();
  hubInformers.start(signal);
  /** Only then the certificate: who has it cannot create the ManagedCluster any more. */
  const asking = async () => {
    await Promise.race([present.promise, aborted(signal)]);
    if (signal.aborted) return;
    await run(
      await clusterCredentialController({
        role: 'BootstrapController',
        settings,
        management: process.client,
        hubSecret,
        hub,
        hubInformers,
        log: process.log,
      }),
    );
  };
  /** Who is known by a certificate asks for nothing. */
  const joining = async () => {
    const isKnown = await Promise.race([looked.promise, aborted(signal).then(() => true)]);
    if (!isKnown)
      await Promise.all([run(creatingController(hub, settings.cluster, present.resolve)), asking()]);
  };
  /** A gRPC server is told apart from its successor by its authority alone: nobody asks there whom it knows. */
  const following = async () => {
    if (settings.grpc) looked.resolve(false);
    else await run(followBootstrapController(process.client, settings, looked.resolve));
  };
  const running = Promise.all([following(), joining()]);
  try {
    while (!signal.aborted) {
      await Promise.race([wakeUp.wait(pollMs, signal), running]);
      if (await isValid()) return;
    }
  } finally {
    ended.abort();
    await running;
    await hub.close();
  }
};

/** An agent waits for its hub for as long as it takes: `setTimeout` cannot wait longer. */
export const syncTimeoutMs = 2 ** 31 - 1;
