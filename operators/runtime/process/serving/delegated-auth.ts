import { createHash } from 'node:crypto';
import type { Client } from '../../client/client.ts';
import {
  type SubjectAccessReview,
  type TokenReview,
  subjectAccessReviews,
  tokenReviews,
} from '../../client/kubernetes.ts';
import type { Logger } from '../logger.ts';

export type AccessAnswer = { allowed: true } | { allowed: false; code: 401 | 403; message: string };

/** May the bearer of this Authorization header `get` this path? */
export type Authorize = (header: string | undefined, path: string) => Promise<AccessAnswer>;

const alwaysAllowed = 'system:serviceaccount:openshift-monitoring:prometheus-k8s';

const answerMs = 10_000;
const mostAnswers = 64;

/**
 * Lets the API server decide: TokenReview says who the bearer is, SubjectAccessReview what they may (operator.md 1.5).
 * Answers serve for ten seconds.
 */
export const delegatedAuthorizer = (
  client: Client,
  log: Logger,
  now = () => performance.now(),
): Authorize => {
  const answers = new Map<string, { answer: Promise<AccessAnswer>; until: number }>();

  const ask = async (token: string, path: string): Promise<AccessAnswer> => {
    const { status } = await client.create(tokenReviews, {
      metadata: { name: '' },
      spec: { token },
    } as TokenReview);
    if (!status?.authenticated) return unauthorized;
    const user = status.user?.username ?? '';
    if (user === alwaysAllowed && path === '/metrics') return { allowed: true };
    const review = await client.create(subjectAccessReviews, {
      metadata: { name: '' },
      spec: {
        user,
        uid: status.user?.uid,
        groups: status.user?.groups,
        extra: status.user?.extra,
        nonResourceAttributes: { path, verb: 'get' },
      },
    } as SubjectAccessReview);
    if (review.status?.allowed) return { allowed: true };
    return {
      allowed: false,
      code: 403,
      message: `user ${JSON.stringify(user)} cannot get path ${JSON.stringify(path)}`,
    };
  };

  const askSafely = async (token: string, path: string): Promise<AccessAnswer> => {
    try {
      return await ask(token, path);
    } catch (error) {
      log.warn(
        'a request could not be authorized; the process needs create on tokenreviews and subjectaccessreviews',
        {
          path,
          error,
        },
      );
      return unauthorized;
    }
  };

  return async (header, path) => {
    const token = /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
    if (!token) return unauthorized;
    const key = createHash('sha256').update(`${path}\0${token}`).digest('base64');
    const known = answers.get(key);
    if (known && known.until > now()) return known.answer;
    answers.delete(key);
    if (answers.size >= mostAnswers) answers.delete(answers.keys().next().value!);
    const answer = askSafely(token, path);
    answers.set(key, { answer, until: now() + answerMs });
    return answer;
  };
};

const unauthorized: AccessAnswer = { allowed: false, code: 401, message: 'Unauthorized' };
