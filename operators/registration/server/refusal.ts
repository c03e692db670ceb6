import { ApiError, type Status } from '../../runtime/client/errors.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';

/** An answer as the API server would give it; it travels as the message of a FailedPrecondition. */
const statusError = (status: Status, cause?: unknown): GrpcError =>
  new GrpcError(
    code.failedPrecondition,
    JSON.stringify({ ErrStatus: { metadata: {}, status: 'Failure', ...status } }),
    cause,
  );

/** The event asks for what nobody can have. */
export const badRequest = (message: string): GrpcError =>
  statusError({ code: 400, reason: 'BadRequest', message });

/** The event asks for what this caller must not have. */
export const forbidden = (message: string): GrpcError =>
  statusError({ code: 403, reason: 'Forbidden', message });

/** How a failure of the hub's API server reaches the caller: its answer as it is, else that there was none. */
export const passedOn = (error: unknown): unknown => {
  if (!(error instanceof ApiError)) return error;
  const { code: status, reason } = error;
  const { message = error.message, details } = error.status;
  return statusError({ code: status, reason, message, details }, error);
};
