import type { ClusterManager } from '../../../api/generated/operator.ts';
import { configMap, secret } from '../../../api/names.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { secrets } from '../../../runtime/client/kubernetes.ts';
import type { Context } from '../../../runtime/controller/controller.ts';
import type { Cluster } from '../../apply/index.ts';
import { versionsOf } from '../../bundle-version.ts';
import { determineReplicas } from '../../replicas.ts';
import type { Dependencies } from '../dependencies.ts';
import { hubNamespaceOf, isHosted } from '../mode.ts';
import type { Observed } from '../rendering/parameters.ts';

/** How long a server's version is taken for granted; milliseconds. */
const versionAgeMs = 5 * 60_000;
const versions = new WeakMap<Cluster, { gitVersion: string; at: number }>();

/** `gitVersion` of a cluster's API server. */
export const kubernetesVersion = async (cluster: Cluster): Promise<string> => {
  const known = versions.get(cluster);
  if (known && Date.now() - known.at < versionAgeMs) return known.gitVersion;
  const { gitVersion } = await cluster.client.request<{ gitVersion: string }>({
    method: 'GET',
    path: '/version',
  });
  versions.set(cluster, { gitVersion, at: Date.now() });
  return gitVersion;
};

/**
 * The CA bundle of the webhooks; undefined until the rotation has made one (operator.md 4.1 step 6).
 * @throws Error when there is one and it is empty
 */
export const caBundleOf = (deps: Dependencies, clusterManager: ClusterManager): string | undefined => {
  const namespace = hubNamespaceOf(clusterManager);
  const bundle = deps.caBundles.get(configMap.caBundle, namespace);
  if (!bundle) return undefined;
  const content = bundle.data?.['ca-bundle.crt'];
  if (!content)
    throw new Error(
      `ConfigMap ${namespace}/${configMap.caBundle} has no ca-bundle.crt; delete it to have it made anew`,
    );
  return content;
};

const hasImagePullSecret = async (client: Client, namespace: string, { log }: Context): Promise<boolean> => {
  try {
    return (await client.find(secrets, secret.imagePull, namespace)) !== undefined;
  } catch (error) {
    log.warn('the image pull secret cannot be read', { secret: `${namespace}/${secret.imagePull}`, error });
    return false;
  }
};

/** Gathers what rendering depends on besides the ClusterManager. */
export const observe = async (
  deps: Dependencies,
  clusterManager: ClusterManager,
  hub: Cluster,
  caBundle: string,
  context: Context,
): Promise<Observed> => {
  const { settings, management } = deps;
  const [replicas, hasPullSecret, hubVersion] = await Promise.all([
    determineReplicas(
      management.client,
      {
        forced: settings.deploymentReplicas,
        hosted: isHosted(clusterManager),
        selector: settings.controlPlaneNodeSelector,
      },
      context.log,
      context.signal,
    ),
    hasImagePullSecret(management.client, settings.operatorNamespace, context),
    kubernetesVersion(hub),
  ]);
  return {
    replicas,
    operatorNamespace: settings.operatorNamespace,
    hubVersion,
    caBundle,
    hasImagePullSecret: hasPullSecret,
    syncLabels: settings.syncLabels,
    agentImage: settings.agentImage,
    tls: settings.tls,
  };
};

/** Component → the Deployment that tells which version of it there is. */
const tellingDeployments = (deps: Dependencies, clusterManager: ClusterManager) => {
  const { name } = clusterManager.metadata;
  const namespace = hubNamespaceOf(clusterManager);
  const deployments = deps.applier.deployments(deps.management);
  return {
    registration: deployments.get(`${name}-registration-controller`, namespace),
    work: deployments.get(`${name}-work-webhook`, namespace),
  };
};

/** The versions of the components that there are, for `selectVersion`. */
export const presentVersions = (deps: Dependencies, clusterManager: ClusterManager) =>
  versionsOf(tellingDeployments(deps, clusterManager));
