import type { Client } from './client.ts';
import {
  type ResourceAttributes,
  type SelfSubjectAccessReview,
  selfSubjectAccessReviews,
} from './kubernetes.ts';

/** Whether the client itself may do something. Rejects with an ApiError or a ConnectionError. */
export const mayDo = async (
  client: Client,
  resourceAttributes: ResourceAttributes,
  signal?: AbortSignal,
): Promise<boolean> => {
  const review: SelfSubjectAccessReview = {
    // A review is no stored object: the API server wants no name of it.
    metadata: {} as SelfSubjectAccessReview['metadata'],
    spec: { resourceAttributes },
  };
  const { status } = await client.create(selfSubjectAccessReviews, review, { signal });
  return status?.allowed ?? false;
};
