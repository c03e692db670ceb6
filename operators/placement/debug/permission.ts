import { placements } from '../../api/generated/cluster.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type SubjectAccessReview, subjectAccessReviews } from '../../runtime/client/kubernetes.ts';
import type { Caller } from '../../runtime/process/serving/delegated-auth.ts';
import { HttpError } from '../../runtime/process/serving/http.ts';

/**
 * Asks the API server whether the caller may do this with placements of a namespace (since-1.3.1.md 11.2).
 * @throws HttpError 401 when nobody knows who it is, 403 when they may not, 500 when the API server gives no answer
 */
export const demandPermission = async (
  client: Pick<Client, 'create'>,
  { username, uid, groups, extra }: Caller,
  verb: 'get' | 'create',
  namespace: string,
  signal: AbortSignal,
): Promise<void> => {
  if (username === '') throw new HttpError(401, 'user information not found in request context');
  const { group, version, plural } = placements;
  const resourceAttributes = { namespace, verb, group, version, resource: plural };
  const review = {
    metadata: { name: '' },
    spec: { user: username, uid, groups, extra, resourceAttributes },
  } as SubjectAccessReview;
  let status: SubjectAccessReview['status'];
  try {
    ({ status } = await client.create(subjectAccessReviews, review, { signal }));
  } catch (error) {
    signal.throwIfAborted();
    throw new HttpError(500, `failed to check permissions: ${(error as Error).message}`);
  }
  if (!status?.allowed)
    throw new HttpError(
      403,
      `user does not have permission to ${verb} placements in namespace ${namespace}: ${status?.reason ?? ''}`,
    );
};
