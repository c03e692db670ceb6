import type { Klusterlet } from '../../../api/generated/operator.ts';
import { namespace as namespaceName, secret as secretName } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { deployments } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { Context } from '../../../runtime/controller/controller.ts';
import { type Applied, type Cluster, refOf } from '../../apply/index.ts';
import { syncSecret } from '../../secrets/sync-secret.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import type { ManagedCluster } from '../managed-clusters.ts';
import { agentNamespace, deploymentsOf, isSingleton } from '../mode.ts';
import { agentLabels } from '../rendering/parameters.ts';
import { InstallError } from './applied-status.ts';
import { applyCrds, applyNamespaces, applyObjects } from './apply-stage.ts';
import { syncHostedSecrets } from './hosted-secrets.ts';
import { syncPolicies } from './network-policies.ts';
import type { Plan } from './render-plan.ts';
import { isHeld } from './upgrade-order.ts';

/** A complete install: what status lists, and when to come back (epoch ms). */
export interface Installed {
  applied: Applied[];
  /** Deployments that stay at their version until those before them have rolled to theirs. */
  held: string[];
  /** When the next token of a hosted mode is to be renewed, or an upgrade may go on. */
  againAt: number;
}

/** How often an upgrade looks whether the agent before has rolled out; milliseconds. */
const rolloutMs = 2000;

/** Copies the operator's image pull secret into a namespace that agents run in (operator.md 5.3, 5.4; D26). */
const copyPullSecret = async (
  deps: Dependencies,
  cluster: Cluster,
  namespace: string,
  labels: Record<string, string>,
): Promise<void> => {
  try {
    await syncSecret({
      from: {
        client: deps.management.client,
        name: secretName.imagePull,
        namespace: deps.settings.operatorNamespace,
      },
      to: { client: cluster.client, name: secretName.imagePull, namespace },
      labels,
      fieldManager,
    });
  } catch (cause) {
    throw new InstallError(
      'KlusterletApplyFailed',
      `Secret ${secretName.imagePull} cannot be copied to namespace ${namespace}: ${messageOf(cause)}`,
      { cause },
    );
  }
};

/** What status says of a Deployment that stays as it is. */
const asItIs = (deps: Dependencies, object: UnknownObject): Applied => {
  const ref = refOf(object);
  const live = deps.applier.deployments(deps.management).get(ref.name, ref.namespace);
  return { ref, written: false, generation: live?.metadata.generation };
};

/**
 * Applies everything of a Klusterlet in the order of operator.md 5.1: CRDs, what belongs on the managed cluster, what
 * belongs on the management cluster, the agents.
 * @throws InstallError at the first stage that fails
 */
export const install = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  plan: Plan,
  managed: ManagedCluster,
  { signal }: Context,
): Promise<Installed> => {
  const onManaged = { deps, klusterlet, cluster: managed.cluster };
  const onManagement = { deps, klusterlet, cluster: deps.management };
  const namespace = agentNamespace(klusterlet, plan.mode);
  const applied: Applied[] = [];
  const held: string[] = [];

  applied.push(...(await applyCrds(onManaged, plan.stage('crds'), plan.version)));

  await applyNamespaces(onManaged, plan.stage('managed'));
  if (deps.settings.keepsAddonNamespace)
    // Without a label: every Klusterlet of the cluster keeps this copy.
    await copyPullSecret(deps, managed.cluster, namespaceName.addon, {});
  applied.push(
    ...(await applyObjects(onManaged, plan.stage('managed'), 'ManagedClusterResourceApplyFailed')),
  );

  await applyNamespaces(onManagement, plan.stage('management'));
  const labels = agentLabels(klusterlet, deps.settings.syncLabels);
  await copyPullSecret(deps, deps.management, namespace, labels);
  applied.push(
    ...(await applyObjects(onManagement, plan.stage('management'), 'ManagementClusterResourceApplyFailed')),
  );

  applied.push(...(await syncPolicies(onManagement, plan)));

  let againAt = await syncHostedSecrets(deps, klusterlet, plan.mode, managed, signal);
  const agents = isSingleton(plan.mode) ? (['singleton'] as const) : (['registration', 'work'] as const);
  for (const agent of agents) {
    if (agent === 'work' && plan.clusterName === undefined)
      throw new InstallError(
        'KlusterletApplyFailed',
        `the work agent waits for the cluster's name: spec.clusterName is empty, and Secret ${namespace}/${secretName.hubKubeconfig} has no key "cluster-name" yet; the registration agent writes it once the hub has approved its certificate signing request`,
        { waiting: true },
      );
    const stage = plan.stage(agent);
    if (isHeld(deps, stage, applied)) {
      againAt = Math.min(againAt, Date.now() + rolloutMs);
      applied.push(...stage.map(({ object }) => asItIs(deps, object)));
      held.push(...stage.map(({ object }) => object.metadata.name));
    } else applied.push(...(await applyObjects(onManagement, stage, 'KlusterletApplyFailed')));
  }

  for (const name of deploymentsOf(klusterlet.metadata.name, plan.mode).obsolete) {
    const ref = { resource: deployments, name, namespace };
    if (deps.applier.mayExist(deps.management, ref)) await deps.applier.remove(deps.management, ref);
  }
  return { applied, held, againAt };
};
