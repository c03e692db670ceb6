import { Reflector } from '../../../runtime/cache/reflector.ts';
import type { Client } from '../../../runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
} from '../../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { Logger } from '../../../runtime/process/logger.ts';

export interface PermissionWatch {
  client: Client;
  log: Logger;
  signal: AbortSignal;
  /** Called for each change of a role or binding, and after each gap in the watches. */
  onChange: () => void;
  /** Called once, when all changes from then on are heard of. */
  onReady: () => void;
}

const resources: readonly Resource<KubeObject>[] = [roles, roleBindings, clusterRoles, clusterRoleBindings];

/** Watches roles and bindings without keeping any of them: that something changed is all that is asked. */
export const watchPermissions = ({ client, log, signal, onChange, onReady }: PermissionWatch): void => {
  let waiting = resources.length;
  for (const resource of resources) {
    let isSynced = false;
    const reflector = new Reflector({
      client,
      resource,
      scope: { metadataOnly: true },
      sink: {
        replace: () => onChange(),
        put: () => onChange(),
        delete: () => onChange(),
        onSynced: () => {
          if (isSynced) return;
          isSynced = true;
          if (--waiting === 0) onReady();
        },
      },
      logger: log.with({ resource: resource.plural }),
    });
    void reflector.run(signal);
  }
};
