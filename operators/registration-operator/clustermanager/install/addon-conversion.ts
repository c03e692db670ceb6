import type { ClusterManager } from '../../../api/generated/operator.ts';
import { clusterRoleBindings, customResourceDefinitions } from '../../../runtime/client/kubernetes.ts';
import { type Cluster, rolloutOf } from '../../apply/index.ts';
import type { Selection } from '../../bundle/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { hubNamespaceOf } from '../mode.ts';
import { unreachableWebhook } from '../rendering/webhook-settings.ts';

/**
 * Whether the versions of add-ons are converted by the add-on webhook. It is on from when the webhook serves: before, an API
 * server that had to ask it could list nothing. Once on it stays, also while the webhook is out of reach: objects that pass
 * unconverted lose what their versions do not share, and nobody would notice. It ends before the webhook goes.
 */
export type AddonConversion = 'off' | 'on' | 'ends';

/** How long every API server of a hub may take to learn that it need not ask the webhook any more; milliseconds. */
export const conversionDrainMs = 5000;

/** One of the two kinds that are converted: they change together. */
const converted = 'managedclusteraddons.addon.open-cluster-management.io';

const service = 'cluster-manager-addon-webhook';

/** Whether the hub's API server asks the webhook of this ClusterManager. */
const asksWebhook = async (hub: Cluster, namespace: string): Promise<boolean> => {
  const crd = await hub.client.find(customResourceDefinitions, converted);
  const asked = crd?.spec.conversion?.webhook?.clientConfig?.service;
  return asked?.name === service && asked.namespace === namespace;
};

/**
 * Judges by the Deployment of the webhook, and by the CRD where that does not serve (docs/decisions/010).
 * @param selection what is to be installed
 */
export const addonConversion = async (
  { applier, management }: Pick<Dependencies, 'applier' | 'management'>,
  clusterManager: ClusterManager,
  { components }: Selection,
  hub: Cluster,
): Promise<AddonConversion> => {
  const namespace = hubNamespaceOf(clusterManager);
  const name = `${clusterManager.metadata.name}-addon-webhook`;
  const webhook = applier.deployments(management).get(name, namespace);
  const isInBundle = Object.hasOwn(components['addon-manager']?.images ?? {}, 'addon-manager');
  const isWanted = isInBundle && unreachableWebhook(clusterManager) === undefined;
  const serves =
    webhook !== undefined &&
    rolloutOf(webhook).state === 'complete' &&
    (webhook.status?.availableReplicas ?? 0) > 0;
  if (isWanted && serves) return 'on';
  if (!isWanted && !webhook) return 'off';
  if (!(await asksWebhook(hub, namespace))) return 'off';
  return isWanted ? 'on' : 'ends';
};

/** Takes from the add-on manager what it may do: from now on it would write what it read unconverted. */
export const stopConverting = async (
  { applier }: Pick<Dependencies, 'applier'>,
  { metadata }: ClusterManager,
  hub: Cluster,
): Promise<void> => {
  const name = `open-cluster-management:${metadata.name}-addon-manager:controller`;
  await applier.remove(hub, { resource: clusterRoleBindings, name });
};
