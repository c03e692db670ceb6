import type { Klusterlet } from '../../api/generated/operator.ts';
import { secret } from '../../api/names.ts';
import type { ObjectName } from '../../runtime/client/object.ts';
import { agentNamespaceOf } from './mode.ts';

/** The secrets whose changes concern a Klusterlet; each has a fixed name (operator.md 5). */
export const watchedSecrets = [
  secret.hubKubeconfig,
  secret.bootstrapHubKubeconfig,
  secret.externalManagedKubeconfig,
  secret.externalManagedKubeconfigRegistration,
  secret.externalManagedKubeconfigWork,
  secret.externalManagedKubeconfigAgent,
] as const;

/** Of those, the ones that the access-review and cleanup controllers listen to. */
export const userSecrets: readonly string[] = [
  secret.hubKubeconfig,
  secret.bootstrapHubKubeconfig,
  secret.externalManagedKubeconfig,
];

type Listed = { list(): readonly Klusterlet[] };

const byAgentNamespace = (namespace: string | undefined, klusterlets: Listed): string[] =>
  namespace
    ? klusterlets
        .list()
        .filter((klusterlet) => agentNamespaceOf(klusterlet) === namespace)
        .map((klusterlet) => klusterlet.metadata.name)
    : [];

/** The Klusterlets that a secret belongs to: those whose agents live in its namespace. */
export const klusterletsOfSecret =
  (klusterlets: Listed, names: readonly string[] = watchedSecrets) =>
  ({ metadata: { name, namespace } }: { metadata: ObjectName }): string[] =>
    names.includes(name) ? byAgentNamespace(namespace, klusterlets) : [];

/** The Klusterlets that an agent's Deployment belongs to. */
export const klusterletsOfDeployment =
  (klusterlets: Listed) =>
  ({ metadata: { name, namespace } }: { metadata: ObjectName }): string[] =>
    name.endsWith('-agent') ? byAgentNamespace(namespace, klusterlets) : [];
