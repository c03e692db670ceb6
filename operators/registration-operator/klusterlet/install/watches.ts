import { label, namespace as namespaceName, secret as secretName } from '../../../api/names.ts';
import { clusterRoles, type ConfigMap, type Secret } from '../../../runtime/client/kubernetes.ts';
import { mapped, type Watch } from '../../../runtime/controller/controller.ts';
import type { Dependencies } from '../dependencies.ts';
import { agentNamespaceOf } from '../mode.ts';

/** The Klusterlets that a change of an image pull secret concerns: the operator's own is every Klusterlet's source. */
export const pullSecretKlusterlets =
  ({ klusterlets, settings }: Pick<Dependencies, 'klusterlets' | 'settings'>) =>
  ({ metadata: { name, namespace } }: Secret): string[] => {
    if (name !== secretName.imagePull) return [];
    const concerns =
      namespace === settings.operatorNamespace || namespace === namespaceName.addon
        ? klusterlets.list()
        : klusterlets.list().filter((klusterlet) => agentNamespaceOf(klusterlet) === namespace);
    return concerns.map(({ metadata }) => metadata.name);
  };

/** All Klusterlets, when the TLS profile of their agents changes: the one in the operator's namespace. */
export const profiledKlusterlets =
  ({ klusterlets, settings }: Pick<Dependencies, 'klusterlets' | 'settings'>) =>
  ({ metadata: { namespace } }: ConfigMap): string[] =>
    namespace === settings.operatorNamespace ? klusterlets.list().map(({ metadata }) => metadata.name) : [];

/**
 * Owners of ClusterRoles that somebody deleted. The aggregate one needs this: once it exists it is not applied again,
 * so that the drift of what was applied does not tell of it.
 */
export const aggregateRoles = ({ management }: Dependencies): Watch =>
  mapped(
    management.informers.informer(clusterRoles, {
      labelSelector: label.createdByKlusterlet,
      metadataOnly: true,
    }),
    ({ metadata }, { type }) =>
      type === 'deleted' ? metadata.labels?.[label.createdByKlusterlet] : undefined,
  );
