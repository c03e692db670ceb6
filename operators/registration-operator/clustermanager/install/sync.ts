import type { ClusterManager } from '../../../api/generated/operator.ts';
import { label } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { type Deployment, namespaces, services } from '../../../runtime/client/kubernetes.ts';
import type { Context } from '../../../runtime/controller/controller.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { type Applied, type RelatedResource, rolloutCause } from '../../apply/index.ts';
import { type GatesByComponent, validFeatureGates } from '../../feature-gates.ts';
import { gateWithoutEffect, mayHavePolicies } from '../../network/policies.ts';
import { withHubImages } from '../../own-images.ts';
import { validConfiguration } from '../../valid-configuration.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { type Hub, HubKubeconfigError } from '../hub-clusters.ts';
import { hasHubPolicies } from '../hub-rights.ts';
import { hubNamespaceOf } from '../mode.ts';
import { feasible } from '../rendering/feasible.ts';
import { grpcEndpointProblem, grpcServerName } from '../rendering/grpc-endpoint.ts';
import { renderInput, unknownGates } from '../rendering/parameters.ts';
import { registrationDrivers } from '../rendering/registration-drivers.ts';
import { portProblem } from '../rendering/webhook-settings.ts';
import { type OperandState, progressCondition, rolling } from '../status/operand-conditions.ts';
import { type Outcome, SyncError } from './applied-status.ts';
import { addonConversion, conversionDrainMs, stopConverting } from './addon-conversion.ts';
import type { Plan, Stages } from './apply-stages.ts';
import { nameProblem } from './name-problem.ts';
import { caBundleOf, kubernetesVersion, observe } from './observe.ts';
import { syncHubKubeconfigs, syncSecrets } from './operand-secrets.ts';
import { selectionOf } from './versions.ts';

const caBundleRetryMs = 3000;
const rolloutRetryMs = 5000;

/** What a sync came to, and when to come back; undefined when there was nothing to do yet. */
export interface SyncResult {
  outcome?: Outcome;
  requeueAfterMs?: number;
}

const soonest = (...times: (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined && Number.isFinite(time)) as number[];
  return known.length > 0 ? Math.min(...known) : undefined;
};

/** Makes the hub's namespace, marked as the bundle's is: certificates are kept in it, which come before the bundle. */
const ensureNamespace = async ({ cluster }: Hub, clusterManager: ClusterManager): Promise<void> => {
  const name = hubNamespaceOf(clusterManager);
  if (await cluster.client.find(namespaces, name)) return;
  const labels = { [label.createdByClusterManager]: clusterManager.metadata.name };
  await cluster.client.apply(namespaces, { metadata: { name, labels } }, { fieldManager });
};

const hubOf = async (deps: Dependencies, clusterManager: ClusterManager): Promise<Hub> => {
  try {
    return await deps.hubs.of(clusterManager);
  } catch (cause) {
    if (!(cause instanceof HubKubeconfigError)) throw cause;
    throw new SyncError('HubResourceApplyFailed', cause.message, { cause, waiting: true });
  }
};

/** The bundle of each component; rejects when the images cannot be installed here. */
const selected = async (deps: Dependencies, clusterManager: ClusterManager, hub: Hub) => {
  const result = selectionOf(deps, clusterManager, await kubernetesVersion(hub.cluster));
  if ('refusal' in result)
    throw new SyncError(result.refusal.reason, result.refusal.message, { waiting: true });
  return result.selection;
};

/** What keeps an operand whose Pods say nothing: those of the gRPC server wait for its certificate. */
const unspokenCause = async (
  { management }: Dependencies,
  clusterManager: ClusterManager,
  { metadata: { name, namespace = '' } }: Deployment,
): Promise<string | undefined> =>
  name === grpcServerName(clusterManager)
    ? grpcEndpointProblem(clusterManager, namespace, await management.client.find(services, name, namespace))
    : undefined;

/** The Deployments of a plan as the cache has them; those that roll with what keeps them. */
const operandStates = async (
  deps: Dependencies,
  clusterManager: ClusterManager,
  applied: readonly Applied[],
): Promise<OperandState[]> => {
  const cached = deps.applier.deployments(deps.management);
  const states = applied
    .filter(({ ref }) => ref.resource.kind === 'Deployment')
    .map(({ ref: { name, namespace }, generation }): OperandState => ({
      name,
      deployment: cached.get(name, namespace),
      generation,
    }));
  const busy = new Set(rolling(states));
  return Promise.all(
    states.map(async (state) =>
      busy.has(state) && state.deployment
        ? {
            ...state,
            cause:
              (await rolloutCause(deps.management.client, state.deployment)) ??
              (await unspokenCause(deps, clusterManager, state.deployment)),
          }
        : state,
    ),
  );
};

