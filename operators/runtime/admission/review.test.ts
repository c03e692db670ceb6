import { describe, expect, test } from '@jest/globals';
import type { AdmissionRequest, AdmissionResponse } from './admission.ts';
import { MalformedReview, answerReview } from './review.ts';

const request = {
  uid: 'u1',
  operation: 'CREATE',
  kind: { group: '', version: 'v1', kind: 'ConfigMap' },
  resource: { group: '', version: 'v1', resource: 'configmaps' },
  name: 'n',
  userInfo: { username: 'me', groups: ['g'] },
  object: { metadata: { name: 'n' } },
  oldObject: null,
};
const signal = new AbortController().signal;

const answer = (review: object, response: AdmissionResponse) =>
  answerReview(review, () => Promise.resolve(response), signal);

describe('answerReview', () => {
  test.each(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'])(
    '%s is answered in its own version',
    async (apiVersion) => {
      expect(await answer({ apiVersion, kind: 'AdmissionReview', request }, { allowed: true })).toEqual({
        apiVersion,
        kind: 'AdmissionReview',
        response: { uid: 'u1', allowed: true, status: { code: 200 } },
      });
    },
  );

  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };

  test('a patch travels as base64 of its JSON; an empty one does not', async () => {
    const patch = [{ op: 'add', path: '/metadata/labels', value: { a: 'ü' } }] as const;
    const { response } = (await answer(review, { allowed: true, patch: [...patch], warnings: ['mind'] })) as {
      response: { patch: string; patchType: string; warnings: string[] };
    };
    expect(response.patchType).toBe('JSONPatch');
    expect(JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8'))).toEqual(patch);
    expect(response.warnings).toEqual(['mind']);
    expect(await answer(review, { allowed: true, patch: [], warnings: [] })).toMatchObject({
      response: expect.not.objectContaining({ patch: expect.anything(), patchType: expect.anything() }),
    });
  });

  test('a refusal carries code, reason and message', async () => {
    expect(
      await answer(review, { allowed: false, code: 403, reason: 'Forbidden', message: 'no' }),
    ).toMatchObject({
      response: {
        uid: 'u1',
        allowed: false,
        status: { status: 'Failure', code: 403, reason: 'Forbidden', message: 'no' },
      },
    });
  });

  test('the handler sees the request without absent objects', async () => {
    let seen: AdmissionRequest | undefined;
    await answerReview(
      review,
      async (request) => {
        seen = request;
        return { allowed: true };
      },
      signal,
    );
    expect(seen).toEqual({ ...request, oldObject: undefined });
    expect(seen).not.toHaveProperty('oldObject');
  });

  test('a request without user has an empty one', async () => {
    let seen: AdmissionRequest | undefined;
    await answerReview(
      { ...review, request: { ...request, userInfo: undefined } },
      async (request) => {
        seen = request;
        return { allowed: true };
      },
      signal,
    );
    expect(seen!.userInfo).toEqual({});
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['another kind', { apiVersion: 'v1', kind: 'Pod', request }],
    ['another version', { apiVersion: 'admission.k8s.io/v2', kind: 'AdmissionReview', request }],
    ['no request', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }],
    ['no uid', { ...review, request: { ...request, uid: '' } }],
    ['an unknown operation', { ...review, request: { ...request, operation: 'PATCH' } }],
    ['no resource', { ...review, request: { ...request, resource: undefined } }],
    ['an object that is text', { ...review, request: { ...request, object: 'x' } }],
  ])('malformed: %s', async (_name, body) => {
    await expect(answerReview(body, () => Promise.resolve({ allowed: true }), signal)).rejects.toThrow(
      MalformedReview,
    );
  });
});
