import { setMaxListeners } from 'node:events';
import { createInformers } from '../../runtime/cache/informers.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { authType } from '../../api/names.ts';
import { aborted } from '../../runtime/client/abort.ts';
import type { Client } from '../../runtime/client/client.ts';
import { connect } from '../../runtime/client/connect.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import { runControllers } from '../../runtime/controller/run.ts';
import type { Process } from '../../runtime/process/command.ts';
import { asksForRestart } from './bootstrap-secret.ts';
import { bootstrap, syncTimeoutMs } from './bootstrap.ts';
import { type RegistrationAgentFlags } from './flags.ts';
import { connectHub } from './hub-client.ts';
import { hubSecretController } from './hub-secret-controller.ts';
import { mainControllers } from './main-phase.ts';
import { unavailableDriver, validateAgentFlags } from './options.ts';
import { maxBackoffMs } from './patience.ts';
import { writeSecretFiles } from './secret-files.ts';
import { selectBootstrapKubeconfig } from './hubs/select.ts';
import type { Identity } from './identity/identity.ts';
import { dropRecord, recordedIdentity, recordIdentity } from './identity/record.ts';
import {
  type Settings,
  agentNamespaceOf,
  completeSettings,
  hubKubeconfigPath,
  identityOf,
} from './settings.ts';
import { userAgent } from './user-agent.ts';
import { isHubKubeconfigValid, watchedValidity } from './validity.ts';
import { createWakeUp } from './wake-up.ts';

/** Fills the folder of the hub kubeconfig from its secret, if there is one (registration.md 3.1 step 2). */
const dumpHubSecret = async (process: Process, flags: RegistrationAgentFlags): Promise<void> => {
  const secret = await process.client.find(
    secrets,
    flags['hub-kubeconfig-secret'],
    agentNamespaceOf(process),
    {
      signal: process.signal,
    },
  );
  if (secret) await writeSecretFiles(flags['hub-kubeconfig-dir'], secret.data ?? {});
};

/** With several hubs one of them is chosen at each start (registration.md 3.9). */
const bootstrapKubeconfigOf = (
  { log, signal }: Process,
  flags: RegistrationAgentFlags,
  identity: Identity,
): Promise<string> =>
  flags['feature-gates']['MultipleHubs']
    ? selectBootstrapKubeconfig(
        flags['bootstrap-kubeconfigs'],
        { hubKubeconfig: hubKubeconfigPath(flags), directory: flags['hub-kubeconfig-dir'], identity },
        log,
        signal,
      )
    : Promise.resolve(flags['bootstrap-kubeconfig']);

/** Ends the process when the bootstrap secret changes, so that it starts anew with what is in it now (3.8). */
const restartWithBootstrapSecret = (process: Process, informer: Informer<Secret>, name: string): void => {
  informer.onChange((change) => {
    if (asksForRestart(change, name))
      process.exit(0, `the data of the bootstrap secret ${name} changed; starting anew`);
  });
};

const mainPhase = async (
  process: Process,
  settings: Settings,
  spoke: Client,
  hubSecret: Informer<Secret>,
) => {
  const { log, metrics, signal } = process;
  const hub = await connectHub(settings, 'hub', process);
  log.info('HubClientConfigReady', { cluster: settings.identity.clusterName, hub: hub.server });
  const hubInformers = createInformers(hub, { logger: log, metrics });
  const spokeInformers = createInformers(spoke, { logger: log, metrics });
  const controllers = await mainControllers({
    process,
    settings,
    hub,
    hubInformers,
    spoke,
    spokeInformers,
    hubSecret,
  });
  hubInformers.start(signal);
  spokeInformers.start(signal);
  try {
    await runControllers(controllers, { logger: log, metrics, syncTimeoutMs, maxBackoffMs }, signal);
  } finally {
    await hub.close();
  }
};

/**
 * Runs the registration agent until its process stops (registration.md 3.1): it gets a credential for the hub, keeps it
 * fresh, and reports how the cluster is. Rejects when it cannot start.
 */
export const startRegistrationAgent = async (
  process: Process,
  flags: RegistrationAgentFlags,
): Promise<void> => {
  validateAgentFlags(flags);
  const driver = unavailableDriver(flags);
  if (driver) {
    // Another way than asked for is not the agent's choice, and to start anew would not help.
    process.log.error(`--registration-auth=${driver} is not available in this version; use ${authType.csr}`);
    return aborted(process.signal);
  }
  setMaxListeners(0, process.signal);
  const { client: management, log, metrics, signal } = process;
  await dumpHubSecret(process, flags);
  const place = { management, agentNamespace: agentNamespaceOf(process), flags };
  const identity = await identityOf(flags, await recordedIdentity(place, signal));
  const settings = await completeSettings(
    process,
    flags,
    identity,
    await bootstrapKubeconfigOf(process, flags, identity),
  );
  await recordIdentity(place, identity, signal);
  const isValid = () =>
    isHubKubeconfigValid({
      bootstrapKubeconfig: settings.bootstrapKubeconfig,
      hubKubeconfig: settings.hubKubeconfig,
      directory: flags['hub-kubeconfig-dir'],
      identity: settings.identity,
      usesGrpc: settings.grpc !== undefined,
    });
  const validity = watchedValidity(isValid);
  process.addHealthCheck(validity);

  const informers = createInformers(management, { logger: log, metrics });
  const secretNamed = (name: string) =>
    informers.informer(secrets, {
      namespace: settings.agentNamespace,
      fieldSelector: `metadata.name=${name}`,
    });
  const hubSecret = secretNamed(flags['hub-kubeconfig-secret']);
  restartWithBootstrapSecret(
    process,
    secretNamed(flags['bootstrap-kubeconfig-secret']),
    flags['bootstrap-kubeconfig-secret'],
  );
  informers.start(signal);

  const wakeUp = createWakeUp();
  const files = hubSecretController(
    hubSecret,
    flags['hub-kubeconfig-secret'],
    flags['hub-kubeconfig-dir'],
    wakeUp.now,
  );
  const dumping = runControllers([files], { logger: log, metrics, syncTimeoutMs, maxBackoffMs }, signal);

  const serving = async () => {
    try {
      await bootstrap(process, settings, hubSecret, isValid, wakeUp);
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(
        `failed to wait for hub client config for managed cluster to be ready: ${(error as Error).message}`,
        { cause: error },
      );
    }
    if (signal.aborted) return;
    validity.begin();
    await dropRecord(place, log, signal);
    const spoke =
      settings.spoke === process.connection
        ? management
        : connect(settings.spoke, { userAgent, logger: log, metrics });
    await mainPhase(process, settings, spoke, hubSecret);
  };
  await Promise.all([dumping, serving()]);
};
