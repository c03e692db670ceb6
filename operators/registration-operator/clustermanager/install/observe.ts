import type { ClusterManager } from '../../../api/generated/operator.ts';
import { configMap, secret } from '../../../api/names.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { secrets } from '../../../runtime/client/kubernetes.ts';
import type { Context } from '../../../runtime/controller/controller.ts';
import type { Cluster } from '../../apply/index.ts';
import { addressesOf } from '../../network/addresses.ts';
import { apiServerAddresses } from '../../network/api-server-ports.ts';
import { wantsPolicies } from '../../network/policies.ts';
import { determineReplicas } from '../../replicas.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Hub } from '../hub-clusters.ts';
import { mayGrantTokens, mayWritePolicies } from '../hub-rights.ts';
import { hubNamespaceOf, isHosted } from '../mode.ts';
import { foreignWorkDriver, type Observed } from '../rendering/parameters.ts';

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

/** Whether the Secret is there that operands pull their images with. */
const hasSecret = async (
  client: Client,
  name: string,
  namespace: string,
  { log }: Context,
): Promise<boolean> => {
  try {
    return (await client.find(secrets, name, namespace)) !== undefined;
  } catch (error) {
    log.warn('the image pull secret cannot be read', { secret: `${namespace}/${name}`, error });
    return false;
  }
};

/** What operands have to reach, for network policies; nothing where there are none. */
const dialledOf = async (
  { management, settings }: Dependencies,
  clusterManager: ClusterManager,
  { connection }: Hub,
  { log }: Context,
): Promise<(string | number)[]> => {
  if (!wantsPolicies(clusterManager.spec?.registrationConfiguration?.featureGates)) return [];
  const driver = foreignWorkDriver(clusterManager)
    ? await management.client.find(secrets, secret.workDriverConfig, settings.operatorNamespace)
    : undefined;
  return [
    ...(await apiServerAddresses(management.client, log)),
    ...(connection ? [connection.server, connection.proxyUrl ?? ''] : []),
    ...(driver ? addressesOf(driver) : []),
  ];
};

/**
 * Whether the operator looks after the policies that bound the add-on manager, on a hub of a version that has any. On its own
 * cluster they came with it where it may not.
 */
const takesPolicies = async (
  clusterManager: ClusterManager,
  { cluster }: Hub,
  { log }: Context,
): Promise<boolean> => {
  const may = await mayWritePolicies(cluster, clusterManager);
  if (!may && isHosted(clusterManager))
    log.warn('nothing bounds the add-on manager: the kubeconfig of the hub may not write admission policies');
  return may;
};

/** Whether the add-on manager gets what its add-ons with tokens need. Roles of before lack it. */
const grantsTokens = async ({ cluster }: Hub, { log }: Context): Promise<boolean> => {
  const may = await mayGrantTokens(cluster);
  if (!may)
    log.warn(
      'add-ons cannot register by token: the operator’s role lacks create and subscribe on serviceaccounts/token',
    );
  return may;
};

/** Gathers what rendering depends on besides the ClusterManager. */
export const observe = async (
  deps: Dependencies,
  clusterManager: ClusterManager,
  hub: Hub,
  caBundle: string,
  context: Context,
): Promise<Omit<Observed, 'convertsAddons'>> => {
  const { settings, management } = deps;
  const [replicas, hasPullSecret, hubVersion, dialled, hubTakesPolicies, tokens] = await Promise.all([
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
    hasSecret(management.client, settings.imagePullSecret, settings.operatorNamespace, context),
    kubernetesVersion(hub.cluster),
    dialledOf(deps, clusterManager, hub, context),
    takesPolicies(clusterManager, hub, context),
    grantsTokens(hub, context),
  ]);
  return {
    replicas,
    operatorNamespace: settings.operatorNamespace,
    hubVersion,
    hubTakesPolicies,
    grantsTokens: tokens,
    caBundle,
    hasImagePullSecret: hasPullSecret,
    imagePullSecret: settings.imagePullSecret,
    syncLabels: settings.syncLabels,
    agentImage: settings.agentImage,
    tls: settings.tls,
    dialled,
  };
};
