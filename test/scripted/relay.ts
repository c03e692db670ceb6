/** Relays before a server: one of TCP connections that can hold them, and one of HTTP requests that knows the writes. */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer as createHttpServer } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { Connection } from '../../operators/runtime/client/connection.ts';

export interface Relay {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Most connections that were held at the same time, without those that were given up meanwhile. */
  readonly mostHeld: number;
  /** From now on nothing passes on the connections that are open; new ones pass. */
  freeze(): void;
  /** From now on connections are accepted and nothing passes on them, until they are released. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

export const startRelay = async (port: number): Promise<Relay> => {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let mostHeld = 0;
  let held: Map<Socket, Buffer[]> | undefined;
  const keep = (near: Socket, all: Map<Socket, Buffer[]>) => {
    const chunks: Buffer[] = [];
    all.set(near, chunks);
    // The end of one that was given up may lie beside the next one, still to be read.
    setImmediate(() => setImmediate(() => (mostHeld = Math.max(mostHeld, all.size))));
    sockets.add(near);
    // Who does not read does not hear of the end.
    near.on('data', (chunk: Buffer) => chunks.push(chunk));
    near.on('error', () => near.destroy());
    near.once('close', () => all.delete(near));
  };
  const pass = (near: Socket) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.once('close', () => to.destroy());
    }
  };
  const server = createServer((near) => {
    accepted++;
    if (held) keep(near, held);
    else pass(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get mostHeld() {
      return mostHeld;
    },
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    hold: () => void (held ??= new Map()),
    release: () => {
      for (const [near, chunks] of held ?? []) {
        near.removeAllListeners('data').pause().unshift(Buffer.concat(chunks));
        pass(near);
      }
      held = undefined;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

/** A write that the API server has stored. */
export interface RelayedWrite {
  /** 1 for the first write through this relay. */
  count: number;
  method: string;
  path: string;
}

export interface ApiRelay {
  /** Takes plain HTTP. */
  readonly url: string;
  readonly writes: readonly RelayedWrite[];
  /**
   * Called when a write is stored and before its answer is passed on, so that whoever made it can be stopped without
   * having heard of it. The answer waits for what this returns.
   */
  onWrite(listener: (write: RelayedWrite) => unknown): void;
  close(): Promise<void>;
}

/** Requests of these kinds change nothing that anybody reconciles. */
const isAside = /\/(events|leases)(\/|\?|$)|\/token(\?|$)|\/apis\/(authentication|authorization)\.k8s\.io\//;

/** Relays requests to an API server as the client of a connection by certificate, whoever makes them. */
export const startApiRelay = async ({ server, caData, certData, keyData }: Connection): Promise<ApiRelay> => {
  const writes: RelayedWrite[] = [];
  let listener: (write: RelayedWrite) => unknown = () => undefined;
  const agent = new Agent({ keepAlive: true, ca: caData, cert: certData, key: keyData });

  const answer = async (incoming: IncomingMessage, from: IncomingMessage, to: ServerResponse) => {
    const { method = '', url: path = '' } = incoming;
    const { statusCode = 0 } = from;
    if (method !== 'GET' && statusCode < 300 && !isAside.test(path)) {
      const write = { count: writes.length + 1, method, path };
      writes.push(write);
      await listener(write);
    }
    to.writeHead(statusCode, from.headers);
    to.flushHeaders();
    from.pipe(to);
    from.on('error', () => to.destroy());
  };

  const relay = createHttpServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const forwarded = httpsRequest(new URL(path ?? '/', server), { method, headers, agent });
    forwarded.on('response', (from) => void answer(incoming, from, outgoing));
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('error', () => forwarded.destroy());
    outgoing.once('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  // No connection ends by itself: whoever takes one up at that moment would fail for the relay's sake.
  relay.keepAliveTimeout = 0;
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    writes,
    onWrite: (next) => void (listener = next),
    close: async () => {
      const closed = once(relay, 'close');
      relay.close();
      relay.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
};
