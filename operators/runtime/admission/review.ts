import { isMap } from '../client/json.ts';
import type { AdmissionHandler, AdmissionRequest, AdmissionResponse } from './admission.ts';

/** The request is no review that this server understands: answered with HTTP 400 and the message. */
export class MalformedReview extends Error {
  override readonly name = 'MalformedReview';
}

const versions = new Set(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1']);
const operations = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/** Answers a parsed AdmissionReview, in the version it came in. Throws {@link MalformedReview}; a handler's error passes through. */
export const answerReview = async (
  review: unknown,
  handler: AdmissionHandler,
  signal: AbortSignal,
): Promise<object> => {
  const { apiVersion, request } = requestOf(review);
  const response = await handler(request, signal);
  return reviewOf(apiVersion, request.uid, response);
};

const requestOf = (review: unknown): { apiVersion: string; request: AdmissionRequest } => {
  if (!isMap(review)) throw new MalformedReview('the body is no AdmissionReview');
  const { apiVersion, kind, request } = review;
  if (kind !== 'AdmissionReview' || typeof apiVersion !== 'string' || !versions.has(apiVersion))
    throw new MalformedReview(
      `expected an AdmissionReview of admission.k8s.io/v1 or v1beta1, not ${JSON.stringify(kind ?? '')} of ${JSON.stringify(apiVersion ?? '')}`,
    );
  if (!isMap(request)) throw new MalformedReview('the AdmissionReview has no request');
  const { uid, operation, userInfo, resource } = request;
  if (typeof uid !== 'string' || uid === '') throw new MalformedReview('the request has no uid');
  if (typeof operation !== 'string' || !operations.has(operation))
    throw new MalformedReview(`the request has the unknown operation ${JSON.stringify(operation ?? '')}`);
  if (!isMap(resource)) throw new MalformedReview('the request has no resource');
  for (const field of ['object', 'oldObject'] as const) {
    if (request[field] != null && !isMap(request[field]))
      throw new MalformedReview(`the request's ${field} is no object`);
  }
  const { object, oldObject, ...rest } = request;
  return {
    apiVersion,
    request: {
      ...rest,
      userInfo: isMap(userInfo) ? userInfo : {},
      ...(object ? { object } : {}),
      ...(oldObject ? { oldObject } : {}),
    } as unknown as AdmissionRequest,
  };
};

const reviewOf = (apiVersion: string, uid: string, response: AdmissionResponse): object => ({
  apiVersion,
  kind: 'AdmissionReview',
  response: { uid, ...(response.allowed ? allowance(response) : refusal(response)) },
});

const allowance = ({ patch, warnings }: AdmissionResponse & { allowed: true }) => ({
  allowed: true,
  status: { code: 200 },
  ...(patch?.length
    ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
    : {}),
  ...(warnings?.length ? { warnings } : {}),
});

const refusal = ({ code, reason, message }: AdmissionResponse & { allowed: false }) => ({
  allowed: false,
  status: { status: 'Failure', code, ...(reason ? { reason } : {}), message },
});
