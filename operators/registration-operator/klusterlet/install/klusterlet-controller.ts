import { klusterletCondition } from '../../../api/conditions.ts';
import { type Klusterlet, klusterlets as resource } from '../../../api/generated/operator.ts';
import { finalizer, secret as secretName } from '../../../api/names.ts';
import { KubeconfigError } from '../../../runtime/client/kubeconfig/kubeconfig.ts';
import { findCondition, type NextCondition, setCondition } from '../../../runtime/controller/conditions.ts';
import {
  type Context,
  type Controller,
  mapped,
  type Result,
} from '../../../runtime/controller/controller.ts';
import { hasFinalizer } from '../../../runtime/controller/finalizers.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { validFeatureGates } from '../../feature-gates.ts';
import { validConfiguration } from '../../valid-configuration.ts';
import type { Applied } from '../../apply/index.ts';
import { klusterletsOfSecret } from '../affected-klusterlets.ts';
import { gateWithoutEffect } from '../../network/policies.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import type { ManagedCluster } from '../managed-clusters.ts';
import { withAgentImages } from '../../own-images.ts';
import { agentNamespace, isHosted, isSingleton, type Mode, modeOf } from '../mode.ts';
import { outdated, removeOwned } from '../owned-objects.ts';
import { registrationGates, workGates } from '../rendering/agent-arguments.ts';
import { feasible } from '../rendering/feasible.ts';
import { labelsWithoutEffect } from '../rendering/labels-without-effect.ts';
import { klusterletsAndSharers } from '../shared-namespace.ts';
import { InstallError, isInstalled, statusAfter } from './applied-status.ts';
import { applyNamespaces } from './apply-stage.ts';
import { install, type Installed } from './install.ts';
import { type Plan, planOf } from './render-plan.ts';
import { nowRolling, pendingOf } from './rolling-agents.ts';
import { driverProblem, problemOf } from './spec-problem.ts';
import { aggregateRoles, profiledKlusterlets, pullSecretKlusterlets } from './watches.ts';

type Preparation = { managed: ManagedCluster } | { missing: string };

/** Installs agents and what they need on managed and management cluster, and keeps them so (operator.md 5.1 to 5.7). */
export const klusterletController = (deps: Dependencies): Controller => ({
  name: 'KlusterletController',
  resyncMs: 300_000,
  watches: [
    klusterletsAndSharers(deps),
    ...deps.agentSecrets.map((informer) => mapped(informer, klusterletsOfSecret(deps.klusterlets))),
    mapped(deps.pullSecrets, pullSecretKlusterlets(deps)),
    mapped(deps.tlsProfiles, profiledKlusterlets(deps)),
    aggregateRoles(deps),
    deps.applier.drift,
  ],
  reconcile: (name, context) =>
    deps.locks.exclusive(name, async () => {
      const klusterlet = deps.klusterlets.get(name);
      if (!klusterlet) {
        deps.pending.delete(name);
        return deps.managed.drop(name);
      }
      if (klusterlet.metadata.deletionTimestamp) return reportReadiness(deps, klusterlet);
      return sync(deps, klusterlet, context);
    }),
});

/** The condition ReadyToApply of hosted modes (operator.md 3.3): whether the managed cluster's kubeconfig can be used. */
const readyToApply = (klusterlet: Klusterlet, preparation: Preparation): NextCondition => {
  const { type, reason } = klusterletCondition.readyToApply;
  const common = { type, observedGeneration: klusterlet.metadata.generation };
  if ('missing' in preparation)
    return {
      ...common,
      status: 'False',
      reason: reason.KlusterletPrepareFailed,
      message: preparation.missing,
    };
  const created = preparation.managed.hosted?.secret.metadata.creationTimestamp;
  return {
    ...common,
    status: 'True',
    reason: reason.KlusterletPrepared,
    message: `Klusterlet is ready to apply${created ? `, the external managed kubeconfig secret was created at: ${created}` : ''}`,
  };
};

const prepare = async (deps: Dependencies, klusterlet: Klusterlet, mode: Mode): Promise<Preparation> => {
  try {
    const managed = await deps.managed.of(klusterlet, mode);
    return managed
      ? { managed }
      : {
          missing: `Secret ${agentNamespace(klusterlet, mode)}/${secretName.externalManagedKubeconfig} does not exist; create it with a kubeconfig of the managed cluster under the key "kubeconfig"`,
        };
  } catch (error) {
    if (error instanceof KubeconfigError) return { missing: error.message };
    throw error;
  }
};

/** Writes ReadyToApply when it says something new; true when it did, upon which the change comes back as a key. */
const writeReadiness = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  preparation: Preparation,
): Promise<boolean> => {
  const next = readyToApply(klusterlet, preparation);
  const written = await patchStatus(
    deps.management.client,
    resource,
    klusterlet,
    { ...klusterlet.status, conditions: setCondition(klusterlet.status?.conditions, next) },
    { fieldManager },
  );
  return written !== klusterlet;
};

