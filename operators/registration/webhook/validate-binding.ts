import type { ManagedClusterSetBinding } from '../../api/generated/cluster.ts';
import { virtualResource } from '../../api/identities.ts';
import type { AdmissionHandler } from '../../runtime/admission/admission.ts';
import type { MayUse } from './access.ts';
import { badRequest, forbidden } from './refusal.ts';

/** The group is a slip that clients know: it stays. */
const bind = 'managedclustersets/bind.apps';

/** Decides who may bind a cluster set to a namespace (registration.md 7.3). */
export const validateBinding =
  (mayUse: MayUse): AdmissionHandler =>
  async (request) => {
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return { allowed: true };
    const binding = request.object as ManagedClusterSetBinding | undefined;
    if (!binding?.metadata) return badRequest('the request has no ManagedClusterSetBinding');
    const set = binding.spec?.clusterSet ?? '';
    if (binding.metadata.name !== set)
      return badRequest(
        'The ManagedClusterSetBinding must have the same name as the target ManagedClusterSet',
      );
    if (request.operation === 'UPDATE') return { allowed: true };
    try {
      if (await mayUse(request, virtualResource.bind, set)) return { allowed: true };
    } catch (error) {
      return forbidden(bind, set, (error as Error).message);
    }
    return forbidden(
      bind,
      set,
      `user "${request.userInfo.username}" is not allowed to bind cluster set "${set}"`,
    );
  };
