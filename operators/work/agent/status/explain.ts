import type { ResourceMeta } from '../../../api/generated/work.ts';
import { ApiError, ConnectionError } from '../../../runtime/client/errors.ts';

const objectName = ({ kind = 'object', namespace, name = '' }: ResourceMeta): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

/** What a user can do about a refusal of the managed cluster's API server. */
const remedy = (error: ApiError, meta: ResourceMeta): string | undefined => {
  if (error.code === 403)
    return (
      'grant the right to the work agent on the managed cluster, for example by a ClusterRole with the label ' +
      'open-cluster-management.io/aggregate-to-work=true'
    );
  if (error.code === 404 && meta.namespace)
    return `create namespace ${meta.namespace} first, or put it into a ManifestWork`;
  if (error.reason === 'Conflict')
    return 'take the field out of the manifest, or set serverSideApply.force in its manifestConfigs';
  if (error.code === 422 && /immutable/i.test(error.message))
    return 'restore the old value, or delete the object on the managed cluster to have it made anew';
  if (error.code === 422 || error.code === 400) return 'correct the manifest in the ManifestWork';
  if (error.code === 401) return 'the work agent has no valid credential on the managed cluster';
  return undefined;
};

/** An error in the words of a condition: the object, the cause, and what to do. */
export const explain = (error: Error, meta: ResourceMeta): string => {
  if (error instanceof ApiError) {
    const cause = error.status.message ?? `the API server answered ${error.code}`;
    const named = cause.includes(JSON.stringify(meta.name)) ? cause : `${objectName(meta)}: ${cause}`;
    const help = remedy(error, meta);
    return help ? `${named}; ${help}` : named;
  }
  if (error instanceof ConnectionError)
    return `${objectName(meta)}: the managed cluster's API server does not answer: ${error.message}`;
  return error.message;
};
