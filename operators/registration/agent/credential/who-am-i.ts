import type { Client } from '../../../runtime/client/client.ts';
import { ApiError } from '../../../runtime/client/errors.ts';

interface SelfSubjectReview {
  status?: { userInfo?: { username?: string } };
}

/** The user name by which the API server knows the client; undefined when it will not tell. */
export const whoAmI = async (client: Client, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const review = await client.request<SelfSubjectReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      signal,
    });
    return review.status?.userInfo?.username;
  } catch (error) {
    if (error instanceof ApiError && [403, 404, 405].includes(error.code)) return undefined;
    throw error;
  }
};
