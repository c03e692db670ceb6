import type { ClusterManager } from '../../../api/generated/operator.ts';
import { secret as secretName } from '../../../api/names.ts';
import { namespaces } from '../../../runtime/client/kubernetes.ts';
import { type Controller, from, mapped, type Result } from '../../../runtime/controller/controller.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { byHubNamespace, isOfInterest } from '../affected-cluster-managers.ts';
import { hubNamespaceOf, isHosted } from '../mode.ts';
import { keepOptional, optionalCertificates } from './optional.ts';
import { Rotation, type RotationDependencies, type RotationTimes } from './rotation.ts';

const day = 24 * 3_600_000;
const standardTimes: RotationTimes = {
  authorityMs: 365 * day,
  servingMs: 30 * day,
  intervalMs: 600_000,
};

/** The serving certificates that every hub has, with the Service that each is for. */
const webhookCertificates: Record<string, string> = {
  [secretName.registrationWebhookServingCert]: 'cluster-manager-registration-webhook',
  [secretName.workWebhookServingCert]: 'cluster-manager-work-webhook',
  [secretName.addonWebhookServingCert]: 'cluster-manager-addon-webhook',
};

const rotate = async (
  deps: RotationDependencies,
  times: RotationTimes,
  clusterManager: ClusterManager,
  log: Logger,
): Promise<Result> => {
  const namespace = hubNamespaceOf(clusterManager);
  const { client } = deps.management;
  const home = await client.find(namespaces, namespace);
  const isThere = home && !home.metadata.deletionTimestamp;
  // This very operator is about to make it, also anew; its watch says when it has.
  if (!isThere && !isHosted(clusterManager)) return undefined;
  if (!isThere)
    throw new Error(
      `namespace ${namespace}, which certificates are kept in, ${home ? 'is going' : 'does not exist'}`,
    );
  const rotation = new Rotation(deps, times, namespace, log);
  const authority = await rotation.authority();
  const bundle = await rotation.bundle(authority);
  await Promise.all(
    Object.entries(webhookCertificates).map(([name, service]) =>
      rotation.serving(name, [`${service}.${namespace}.svc`], authority, bundle),
    ),
  );
  await keepOptional(
    rotation,
    optionalCertificates(deps, clusterManager),
    clusterManager,
    { authority, bundle },
    log,
  );
  return undefined;
};

/**
 * Keeps the certificate authority of each hub and the serving certificates of its webhooks (operator.md 4.9). They go
 * with their namespace: until then the webhooks of a leaving hub still need them.
 */
export const certRotationController = (
  deps: RotationDependencies,
  times: RotationTimes = standardTimes,
): Controller => {
  const byNamespace = byHubNamespace(deps.clusterManagers);
  return {
    name: 'CertRotationController',
    watches: [
      from(deps.clusterManagers, isOfInterest),
      mapped(deps.hubNamespaces, ({ metadata: { name } }) =>
        byNamespace({ metadata: { name, namespace: name } }),
      ),
      mapped(deps.caBundles, byNamespace),
      mapped(deps.operandServices, (service) =>
        service.metadata.name.endsWith('-grpc-server') ? byNamespace(service) : [],
      ),
      ...deps.certificateSecrets.map((informer) => mapped(informer, byNamespace)),
    ],
    concurrency: 1,
    resyncMs: times.intervalMs,
    async reconcile(key, { log }) {
      const clusterManager = deps.clusterManagers.get(key);
      if (!clusterManager || clusterManager.metadata.deletionTimestamp) return undefined;
      return rotate(deps, times, clusterManager, log);
    },
  };
};
