import { isMap, type JsonMap } from '../client/json.ts';
import { messageOf } from '../client/errors.ts';
import { MalformedReview } from './review.ts';
import type { ReviewRoute } from './webhook-server.ts';

/**
 * Turns an object of one version into the same object of another; both are given whole, as `group/version`. Everything but
 * labels and annotations of its metadata must stay as it is. Its content is hostile.
 * @throws when it cannot; the message tells the user why
 */
export type Convert = (object: JsonMap, toApiVersion: string) => JsonMap;

const versions = new Set(['apiextensions.k8s.io/v1', 'apiextensions.k8s.io/v1beta1']);

/**
 * Answers ConversionReviews of an API server. What cannot be converted is a failure of the review, so that the API server
 * has a reason to show; only a body that is no review is refused as such.
 */
export const conversionRoute =
  (convert: Convert): ReviewRoute =>
  (review) => {
    const { apiVersion, uid, desiredAPIVersion, objects } = requestOf(review);
    const answer = (response: object) =>
      Promise.resolve({ apiVersion, kind: 'ConversionReview', response: { uid, ...response } });
    try {
      const convertedObjects = objects.map((object, index) => {
        if (!isMap(object) || !isMap(object['metadata']))
          throw new Error(`object ${index} of the review is no object with metadata`);
        return object['apiVersion'] === desiredAPIVersion ? object : convert(object, desiredAPIVersion);
      });
      return answer({ convertedObjects, result: { status: 'Success' } });
    } catch (error) {
      return answer({ convertedObjects: [], result: { status: 'Failure', message: messageOf(error) } });
    }
  };

const requestOf = (review: unknown) => {
  if (!isMap(review)) throw new MalformedReview('the body is no ConversionReview');
  const { apiVersion, kind, request } = review;
  if (kind !== 'ConversionReview' || typeof apiVersion !== 'string' || !versions.has(apiVersion))
    throw new MalformedReview(
      `expected a ConversionReview of apiextensions.k8s.io/v1 or v1beta1, not ${JSON.stringify(kind ?? '')} of ${JSON.stringify(apiVersion ?? '')}`,
    );
  if (!isMap(request)) throw new MalformedReview('the ConversionReview has no request');
  const { uid, desiredAPIVersion, objects } = request;
  if (typeof uid !== 'string' || uid === '') throw new MalformedReview('the request has no uid');
  if (typeof desiredAPIVersion !== 'string')
    throw new MalformedReview('the request does not say which version is wanted');
  if (!Array.isArray(objects)) throw new MalformedReview("the request's objects are no list");
  return { apiVersion, uid, desiredAPIVersion, objects: objects as unknown[] };
};
