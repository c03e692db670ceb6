import { expect, test } from '@jest/globals';
import { conversionRoute } from './conversion.ts';

const route = conversionRoute((object, apiVersion) => {
  if (object['bad']) throw new Error('it is bad');
  return { ...object, apiVersion };
});
const review = (objects: unknown[], version = 'v1') => ({
  apiVersion: `apiextensions.k8s.io/${version}`,
  kind: 'ConversionReview',
  request: { uid: 'u', desiredAPIVersion: 'g/v2', objects },
});
const ask = (body: unknown) => route(body, new AbortController().signal);
const object = (apiVersion: string, rest: object = {}) => ({ apiVersion, metadata: { name: 'a' }, ...rest });

test.each(['v1', 'v1beta1'])(
  'a review of %s is answered in its version, objects in their order',
  async (version) => {
    expect(await ask(review([object('g/v1'), object('g/v2', { same: 1 })], version))).toEqual({
      apiVersion: `apiextensions.k8s.io/${version}`,
      kind: 'ConversionReview',
      response: {
        uid: 'u',
        convertedObjects: [object('g/v2'), object('g/v2', { same: 1 })],
        result: { status: 'Success' },
      },
    });
  },
);

test.each([
  ['an object that cannot be converted', [object('g/v1'), object('g/v1', { bad: true })], 'it is bad'],
  ['an object without metadata', [{ apiVersion: 'g/v1' }], 'object 0 of the review'],
  ['no object', [null], 'object 0 of the review'],
])('%s fails the review with a reason', async (_, objects, message) => {
  expect(await ask(review(objects))).toMatchObject({
    response: {
      uid: 'u',
      convertedObjects: [],
      result: { status: 'Failure', message: expect.stringContaining(message) },
    },
  });
});

test.each([
  [null],
  [{ ...review([]), kind: 'AdmissionReview' }],
  [{ ...review([]), apiVersion: 'v1' }],
  [{ ...review([]), request: null }],
  [{ ...review([]), request: { uid: '', desiredAPIVersion: 'v', objects: [] } }],
  [{ ...review([]), request: { uid: 'u', objects: [] } }],
  [{ ...review([]), request: { uid: 'u', desiredAPIVersion: 'v' } }],
])('what is no review is refused: %j', (body) => {
  expect(() => ask(body)).toThrow();
});
