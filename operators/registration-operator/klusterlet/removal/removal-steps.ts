import type { Klusterlet } from '../../../api/generated/operator.ts';
import { label, namespace as namespaceName, secret as secretName } from '../../../api/names.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { deployments, namespaces, networkPolicies, secrets } from '../../../runtime/client/kubernetes.ts';
import { type Cluster, type ObjectRef, refOf, releaseCrd } from '../../apply/index.ts';
import { inventory, type Target } from '../../bundle/index.ts';
import { deleteSecret } from '../../secrets/secret.ts';
import { removeCopy } from '../../secrets/sync-secret.ts';
import type { Dependencies } from '../dependencies.ts';
import { mayHave } from '../install/network-policies.ts';
import { agentNamespace, deploymentsOf, isHosted, klusterletNamespace, type Mode } from '../mode.ts';
import { refOfRelated, removeOwned } from '../owned-objects.ts';
import { nothingObserved, renderInput } from '../rendering/parameters.ts';
import { sharersOf } from '../shared-namespace.ts';
import { listAppliedWorks, releaseAppliedWorks } from './applied-works.ts';

/** A Klusterlet that leaves, and how it was installed. */
export interface Removal {
  deps: Dependencies;
  klusterlet: Klusterlet;
  mode: Mode;
}

/** What any bundle installs for the Klusterlet on a cluster, in any state of its features, without namespaces. */
const objectsOf = ({ deps, klusterlet, mode }: Removal, target: Target): ObjectRef[] =>
  inventory(deps.bundles, 'klusterlet', renderInput(klusterlet, nothingObserved(mode)))
    .filter((entry) => entry.target === target && entry.object.kind !== 'Namespace')
    .map(({ object }) => refOf(object))
    .filter(({ resource }) => resource.kind !== networkPolicies.kind || mayHave(deps, klusterlet));

/** What status says was installed, perhaps by an operator of another version. */
const listedObjects = ({ status }: Klusterlet): ObjectRef[] =>
  (status?.relatedResources ?? []).flatMap((entry) => refOfRelated(entry) ?? []);

const isCrd = ({ resource }: ObjectRef): boolean => resource.kind === 'CustomResourceDefinition';

/** What stays on a managed cluster that is given up, besides works and what they track: all but its CRDs. */
export const leftOnManaged = (removal: Removal): ObjectRef[] => [
  { resource: namespaces, name: klusterletNamespace(removal.klusterlet) },
  ...objectsOf(removal, 'managed').filter((ref) => !isCrd(ref)),
];

/** Step 1 of operator.md 5.11: the agents, those of other modes included, lest one stays behind. */
export const removeAgents = async ({ deps, klusterlet, mode }: Removal): Promise<void> => {
  const { wanted, obsolete } = deploymentsOf(klusterlet.metadata.name, mode);
  const namespace = agentNamespace(klusterlet, mode);
  const refs = [...wanted, ...obsolete].map((name) => ({ resource: deployments, name, namespace }));
  await removeOwned(deps, klusterlet, deps.management, refs);
};

/** Step 2: what is on the managed cluster. Its CRDs, the AppliedManifestWorks and the workload stay. */
export const removeFromManaged = async (removal: Removal, cluster: Cluster): Promise<void> => {
  const { deps, klusterlet } = removal;
  const objects = objectsOf(removal, 'managed');
  for (const bundle of deps.bundles)
    for (const { name } of objects.filter(isCrd)) await releaseCrd(cluster, name, bundle.version);
  await releaseAppliedWorks(cluster.client, klusterlet, await listAppliedWorks(cluster.client));
  await removeOwned(deps, klusterlet, cluster, [
    ...objects.filter((ref) => !isCrd(ref)),
    ...listedObjects(klusterlet),
  ]);
  // An agent that was still ending may have put its finalizer back; now it has no permission to do so.
  await releaseAppliedWorks(cluster.client, klusterlet, await listAppliedWorks(cluster.client));
  await removeManagedNamespaces(removal, cluster);
};

/** Whether another Klusterlet keeps secrets and agents where this one does. */
const isShared = ({ deps, klusterlet }: Removal): boolean =>
  sharersOf(klusterlet, deps.klusterlets.list()).length > 0;

const removeManagedNamespaces = async (removal: Removal, cluster: Cluster): Promise<void> => {
  const { deps, klusterlet, mode } = removal;
  const name = klusterletNamespace(klusterlet);
  const live = await cluster.client.find(namespaces, name);
  const isOurs = live?.metadata.labels?.[label.klusterlet] === klusterlet.metadata.name;
  if (isOurs && (isHosted(mode) || !isShared(removal)))
    await deps.applier.remove(cluster, { resource: namespaces, name });
  if (!deps.settings.keepsAddonNamespace) return;
  // A namespace on its way out no longer needs add-ons, else two that leave together would wait for each other.
  const { items } = await cluster.client.list(namespaces, {
    labelSelector: label.klusterlet,
    metadataOnly: true,
  });
  const others = items.filter(({ metadata }) => metadata.name !== name && !metadata.deletionTimestamp);
  const addon = await cluster.client.find(namespaces, namespaceName.addon);
  if (others.length === 0 && addon?.metadata.labels?.[label.createdByKlusterlet] !== undefined)
    await deps.applier.remove(cluster, { resource: namespaces, name: namespaceName.addon });
};

/** Step 3: what is on the management cluster, in hosted modes the namespace of the agents last. */
export const removeFromManagement = async (removal: Removal): Promise<void> => {
  const { deps, klusterlet, mode } = removal;
  const { client } = deps.management;
  const namespace = agentNamespace(klusterlet, mode);
  if (!isShared(removal)) {
    for (const name of secretsOf(mode)) {
      const live = await client.find(secrets, name, namespace);
      if (live) await deleteSecret(client, live);
    }
    await removeCopy(client, { name: secretName.imagePull, namespace });
  }
  const objects = [...objectsOf(removal, 'management'), ...listedObjects(klusterlet)];
  await removeOwned(deps, klusterlet, deps.management, objects);
  if (isHosted(mode) && !isShared(removal) && !(await isOfManagedCluster(client, namespace)))
    await removeOwned(deps, klusterlet, deps.management, [{ resource: namespaces, name: namespace }]);
};

/**
 * Whether the namespace is also that of a ManagedCluster, as it is on a hub that hosts the agents of a Klusterlet with the
 * cluster's name: the cluster's works would go with it.
 */
const isOfManagedCluster = async (client: Client, name: string): Promise<boolean> =>
  (await client.find(namespaces, name))?.metadata.labels?.[label.clusterName] !== undefined;

/** The secrets with credentials that agents and operator made (D25). */
export const secretsOf = (mode: Mode): string[] => [
  secretName.hubKubeconfig,
  ...(isHosted(mode)
    ? [
        secretName.externalManagedKubeconfigRegistration,
        secretName.externalManagedKubeconfigWork,
        secretName.externalManagedKubeconfigAgent,
      ]
    : []),
];
