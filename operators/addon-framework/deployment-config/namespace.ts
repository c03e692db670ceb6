import { isMap } from '../../runtime/client/json.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';

/**
 * The manifest where an add-on is installed in this namespace (addon.md 6.3): what has a namespace is in it, ServiceAccounts
 * that roles are bound to are, and a Namespace is this one.
 * @throws when a binding has no subjects
 */
export const inNamespace = (namespace: string | undefined, manifest: UnknownObject): UnknownObject => {
  if (!namespace) return manifest;
  const { kind, metadata } = manifest;
  const moved: UnknownObject = {
    ...manifest,
    metadata: {
      ...metadata,
      ...(metadata.namespace && { namespace }),
      ...(kind === 'Namespace' && { name: namespace }),
    },
  };
  if (kind !== 'RoleBinding' && kind !== 'ClusterRoleBinding') return moved;
  const { subjects } = manifest;
  if (!Array.isArray(subjects)) throw new Error(`${kind} ${metadata.name} has no subjects`);
  return {
    ...moved,
    subjects: subjects.map((subject: unknown) =>
      isMap(subject) && (subject['kind'] ?? 'ServiceAccount') === 'ServiceAccount'
        ? { ...subject, namespace }
        : subject,
    ),
  };
};
