import type { Klusterlet } from '../../../api/generated/operator.ts';
import { klusterlets as resource } from '../../../api/generated/operator.ts';
import { secret as secretName } from '../../../api/names.ts';
import { secrets } from '../../../runtime/client/kubernetes.ts';
import { setCondition } from '../../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../../runtime/controller/controller.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { klusterletsOfSecret, userSecrets } from '../affected-klusterlets.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { agentNamespace, modeOf } from '../mode.ts';
import { multipleHubs } from '../rendering/agent-arguments.ts';
import { type Verdict, verdict } from './connection-verdict.ts';
import { checkBootstrapKubeconfig, checkHubKubeconfig, unusedHubKubeconfig } from './kubeconfig-check.ts';
import { differences } from './other-hub.ts';

/** Checks side by side; a hub that does not answer keeps one busy for some seconds. */
const concurrency = 10;

/**
 * Reports in HubConnectionDegraded whether the agents' kubeconfig serves on the hub, and if not whether the bootstrap
 * kubeconfig does (operator.md 5.8). What it finds wrong is a finding, never a failure of the key. A key is checked
 * once at a time; what comes meanwhile is checked after.
 */
export const accessReviewController = (deps: Dependencies): Controller => {
  /** How often in a row a Klusterlet was looked at again without a change. */
  const repetitions = new Map<string, number>();
  return {
    name: 'KlusterletSSARController',
    resyncMs: 300_000,
    concurrency,
    watches: [
      // What others write into the status does not change what the hub allows.
      from(
        deps.klusterlets,
        (change) =>
          change.type !== 'updated' ||
          change.object.metadata.generation !== change.previous.metadata.generation ||
          change.object.metadata.uid !== change.previous.metadata.uid,
      ),
      ...deps.agentSecrets.map((informer) =>
        mapped(informer, klusterletsOfSecret(deps.klusterlets, userSecrets)),
      ),
    ],
    async reconcile(name, { signal }) {
      const klusterlet = deps.klusterlets.get(name);
      if (!klusterlet || klusterlet.metadata.deletionTimestamp) {
        repetitions.delete(name);
        return undefined;
      }
      const { condition, recheckMs } = await check(deps, klusterlet, signal);
      await write(deps, name, condition);
      if (recheckMs === undefined || condition.status === 'False') repetitions.delete(name);
      if (recheckMs === undefined) return undefined;
      if (condition.status === 'False') return { requeueAfterMs: recheckMs };
      const times = repetitions.get(name) ?? 0;
      repetitions.set(name, times + 1);
      return { requeueAfterMs: patience(times, recheckMs) };
    },
  };
};

/** Soon at first, since acceptance is often a matter of seconds, and then as seldom as `mostMs`. */
export const patience = (times: number, mostMs: number): number => Math.min(1000 * 2 ** times, mostMs);

const check = async (deps: Dependencies, klusterlet: Klusterlet, signal: AbortSignal): Promise<Verdict> => {
  const { client } = deps.management;
  const namespace = agentNamespace(klusterlet, modeOf(klusterlet) ?? 'Default');
  const find = (name: string) => client.find(secrets, name, namespace, { signal });
  const { generation } = klusterlet.metadata;
  const hubSecret = await find(secretName.hubKubeconfig);
  if (multipleHubs(klusterlet))
    return verdict(await checkHubKubeconfig(klusterlet, namespace, hubSecret, signal), undefined, generation);
  const bootstrapSecret = await find(secretName.bootstrapHubKubeconfig);
  const differing = differences(bootstrapSecret, hubSecret);
  const { isSilent, ...hub } = await checkHubKubeconfig(
    klusterlet,
    namespace,
    hubSecret,
    signal,
    differing.length > 0,
  );
  const isFunctional = hub.reason === 'HubConnectionFunctional';
  if (isFunctional && differing.length === 0) return verdict(hub, undefined, generation);
  const bootstrap = await checkBootstrapKubeconfig(klusterlet, namespace, bootstrapSecret, signal);
  if (!isFunctional) return verdict(hub, bootstrap, generation);
  // A kubeconfig that works and is not used: the agent asks for another, in vain as long as it cannot ask or is silent.
  const asksInVain =
    bootstrap.reason !== 'BootstrapSecretFunctional' &&
    differing.some((field) => field !== 'tls-server-name');
  return asksInVain || isSilent
    ? verdict(unusedHubKubeconfig(hub, differing), bootstrap, generation)
    : verdict(hub, undefined, generation);
};

/** Writes onto the Klusterlet as it is after the check, which may have taken its time. */
const write = async (deps: Dependencies, name: string, condition: Verdict['condition']): Promise<void> => {
  const klusterlet = deps.klusterlets.get(name);
  if (!klusterlet) return;
  await patchStatus(
    deps.management.client,
    resource,
    klusterlet,
    { ...klusterlet.status, conditions: setCondition(klusterlet.status?.conditions, condition) },
    { fieldManager },
  );
};
