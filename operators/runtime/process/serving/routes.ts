import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../logger.ts';
import type { Authorize, Caller } from './delegated-auth.ts';
import { HttpError, readBody } from './http.ts';

export interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

export interface RouteRequest {
  method: string;
  /** What follows the prefix of the route, as it was sent. */
  rest: string;
  caller: Caller;
  /**
   * The whole body as text.
   * @param limit in bytes
   * @throws HttpError 413 beyond the limit
   */
  body(limit: number): Promise<string>;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/**
 * What a command serves under a path prefix, in JSON, to users whom the API server knows by their token and lets do with
 * the path what the method says (verbs `get`, `post`). All else is answered with `{"error": "…"}`.
 */
export interface Route {
  /** Begins and ends with a slash. */
  prefix: string;
  /** Others are answered with 405, whoever asks. */
  methods: readonly string[];
  /**
   * What is answered with 200.
   * @throws HttpError for another status; any other error is logged and answered with 500 and its message
   */
  answer(request: RouteRequest): Promise<object>;
}

export interface RouteContext {
  request: IncomingMessage;
  response: ServerResponse;
  pathname: string;
  authorize: Authorize;
  log: Logger;
}

const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  body: `${JSON.stringify(body)}\n`,
  headers: { ...headers, 'content-type': 'application/json' },
});

export const answerRoute = async (route: Route, context: RouteContext): Promise<Answer> => {
  const gone = new AbortController();
  context.response.once('close', () => gone.abort());
  try {
    return json(200, await answered(route, context, gone.signal));
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof HttpError) return json(error.status, { error: message }, error.headers);
    const { log, pathname } = context;
    if (gone.signal.aborted) log.debug(2, 'nobody waits for an answer any more', { path: pathname, error });
    else log.error('a request failed', { path: pathname, error });
    return json(500, { error: message });
  }
};

const answered = async (
  route: Route,
  { request, pathname, authorize }: RouteContext,
  signal: AbortSignal,
): Promise<object> => {
  const { prefix, methods } = route;
  const { method = '', headers } = request;
  if (!methods.includes(method))
    throw new HttpError(405, `method ${method} not allowed`, { allow: methods.join(', ') });
  const access = await authorize(headers.authorization, pathname, method.toLowerCase());
  if (!access.allowed)
    throw new HttpError(
      access.code,
      access.message,
      access.code === 401 ? { 'www-authenticate': 'Bearer' } : {},
    );
  return route.answer({
    method,
    rest: pathname.slice(prefix.length),
    caller: access.caller,
    body: (limit) => readBody(request, limit),
    signal,
  });
};
