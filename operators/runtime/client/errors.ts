/** metav1.Status, as far as errors need it. */
export interface Status {
  code?: number;
  reason?: string;
  message?: string;
  details?: {
    name?: string;
    kind?: string;
    group?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

/** The API server refused a request. The message never contains credentials or the request's body. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  /** metav1.StatusReason, such as `NotFound` or `AlreadyExists`; empty when the server gave none. */
  readonly reason: string;
  readonly status: Status;

  constructor(code: number, status: Status, request: string) {
    super(`${request}: ${status.message || `the server answered ${code}`}`);
    this.code = code;
    this.reason = status.reason ?? '';
    this.status = status;
  }
}

/** No answer came: the server could not be reached, or the connection broke. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** Node's error code, such as `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`; empty when there is none. */
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const hasReason = (error: unknown, code: number, reason: string): boolean =>
  error instanceof ApiError && error.code === code && (error.reason === '' || error.reason === reason);

export const isNotFound = (error: unknown): boolean => hasReason(error, 404, 'NotFound');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 409, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 409, 'Conflict');
export const isForbidden = (error: unknown): boolean => hasReason(error, 403, 'Forbidden');
export const isUnauthorized = (error: unknown): boolean => hasReason(error, 401, 'Unauthorized');
export const isInvalid = (error: unknown): boolean => hasReason(error, 422, 'Invalid');
/** The resource version of a list or watch is too old; the caller lists anew. */
export const isExpired = (error: unknown): boolean => error instanceof ApiError && error.code === 410;

/** What an error says; whatever else was thrown, as text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
