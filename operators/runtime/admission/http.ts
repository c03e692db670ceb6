import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Logger } from '../process/logger.ts';
import { HttpError } from '../process/serving/http.ts';

export interface HttpAnswer {
  status: number;
  body: string;
  contentType?: string;
}

/** A request listener of a function from request to answer: an {@link HttpError} is answered, another error is logged and answered with 500. */
export const listener =
  (answer: (request: IncomingMessage) => Promise<HttpAnswer>, log: Logger): RequestListener =>
  (request, response) => {
    answer(request)
      .catch((error: unknown): HttpAnswer => {
        if (error instanceof HttpError) return { status: error.status, body: `${error.message}\n` };
        log.error('a request failed', { path: request.url, error });
        return { status: 500, body: 'internal error\n' };
      })
      .then((found) => send(request, response, found))
      .catch((error: unknown) => log.debug(2, 'an answer could not be sent', { path: request.url, error }));
  };

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, contentType }: HttpAnswer,
) => {
  response.writeHead(status, {
    'content-type': contentType ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    // What was not read of the body would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(body);
};

/** Listens on every address; rejects when the port cannot be used. Resolves to the port, which matters when 0 was asked for. */
export const listenOn = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

/** Stops listening and resolves when the requests under way are answered, or after `graceMs`. */
export const close = (server: Server, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs).unref();
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
