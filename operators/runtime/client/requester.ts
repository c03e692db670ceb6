import { readText } from './body.ts';
import type { RawRequest } from './client.ts';
import type { ConnectOptions, Connection, Impersonation } from './connection.ts';
import { type Headers, impersonationHeaders } from './credentials.ts';
import { ApiError, ConnectionError, type Status } from './errors.ts';
import { type Answer, type Exchange, UnsentError } from './exchange.ts';
import { explain } from './explain.ts';
import { maxBrokenAttempts, maxThrottledAttempts, pause, retryAfterMs } from './retry.ts';
import { Semaphore } from './semaphore.ts';
import { type Traffic, Transport } from './transport.ts';

/** A request as the client's methods put it. */
export interface ApiRequest extends RawRequest {
  /** Whether sending it twice does no harm. Default: GET only. */
  isIdempotent?: boolean;
}

const jsonType = 'application/json';

const serverUrl = (server: string): URL => {
  if (URL.canParse(server)) return new URL(server);
  throw new ConnectionError(
    `the API server's address is not a URL: ${JSON.stringify(server)}`,
    'ERR_INVALID_URL',
  );
};

const queryOf = (query: RawRequest['query'] = {}): string => {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (entries.length === 0) return '';
  return `?${new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
};

const statusOf = (text: string): Status => {
  try {
    const parsed = JSON.parse(text) as (Status & { kind?: string }) | null;
    if (parsed?.kind === 'Status') return parsed;
  } catch {
    // A proxy, or a handler outside the API, answers in its own words.
  }
  // Only the first words: an error page, or worse, has no place in a log.
  const line = text.trim().split('\n', 1)[0] ?? '';
  return /^[\w .,:;'"()/-]{1,200}$/.test(line) ? { message: line } : {};
};

/** Sends requests, tries again what can be, and turns every failure into an ApiError or a ConnectionError. */
export class Requester {
  readonly server: string;
  readonly #transport: Transport;
  readonly #basePath: string;
  readonly #headers: Headers;
  readonly #timeoutMs: number;
  readonly #slots: Semaphore;

  constructor(connection: Connection, options: ConnectOptions, shared?: Requester) {
    const url = serverUrl(connection.server);
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.server = `${url.protocol}//${url.host}${this.#basePath}`;
    this.#timeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#headers = { 'user-agent': options.userAgent, ...impersonationHeaders(connection.impersonate) };
    this.#transport = shared
      ? shared.#transport
      : new Transport(connection, url, {
          timeoutMs: this.#timeoutMs,
          metrics: options.metrics,
          env: options.env,
        });
    this.#slots = shared ? shared.#slots : new Semaphore(options.concurrency ?? 100);
  }

  /** A requester that acts as somebody else over the same connections. */
  as(impersonate: Impersonation, connection: Connection, options: ConnectOptions): Requester {
    return new Requester({ ...connection, impersonate }, options, this);
  }

  /** Resolves to the parsed JSON, to the text of another content type, or to undefined when the body is empty. */
  async request<R>(request: ApiRequest): Promise<R> {
    return this.#slots.run(async () => {
      const { answer, text } = await this.#attempt(request, 'request', async (received) => ({
        answer: received,
        text: await readText(received.body, this.#timeoutMs),
      }));
      if (!(answer.headers['content-type'] ?? '').startsWith(jsonType)) return text as R;
      try {
        return JSON.parse(text) as R;
      } catch (error) {
        throw this.#broken(
          request,
          new Error('the answer is not the JSON that it claims to be', { cause: error }),
        );
      }
    }, request.signal);
  }

  /** Resolves to the answer as soon as its headers are there; its body is for the caller to read. */
  open(request: ApiRequest): Promise<Answer> {
    return this.#attempt(request, 'watch', async (answer) => answer);
  }

  /** The error that a broken connection becomes; an abort stays what it is. */
  #broken(request: ApiRequest, error: unknown): unknown {
    if (request.signal?.aborted) return request.signal.reason;
    const { code, text } = explain(error);
    return new ConnectionError(`${request.method} ${request.path} at ${this.server}: ${text}`, code, error);
  }

  /** For those who read a body themselves. */
  readonly broken = (request: ApiRequest, error: unknown): unknown => this.#broken(request, error);

  #exchange(request: ApiRequest): Exchange {
    const { method, path, query, body, contentType = jsonType, accept = jsonType, signal } = request;
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return {
      method,
      path: `${this.#basePath}${path}${queryOf(query)}`,
      headers: {
        ...this.#headers,
        accept,
        ...(payload !== undefined && { 'content-type': contentType }),
        ...request.headers,
      },
      body: payload,
      signal,
      timeoutMs: this.#timeoutMs,
    };
  }

  async #attempt<R>(request: ApiRequest, traffic: Traffic, read: (answer: Answer) => Promise<R>): Promise<R> {
    const { signal } = request;
    const exchange = this.#exchange(request);
    const isIdempotent = request.isIdempotent ?? request.method === 'GET';
    for (let throttled = 1, broken = 1; ;) {
      signal?.throwIfAborted();
      try {
        const answer = await this.#transport.send(exchange, traffic);
        if (answer.status < 400) return await read(answer);
        const text = await readText(answer.body, this.#timeoutMs);
        const waitMs = retryAfterMs(answer.status, answer.headers);
        if (waitMs === undefined || throttled++ >= maxThrottledAttempts) {
          throw new ApiError(answer.status, statusOf(text), `${request.method} ${request.path}`);
        }
        await pause(waitMs, signal);
      } catch (error) {
        if (error instanceof ApiError || signal?.aborted) throw error;
        const isRetryable =
          error instanceof UnsentError || (isIdempotent && explain(error).code === 'ECONNRESET');
        if (!isRetryable || this.#transport.closing.aborted || broken++ >= maxBrokenAttempts) {
          throw this.#broken(request, error);
        }
      }
    }
  }

  close(): void {
    this.#transport.close();
  }
}
