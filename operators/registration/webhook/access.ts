import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type SubjectAccessReview, subjectAccessReviews } from '../../runtime/client/kubernetes.ts';

interface VirtualResource {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly verb: string;
}

/** Whether the one who sent the request may do something to a resource that exists in RBAC only. */
export const mayUse = async (
  client: Client,
  { userInfo }: AdmissionRequest,
  { group, resource, subresource, verb }: VirtualResource,
  name: string,
  signal: AbortSignal,
): Promise<boolean> => {
  const review: SubjectAccessReview = {
    metadata: {} as SubjectAccessReview['metadata'],
    spec: {
      user: userInfo.username,
      uid: userInfo.uid,
      groups: userInfo.groups,
      extra: userInfo.extra,
      resourceAttributes: { group, resource, subresource, verb, name },
    },
  };
  const { status } = await client.create(subjectAccessReviews, review, { signal });
  return status?.allowed ?? false;
};
