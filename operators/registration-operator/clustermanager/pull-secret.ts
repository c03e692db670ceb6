import type { ClusterManager } from '../../api/generated/operator.ts';
import { isForbidden } from '../../runtime/client/errors.ts';
import { type Role, roles } from '../../runtime/client/kubernetes.ts';
import type { OwnerReference } from '../../runtime/client/object.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { copiedAnnotation, removeCopy, syncSecret } from '../secrets/sync-secret.ts';
import { type Dependencies, fieldManager } from './dependencies.ts';
import { hubNamespaceOf } from './mode.ts';
import { operandLabels } from './rendering/operand-labels.ts';

/**
 * What the copy of an image pull Secret belongs to: a role without rules. The operator may touch Secrets of certain names
 * only, and no longer the one that `--image-pull-secret-name` named before; when its owner goes, the garbage collector of
 * the API server takes that copy away (since-1.3.1.md 5.4).
 */
const ownerName = 'open-cluster-management:image-pull-secret';

const findOwner = ({ management }: Dependencies, clusterManager: ClusterManager): Promise<Role | undefined> =>
  management.client.find(roles, ownerName, hubNamespaceOf(clusterManager));

const removeOwner = async ({ management }: Dependencies, { metadata }: Role): Promise<void> => {
  const { name, namespace, uid } = metadata;
  await management.client.delete(roles, { name, namespace }, { uid });
};

const onlyForbidden = (error: unknown): void => {
  if (!isForbidden(error)) throw error;
};

/** The owner of copies of the Secret that is named now; one of another Secret goes, and its copy with it. */
const ensureOwner = async (deps: Dependencies, clusterManager: ClusterManager): Promise<OwnerReference> => {
  const { management, settings } = deps;
  const source = `${settings.operatorNamespace}/${settings.imagePullSecret}`;
  let owner = await findOwner(deps, clusterManager);
  if (owner?.metadata.annotations?.[copiedAnnotation] !== source) {
    if (owner) await removeOwner(deps, owner);
    const metadata = {
      name: ownerName,
      namespace: hubNamespaceOf(clusterManager),
      labels: operandLabels(clusterManager, settings.syncLabels),
      annotations: { [copiedAnnotation]: source },
    };
    owner = await management.client.create(roles, { metadata, rules: [] }, { fieldManager });
  }
  const { metadata } = owner;
  return { apiVersion: apiVersionOf(roles), kind: roles.kind, name: ownerName, uid: metadata.uid ?? '' };
};

/** Takes the copy away, and that of a Secret that was named before. */
export const removePullSecret = async (deps: Dependencies, clusterManager: ClusterManager): Promise<void> => {
  const { management, settings } = deps;
  const namespace = hubNamespaceOf(clusterManager);
  const owner = await findOwner(deps, clusterManager);
  if (owner) await removeOwner(deps, owner);
  await removeCopy(management.client, { name: settings.imagePullSecret, namespace }).catch(onlyForbidden);
};

/**
 * Brings the image pull Secret to where operands run, and takes away the copy of one that was named before, or whose source
 * is gone (operator.md 4.6, since-1.3.1.md 5.2). Where the operator may not read it, that is a warning: images may be
 * public.
 */
export const syncPullSecret = async (
  deps: Dependencies,
  clusterManager: ClusterManager,
  log: Logger,
): Promise<void> => {
  const { management, settings } = deps;
  const { client } = management;
  const from = { client, name: settings.imagePullSecret, namespace: settings.operatorNamespace };
  const to = { client, name: settings.imagePullSecret, namespace: hubNamespaceOf(clusterManager) };
  const labels = operandLabels(clusterManager, settings.syncLabels);
  try {
    const isThere = await syncSecret({
      from,
      to,
      labels,
      owner: () => ensureOwner(deps, clusterManager),
      fieldManager,
    });
    if (!isThere) await removePullSecret(deps, clusterManager);
  } catch (error) {
    onlyForbidden(error);
    log.warn('the image pull secret cannot be copied', { secret: `${from.namespace}/${from.name}`, error });
  }
};
