import { createHash } from 'node:crypto';
import type { Client } from '../../client/client.ts';
import {
  type SubjectAccessReview,
  type TokenReview,
  subjectAccessReviews,
  tokenReviews,
} from '../../client/kubernetes.ts';
import type { Logger } from '../logger.ts';

/** A user as the API server knows them. */
export interface Caller {
  /** Empty when the API server did not say. */
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

export type AccessAnswer =
  { allowed: true; caller: Caller } | { allowed: false; code: 401 | 403; message: string };

/** May the bearer of this Authorization header do this (`get`, `post`) with this path? */
export type Authorize = (header: string | undefined, path: string, verb: string) => Promise<AccessAnswer>;

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

  const ask = async (token: string, path: string, verb: string): Promise<AccessAnswer> => {
    const { status } = await client.create(tokenReviews, {
      metadata: { name: '' },
      spec: { token },
    } as TokenReview);
    if (!status?.authenticated) return unauthorized;
    const { username = '', uid, groups, extra } = status.user ?? {};
    const caller: Caller = { username, uid, groups, extra };
    if (username === alwaysAllowed && path === '/metrics') return { allowed: true, caller };
    const review = await client.create(subjectAccessReviews, {
      metadata: { name: '' },
      spec: { user: username, uid, groups, extra, nonResourceAttributes: { path, verb } },
    } as SubjectAccessReview);
    if (review.status?.allowed) return { allowed: true, caller };
    return {
      allowed: false,
      code: 403,
      message: `user ${JSON.stringify(username)} cannot ${verb} path ${JSON.stringify(path)}`,
    };
  };

  const askSafely = async (token: string, path: string, verb: string): Promise<AccessAnswer> => {
    try {
      return await ask(token, path, verb);
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

  return async (header, path, verb) => {
    const token = /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
    if (!token) return unauthorized;
    const key = createHash('sha256').update(`${verb}\0${path}\0${token}`).digest('base64');
    const known = answers.get(key);
    if (known && known.until > now()) return known.answer;
    answers.delete(key);
    if (answers.size >= mostAnswers) answers.delete(answers.keys().next().value!);
    const answer = askSafely(token, path, verb);
    answers.set(key, { answer, until: now() + answerMs });
    return answer;
  };
};

const unauthorized: AccessAnswer = { allowed: false, code: 401, message: 'Unauthorized' };