/** Entries of status that stay: the ClusterProfile CRD, which is never removed (operator.md 4.2). */
const keptOf = (clusterManager: ClusterManager, isRolling: boolean): RelatedResource[] =>
  (clusterManager.status?.relatedResources ?? []).filter(
    ({ group, name }) =>
      name === 'clusterprofiles.multicluster.x-k8s.io' ||
      // Webhooks wait for the rollout; those of before are still there.
      (isRolling && group === 'admissionregistration.k8s.io'),
  ) as RelatedResource[];

/** What images cannot do, with the operator's own gate where their bundles have nothing for it. */
const withPolicies = (
  { bundles }: Dependencies,
  { spec }: ClusterManager,
  gates: GatesByComponent,
): GatesByComponent => {
  const images = [spec?.registrationImagePullSpec, spec?.workImagePullSpec];
  const own = spec?.registrationConfiguration?.featureGates;
  const idle = gateWithoutEffect(own, bundles, 'clustermanager', images);
  return { ...gates, Registration: [...(gates['Registration'] ?? []), ...idle] };
};

/**
 * Installs a ClusterManager in the order of operator.md 4.1: CRDs, Secrets, what the hub needs, operands, and when
 * these are complete the webhook configurations.
 */
export const sync = async (
  deps: Dependencies,
  stages: Stages,
  asked: ClusterManager,
  context: Context,
): Promise<SyncResult> => {
  const { clusterManager, gates, problems, leftOut } = feasible(
    deps.bundles,
    withHubImages(deps.settings.images, asked),
  );
  const conditions: NextCondition[] = [
    validFeatureGates(unknownGates(asked), withPolicies(deps, asked, gates)),
    ...validConfiguration(asked.status?.conditions, leftOut, asked.metadata.generation),
  ];
  const applied: Applied[] = [];
  let failure: SyncError | undefined;
  let renewAt: number | undefined;
  let isRolling = false;
  try {
    const problem = nameProblem(clusterManager);
    if (problem) throw new SyncError('HubResourceApplyFailed', problem, { waiting: true });
    const collision = portProblem(clusterManager);
    if (collision) throw new SyncError('RuntimeResourceApplyFailed', collision, { waiting: true });
    const hub = await hubOf(deps, clusterManager);
    await ensureNamespace(hub, clusterManager);
    const caBundle = caBundleOf(deps, clusterManager);
    if (caBundle === undefined) return { requeueAfterMs: caBundleRetryMs };
    const selection = await selected(deps, asked, hub);
    const conversion = await addonConversion(deps, clusterManager, selection, hub.cluster);
    if (conversion === 'ends') await stopConverting(deps, clusterManager, hub.cluster);
    const observed = await observe(deps, clusterManager, hub, caBundle, context);
    const plan: Plan = {
      clusterManager,
      hub: hub.cluster,
      selection,
      input: renderInput(clusterManager, { ...observed, convertsAddons: conversion === 'on' }),
    };

    applied.push(...(await stages.apply(plan, 'crds', 'CRDApplyFailed')));
    if (conversion === 'ends') return { requeueAfterMs: conversionDrainMs };
    // Before what they bound may do anything.
    if ([...plan.input.features].includes('hubAdmissionPolicies') || hasHubPolicies(asked))
      applied.push(...(await stages.apply(plan, 'bounds', 'HubResourceApplyFailed')));
    await syncSecrets(deps, clusterManager, context).catch((error: SyncError) => (failure = error));
    const onHub = await stages.apply(plan, 'hub', 'HubResourceApplyFailed');
    applied.push(...onHub);
    renewAt = await syncHubKubeconfigs(deps, clusterManager, hub, onHub, context);
    const { registrationConfiguration: registration } = asked.spec ?? {};
    if (
      mayHavePolicies(
        registration?.featureGates,
        asked.status?.relatedResources,
        deps.settings.mayReadPolicies,
      )
    )
      applied.push(...(await stages.apply(plan, 'network', 'HubResourceApplyFailed')));
    const operands = await stages.apply(plan, 'runtime', 'RuntimeResourceApplyFailed');
    applied.push(...operands);
    const states = await operandStates(deps, clusterManager, operands);
    conditions.push(progressCondition(states));
    isRolling = rolling(states).length > 0;
    if (!isRolling) applied.push(...(await stages.apply(plan, 'webhooks', 'WebhookApplyFailed')));
  } catch (error) {
    failure =
      error instanceof SyncError
        ? error
        : new SyncError('HubResourceApplyFailed', messageOf(error), { cause: error });
  }
  problems.unshift(...registrationDrivers(asked).problems);
  if (!failure && problems.length > 0)
    failure = new SyncError('RegistrationDriverInvalid', problems.join('. '), { waiting: true });
  return {
    outcome: { failure, conditions, applied, kept: keptOf(clusterManager, isRolling) },
    requeueAfterMs: soonest(
      isRolling ? rolloutRetryMs : undefined,
      renewAt === undefined ? undefined : Math.min(Math.max(renewAt - Date.now(), 1000), 2 ** 31 - 1),
    ),
  };
};
