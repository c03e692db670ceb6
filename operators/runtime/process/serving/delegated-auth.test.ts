import { describe, expect, test } from '@jest/globals';
import type { Client } from '../../client/client.ts';
import { ApiError } from '../../client/errors.ts';
import type { SubjectAccessReview, TokenReview } from '../../client/kubernetes.ts';
import type { Logger } from '../logger.ts';
import { delegatedAuthorizer } from './delegated-auth.ts';

const log: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => log };

/** An API server that knows users by token and lets some read /metrics. */
const apiServer = (users: Record<string, string>, readers: string[] = []) => {
  const reviews: string[] = [];
  const client = {
    create: async (resource: { plural: string }, review: TokenReview & SubjectAccessReview) => {
      reviews.push(resource.plural);
      if (resource.plural === 'subjectaccessreviews') {
        expect(review.spec.nonResourceAttributes).toEqual({ path: '/metrics', verb: 'get' });
        return { status: { allowed: readers.includes(review.spec.user!) } };
      }
      const user = users[(review.spec as { token: string }).token];
      if (user === 'broken') throw new ApiError(403, { reason: 'Forbidden' }, 'POST tokenreviews');
      return { status: user ? { authenticated: true, user: { username: user } } : {} };
    },
  } as unknown as Client;
  return { client, reviews };
};

const prometheus = 'system:serviceaccount:openshift-monitoring:prometheus-k8s';

describe('delegatedAuthorizer (operator.md 1.5)', () => {
  test.each<[string, string | undefined, number, string[]]>([
    ['no token', undefined, 401, []],
    ['another scheme', 'Basic Zm9v', 401, []],
    ['an unknown token', 'Bearer unknown', 401, ['tokenreviews']],
    ['a token the API server will not review for us', 'Bearer broken', 401, ['tokenreviews']],
    ['a user without permission', 'Bearer nobody', 403, ['tokenreviews', 'subjectaccessreviews']],
    ['a user with permission', 'Bearer reader', 200, ['tokenreviews', 'subjectaccessreviews']],
    ['prometheus-k8s, always allowed', 'bearer prom', 200, ['tokenreviews']],
  ])('%s', async (_name, header, code, asked) => {
    const { client, reviews } = apiServer(
      { broken: 'broken', nobody: 'nobody', reader: 'reader', prom: prometheus },
      ['reader'],
    );
    const answer = await delegatedAuthorizer(client, log)(header, '/metrics', 'get');
    expect(answer.allowed ? 200 : answer.code).toBe(code);
    expect(reviews).toEqual(asked);
  });

  test('answers serve for ten seconds, and for one token only', async () => {
    const { client, reviews } = apiServer({ a: 'reader', b: 'nobody' }, ['reader']);
    let now = 0;
    const authorize = delegatedAuthorizer(client, log, () => now);
    for (now = 0; now < 10_000; now += 1000) {
      expect((await authorize('Bearer a', '/metrics', 'get')).allowed).toBe(true);
      expect((await authorize('Bearer b', '/metrics', 'get')).allowed).toBe(false);
    }
    expect(reviews).toHaveLength(4);
    now = 10_001;
    await authorize('Bearer a', '/metrics', 'get');
    expect(reviews).toHaveLength(6);
  });

  test('unknown tokens do not pile up', async () => {
    const { client, reviews } = apiServer({});
    const authorize = delegatedAuthorizer(client, log, () => 0);
    for (let i = 0; i < 200; i += 1) await authorize(`Bearer ${i}`, '/metrics', 'get');
    await authorize('Bearer 0', '/metrics', 'get');
    expect(reviews).toHaveLength(201);
  });
});
