import { ApiError, ConnectionError, type Status } from '../../runtime/client/errors.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';

/** What codes of gRPC are among the API server's: code and reason. */
const asStatus: Record<number, [number, string]> = {
  [code.invalidArgument]: [400, 'BadRequest'],
  [code.unauthenticated]: [401, 'Unauthorized'],
  [code.permissionDenied]: [403, 'Forbidden'],
  [code.failedPrecondition]: [422, 'Invalid'],
  [code.resourceExhausted]: [413, 'RequestEntityTooLarge'],
  [code.unimplemented]: [405, 'MethodNotAllowed'],
};

/** The API server's own answer, which travels as JSON in the message of a FailedPrecondition (registration.md 6). */
const statusIn = (message: string): Status | undefined => {
  if (!message.startsWith('{')) return undefined;
  let parsed: unknown;
  try {
    parsed = parseJson(message);
  } catch {
    return undefined; // words that begin with a brace: they are shown as they are
  }
  return isMap(parsed) && isMap(parsed['ErrStatus']) ? (parsed['ErrStatus'] as Status) : undefined;
};

/**
 * What a client of an API server would have met in place of this failure, so that whoever speaks to a hub need not know
 * by which way: an ApiError where the hub or its gRPC server refused, a ConnectionError where no answer came.
 */
export const asClientError = (error: unknown, request: string): unknown => {
  if (!(error instanceof GrpcError)) return error;
  const { message } = error;
  if (error.code === code.unavailable || error.code === code.deadlineExceeded)
    return new ConnectionError(
      `${request}: ${message}`,
      error.code === code.unavailable ? '' : 'ETIMEDOUT',
      error,
    );
  const status = error.code === code.failedPrecondition ? statusIn(message) : undefined;
  if (status) return new ApiError(status.code ?? 422, status, request);
  const [http, reason] = asStatus[error.code] ?? [500, 'InternalError'];
  return new ApiError(http, { code: http, reason, message }, request);
};

/** What cannot be asked for by events. */
export const notSupported = (method: string, what: string): ApiError =>
  new ApiError(
    405,
    { code: 405, reason: 'MethodNotAllowed', message: 'not supported over gRPC' },
    `${method} ${what}`,
  );
