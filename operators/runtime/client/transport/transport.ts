import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Metrics } from '../../process/metrics.ts';
import { untilAborted } from '../abort.ts';
import { clientMetrics } from '../client-metrics.ts';
import type { Connection } from '../connection.ts';
import { Credentials, type FileTiming, type Identity, type TlsMaterial } from '../credentials/credentials.ts';
import { type Target, dial } from './dial.ts';
import type { Answer, Carrier, Exchange } from './exchange.ts';
import { Http1Carrier } from './http1.ts';
import { Http2Carrier, type Http2Timing, defaultTiming } from './http2.ts';
import { proxyFor } from './proxy.ts';

/** Watches have connections of their own: on a shared one they could use up the streams that requests need. */
export type Traffic = 'request' | 'watch';

export interface TransportOptions {
  timeoutMs: number;
  metrics?: Metrics;
  env?: Record<string, string | undefined>;
  timing?: Partial<Http2Timing> & FileTiming;
}

/** Milliseconds for which a connection of a former identity may live on. */
const drainMs = 600_000;

/** The connections made with one set of certificates. */
class Generation {
  readonly tls: TlsMaterial;
  readonly #target: Target;
  readonly #timing: Http2Timing;
  readonly #carriers = new Map<Traffic, Promise<Carrier>>();

  constructor(target: Target, tls: TlsMaterial, timing: Http2Timing) {
    this.#target = target;
    this.tls = tls;
    this.#timing = timing;
  }

  carrier(traffic: Traffic): Promise<Carrier> {
    let carrier = this.#carriers.get(traffic);
    if (!carrier) {
      carrier = this.#open(traffic);
      this.#carriers.set(traffic, carrier);
      carrier.catch(() => this.#carriers.delete(traffic));
    }
    return carrier;
  }

  /** The first connection shows, by ALPN, what the server speaks. */
  async #open(traffic: Traffic): Promise<Carrier> {
    const { server } = this.#target;
    const { socket, isHttp2 } = await this.#dial();
    const again = async (): Promise<Socket> => {
      const next = await this.#dial();
      if (next.isHttp2 === isHttp2) return next.socket;
      // Another server, or another balancer in front of it, took over: the next request starts anew.
      next.socket.destroy();
      this.#carriers.delete(traffic);
      carrier.drain();
      throw new Error('the server has changed the HTTP version that it speaks');
    };
    const carrier = isHttp2 ? new Http2Carrier(server, again, this.#timing) : new Http1Carrier(server, again);
    carrier.adopt(socket);
    return carrier;
  }

  async #dial(): Promise<{ socket: Socket; isHttp2: boolean }> {
    const socket = await dial(this.#target, this.tls);
    return { socket, isHttp2: socket instanceof TLSSocket && socket.alpnProtocol === 'h2' };
  }

  #each(act: (carrier: Carrier) => void): void {
    // A carrier that could not be opened has nothing to close, and has told whoever asked for it.
    for (const carrier of this.#carriers.values()) carrier.then(act, () => {});
  }

  drain(): void {
    this.#each((carrier) => carrier.drain());
  }

  destroy(): void {
    this.#each((carrier) => carrier.destroy());
  }
}

/** Carries requests to one API server as the identity of its connection, which it keeps fresh. */
export class Transport {
  readonly #target: Target;
  readonly #credentials: Credentials;
  readonly #timing: Http2Timing;
  readonly #metrics: Metrics | undefined;
  readonly #count: (method: string, code: string, since: number) => void;
  readonly #closing = new AbortController();
  #generation?: Generation;
  /** Former generations, which may still carry a watch. */
  readonly #drained = new Set<Generation>();

  constructor(connection: Connection, server: URL, options: TransportOptions) {
    this.#credentials = new Credentials(connection, options.timing);
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#target = {
      server,
      proxy: proxyFor(server, connection.proxyUrl, options.env ?? process.env),
      tlsServerName: connection.tlsServerName,
      insecureSkipTlsVerify: connection.insecureSkipTlsVerify,
      caSource: connection.caSource ?? connection.caFile,
      caRemedy: connection.caRemedy,
      timeoutMs: options.timeoutMs,
    };
    this.#metrics = options.metrics;
    const requests = options.metrics?.counter(clientMetrics.requests);
    const duration = options.metrics?.histogram(clientMetrics.duration);
    this.#count = (method, code, since) => {
      requests?.inc({ code, host: server.host, method });
      duration?.observe((performance.now() - since) / 1000, { verb: method, host: server.host });
    };
  }

  /** Aborts when the transport is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Sends a request; one that is answered 401 is sent once more if there is a newer token. */
  async send(exchange: Exchange, traffic: Traffic): Promise<Answer> {
    const identity = await this.#credentials.current();
    const answer = await this.#sendAs(identity, exchange, traffic);
    if (answer.status !== 401 || !this.#credentials.isRefreshable) return answer;
    if (!(await this.#credentials.refresh(identity))) return answer;
    answer.body.destroy();
    return this.#sendAs(await this.#credentials.current(), exchange, traffic);
  }

  async #sendAs(identity: Identity, exchange: Exchange, traffic: Traffic): Promise<Answer> {
    const { authorization } = identity;
    const headers = authorization ? { ...exchange.headers, authorization } : exchange.headers;
    const began = performance.now();
    try {
      this.#closing.signal.throwIfAborted();
      const carrier = await untilAborted(this.#generationOf(identity.tls).carrier(traffic), exchange.signal);
      const answer = await carrier.send({ ...exchange, headers });
      this.#count(exchange.method, String(answer.status), began);
      return answer;
    } catch (error) {
      this.#count(exchange.method, '<error>', began);
      throw error;
    }
  }

  #generationOf(tls: TlsMaterial): Generation {
    if (this.#generation?.tls !== tls) {
      if (this.#generation) this.#drain(this.#generation);
      this.#generation = new Generation(this.#target, tls, this.#timing);
      if (tls.cert !== undefined) this.#tellExpiry(tls.cert);
    }
    return this.#generation;
  }

  #tellExpiry(certificate: string): void {
    if (!this.#metrics) return;
    const seconds = new X509Certificate(certificate).validToDate.getTime() / 1000;
    this.#metrics.gauge(clientMetrics.certificate).set(seconds, { host: this.#target.server.host });
  }

  #drain(generation: Generation): void {
    generation.drain();
    this.#drained.add(generation);
    setTimeout(() => {
      generation.destroy();
      this.#drained.delete(generation);
    }, drainMs).unref();
  }

  close(): void {
    this.#closing.abort(new Error('the client is closed'));
    this.#generation?.destroy();
    for (const generation of this.#drained) generation.destroy();
  }
}
