import { describe, expect, test } from '@jest/globals';
import { virtualResource } from '../../api/identities.ts';
import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { SubjectAccessReview } from '../../runtime/client/kubernetes.ts';
import { accessReviews } from './access.ts';

/** A hub that answers access reviews when told to, and keeps what it was asked. */
const hubThatWaits = () => {
  const reviews: SubjectAccessReview['spec'][] = [];
  const waiting: ((answer: { allowed: boolean } | Error) => void)[] = [];
  const create = (_resource: unknown, { spec }: SubjectAccessReview): Promise<SubjectAccessReview> => {
    reviews.push(spec);
    return new Promise((resolve, reject) =>
      waiting.push((answer) =>
        answer instanceof Error
          ? reject(answer)
          : resolve({ spec, status: answer } as unknown as SubjectAccessReview),
      ),
    );
  };
  return { hub: { create } as unknown as Client, reviews, waiting };
};

const requestOf = (userInfo: AdmissionRequest['userInfo']) => ({ userInfo }) as AdmissionRequest;
const alice = requestOf({ username: 'alice', groups: ['registrars'] });

describe('access reviews of the webhooks', () => {
  test('requests that wait for the same answer share one review, which is forgotten with its answer', async () => {
    const { hub, reviews, waiting } = hubThatWaits();
    const mayUse = accessReviews(hub);
    const both = [
      mayUse(alice, virtualResource.join, 'default'),
      mayUse(alice, virtualResource.join, 'default'),
    ];
    expect(reviews).toHaveLength(1);
    waiting[0]!({ allowed: true });
    expect(await Promise.all(both)).toEqual([true, true]);
    const later = mayUse(alice, virtualResource.join, 'default');
    waiting[1]!({ allowed: false });
    expect(await later).toBe(false);
  });

  test.each<[string, AdmissionRequest, (typeof virtualResource)[keyof typeof virtualResource], string]>([
    ['user', requestOf({ username: 'bob', groups: ['registrars'] }), virtualResource.join, 'default'],
    ['group', requestOf({ username: 'alice', groups: [] }), virtualResource.join, 'default'],
    ['identity', requestOf({ ...alice.userInfo, uid: '2' }), virtualResource.join, 'default'],
    ['scope', requestOf({ ...alice.userInfo, extra: { scopes: ['x'] } }), virtualResource.join, 'default'],
    ['permission', alice, virtualResource.accept, 'default'],
    ['set', alice, virtualResource.join, 'other'],
  ])('another %s is another question', async (_what, request, resource, name) => {
    const { hub, reviews, waiting } = hubThatWaits();
    const mayUse = accessReviews(hub);
    const answers = [mayUse(alice, virtualResource.join, 'default'), mayUse(request, resource, name)];
    expect(reviews).toHaveLength(2);
    waiting[0]!({ allowed: true });
    waiting[1]!({ allowed: false });
    expect(await Promise.all(answers)).toEqual([true, false]);
  });

  test('all who waited learn of a failure, and the next asks again', async () => {
    const { hub, reviews, waiting } = hubThatWaits();
    const mayUse = accessReviews(hub);
    const both = [
      mayUse(alice, virtualResource.join, 'default'),
      mayUse(alice, virtualResource.join, 'default'),
    ];
    waiting[0]!(new Error('no answer'));
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void mayUse(alice, virtualResource.join, 'default').catch(() => {});
    expect(reviews).toHaveLength(2);
  });
});