/** A leaving Klusterlet of a hosted mode still says whether its cluster can be reached; removal waits for that. */
const reportReadiness = async (deps: Dependencies, klusterlet: Klusterlet): Promise<void> => {
  const mode = modeOf(klusterlet);
  if (mode && isHosted(mode)) await writeReadiness(deps, klusterlet, await prepare(deps, klusterlet, mode));
};

const gatesCondition = ({ bundles }: Dependencies, klusterlet: Klusterlet): NextCondition => {
  const { spec } = klusterlet;
  const images = isSingleton(modeOf(klusterlet) ?? 'Default')
    ? [spec?.imagePullSpec]
    : [spec?.registrationImagePullSpec, spec?.workImagePullSpec];
  const own = spec?.registrationConfiguration?.featureGates;
  return validFeatureGates(
    { Registration: registrationGates(klusterlet).unknown, Work: workGates(klusterlet).unknown },
    { Registration: gateWithoutEffect(own, bundles, 'klusterlet', images) },
  );
};

const sync = async (deps: Dependencies, klusterlet: Klusterlet, context: Context): Promise<Result> => {
  const mode = modeOf(klusterlet);
  const named = withAgentImages(deps.settings.images, klusterlet);
  const finish = async (outcome: Applied[] | InstallError, others: NextCondition[] = []): Promise<void> => {
    const { generation } = klusterlet.metadata;
    const leftOut = [...feasible(klusterlet).leftOut, ...labelsWithoutEffect(named, deps.bundles)];
    const status = statusAfter(klusterlet, outcome, [
      gatesCondition(deps, klusterlet),
      ...validConfiguration(klusterlet.status?.conditions, leftOut, generation),
      ...others,
    ]);
    await patchStatus(deps.management.client, resource, klusterlet, status, { fieldManager });
  };
  try {
    const problem = problemOf(named, deps.klusterlets.list()) ?? driverProblem(named, deps.bundles);
    if (problem || !mode)
      throw new InstallError('KlusterletApplyFailed', problem ?? 'the mode is unknown', { waiting: true });
    const plan = await planOf(deps, klusterlet, mode, context);
    const managed = await ready(deps, klusterlet, plan);
    if (!managed || !hasFinalizer(klusterlet, finalizer.klusterlet)) return undefined;
    warn(klusterlet, context);

    const installed = await install(deps, klusterlet, plan, managed, context);
    await clear(deps, klusterlet, managed, installed);
    deps.pending.set(klusterlet.metadata.name, pendingOf(installed));
    await finish(installed.applied, nowRolling(deps, klusterlet, mode));
    return again(installed.againAt);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    await finish(error);
    if (!error.waiting) throw error;
    context.log.debug(2, 'waiting', { reason: error.reason, message: error.message });
    return undefined;
  }
};

/**
 * The managed cluster once it may be written to. In hosted modes the agent namespace is made first, so that users can
 * put the kubeconfig there, and ReadyToApply is written before anything else is (operator.md 5.1).
 */
const ready = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  plan: Plan,
): Promise<ManagedCluster | undefined> => {
  if (isHosted(plan.mode))
    await applyNamespaces({ deps, klusterlet, cluster: deps.management }, plan.stage('management'));
  const preparation = await prepare(deps, klusterlet, plan.mode);
  if (isHosted(plan.mode) && (await writeReadiness(deps, klusterlet, preparation))) return undefined;
  return 'managed' in preparation ? preparation.managed : undefined;
};

/** Removes what earlier specs installed and this one does not. */
const clear = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  { cluster }: ManagedCluster,
  { applied }: Installed,
): Promise<void> => {
  const old = outdated(klusterlet.status?.relatedResources, applied);
  for (const each of new Set([cluster, deps.management])) await removeOwned(deps, klusterlet, each, old);
  if (isInstalled(klusterlet)) await deps.oldNamespaces.remove(klusterlet, cluster);
};

/** Says once for each spec what is left out of it. */
const warn = (klusterlet: Klusterlet, { log }: Context): void => {
  const { leftOut } = feasible(klusterlet);
  const { conditions, observedGeneration } = klusterlet.status ?? {};
  const isNew =
    observedGeneration !== klusterlet.metadata.generation ||
    !findCondition(conditions, klusterletCondition.applied.type);
  if (leftOut.length > 0 && isNew) log.warn('values of the spec are left out', { leftOut });
};

/** Longest wait that a timer of Node takes. */
const longestMs = 2 ** 31 - 1;

const again = (at: number): Result =>
  Number.isFinite(at) ? { requeueAfterMs: Math.min(Math.max(at - Date.now(), 1000), longestMs) } : undefined;
