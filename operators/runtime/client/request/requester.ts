import type { IncomingHttpHeaders } from 'node:http';
import type { RawRequest } from '../client.ts';
import type { Metrics } from '../../process/metrics.ts';
import type { ConnectOptions, Connection } from '../connection.ts';
import { type Headers, impersonationHeaders } from '../credentials/credentials.ts';
import { ApiError, ConnectionError, type Status } from '../errors.ts';
import { type Answer, type Exchange, UnsentError } from '../transport/exchange.ts';
import { type Traffic, Transport } from '../transport/transport.ts';
import { readText } from './body.ts';
import { explain } from './explain-failure.ts';
import { assertUnfenced, FencedError } from './fence.ts';
import { parseJson } from '../json.ts';
import { brokenPauseMs, maxBrokenAttempts, maxThrottledAttempts, pause, retryAfterMs } from './retry.ts';
import { Semaphore } from './semaphore.ts';

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
  readonly metrics: Metrics | undefined;
  readonly #transport: Transport;
  readonly #basePath: string;
  readonly #headers: Headers;
  readonly #timeoutMs: number;
  readonly #slots: Semaphore;
  readonly #isFenced: boolean;

  constructor(connection: Connection, options: ConnectOptions, shared?: Requester) {
    const url = serverUrl(connection.server);
    const { metrics, env, timing } = options;
    this.metrics = metrics;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.server = `${url.protocol}//${url.host}${this.#basePath}`;
    this.#timeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#headers = { 'user-agent': options.userAgent, ...impersonationHeaders(connection.impersonate) };
    this.#transport = shared
      ? shared.#transport
      : new Transport(connection, url, { timeoutMs: this.#timeoutMs, metrics, env, timing });
    this.#slots = shared ? shared.#slots : new Semaphore(options.concurrency ?? 100);
    this.#isFenced = options.isFenced ?? true;
  }

  /** A requester that acts as somebody else, or with other options, over the same connections. */
  as(connection: Connection, options: ConnectOptions): Requester {
    return new Requester(connection, options, this);
  }

  /** Resolves to the parsed JSON, to the text of another content type, or to undefined when there is nothing. */
  async request<R>(request: ApiRequest): Promise<R> {
    const { headers, text } = await this.#fetch(request);
    const isJson = (headers['content-type'] ?? '').startsWith(jsonType);
    return isJson ? this.#parse<R>(request, text) : ((text || undefined) as R);
  }

  /** Resolves to the parsed JSON; an answer of another kind, from something that is no API server, rejects. */
  async json<R>(request: ApiRequest): Promise<R> {
    return this.#parse<R>(request, (await this.#fetch(request)).text);
  }

  /** Resolves to the answer as soon as its headers are there; its body is for the caller to read. */
  open(request: ApiRequest): Promise<Answer> {
    return this.#attempt(request, 'watch', async (answer) => answer);
  }

  /** The error that a broken connection becomes; an abort stays what it is. */
  broken(request: ApiRequest, error: unknown): unknown {
    if (request.signal?.aborted) return request.signal.reason;
    const { code, text } = explain(error);
    return new ConnectionError(`${request.method} ${request.path} at ${this.server}: ${text}`, code, error);
  }

  #fetch(request: ApiRequest): Promise<{ headers: IncomingHttpHeaders; text: string }> {
    const read = async ({ headers, body }: Answer) => ({
      headers,
      text: await readText(body, this.#timeoutMs),
    });
    return this.#slots.run(() => this.#attempt(request, 'request', read), request.signal);
  }

  #parse<R>(request: ApiRequest, text: string): R {
    try {
      return parseJson(text) as R;
    } catch (error) {
      throw this.broken(
        request,
        new Error('the answer is not JSON; is this an API server?', { cause: error }),
      );
    }
  }

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
      beforeSending: this.#isFenced ? () => assertUnfenced(request) : undefined,
    };
  }

  async #attempt<R>(request: ApiRequest, traffic: Traffic, read: (answer: Answer) => Promise<R>): Promise<R> {
    const { signal } = request;
    const exchange = this.#exchange(request);
    for (let throttled = 1, broken = 1; ;) {
      signal?.throwIfAborted();
      try {
        const answer = await this.#transport.send(exchange, traffic);
        if (answer.status < 300) return await read(answer);
        const error = await this.#refusal(request, answer);
        const waitMs = retryAfterMs(answer.status, answer.headers);
        if (waitMs === undefined || throttled++ >= maxThrottledAttempts) throw error;
        await pause(waitMs, signal);
      } catch (error) {
        if (error instanceof ApiError || error instanceof FencedError) throw error;
        if (!this.#mayRepeat(request, error) || broken >= maxBrokenAttempts)
          throw this.broken(request, error);
        await pause(brokenPauseMs * (broken++ - 1), signal);
      }
    }
  }

  async #refusal(request: ApiRequest, { status, headers, body }: Answer): Promise<ApiError> {
    const text = await readText(body, this.#timeoutMs);
    const about = `${request.method} ${request.path}`;
    if (status >= 400) return new ApiError(status, statusOf(text), about);
    const message = `the server redirects (${status}) to ${headers.location ?? 'nowhere'}; is this an API server?`;
    return new ApiError(status, { message }, about);
  }

  #mayRepeat(request: ApiRequest, error: unknown): boolean {
    if (request.signal?.aborted || this.#transport.closing.aborted) return false;
    if (error instanceof UnsentError) return true;
    return (request.isIdempotent ?? request.method === 'GET') && explain(error).code === 'ECONNRESET';
  }

  close(): void {
    this.#transport.close();
  }
}
