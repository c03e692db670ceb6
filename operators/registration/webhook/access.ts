import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type SubjectAccessReview, subjectAccessReviews } from '../../runtime/client/kubernetes.ts';

interface VirtualResource {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly verb: string;
}

/** Whether the one who sent the request may do something to a resource that exists in RBAC only; rejects with ApiError. */
export type MayUse = (request: AdmissionRequest, resource: VirtualResource, name: string) => Promise<boolean>;

/** Less than the ten seconds that the API server gives a webhook: what failed can still be said. */
const timeoutMs = 8_000;

/**
 * Asks the hub, once for all requests that wait for the same answer: whoever registers hundreds of clusters would ask as
 * often whether they may join the same set. Nothing is kept once the answer is there, so that none is older than a request.
 */
export const accessReviews = (client: Client): MayUse => {
  const underWay = new Map<string, Promise<boolean>>();

  const ask = async (spec: SubjectAccessReview['spec']): Promise<boolean> => {
    const review: SubjectAccessReview = { metadata: {} as SubjectAccessReview['metadata'], spec };
    const signal = AbortSignal.timeout(timeoutMs);
    const { status } = await client.create(subjectAccessReviews, review, { signal });
    return status?.allowed ?? false;
  };

  return ({ userInfo }, { group, resource, subresource, verb }, name) => {
    const spec = {
      user: userInfo.username,
      uid: userInfo.uid,
      groups: userInfo.groups,
      extra: userInfo.extra,
      resourceAttributes: { group, resource, subresource, verb, name },
    };
    const key = JSON.stringify(spec);
    const asked = underWay.get(key) ?? ask(spec).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };
};
