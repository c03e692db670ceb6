/** HTTP proxies that tunnel with CONNECT, with or without TLS and a password, and a SOCKS 5 proxy. */
import { once } from 'node:events';
import { type IncomingMessage, createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { testAuthority } from './server.ts';

export interface ProxyServer {
  readonly port: number;
  /** `host:port` of each tunnel that was opened. */
  readonly tunnels: string[];
  close(): Promise<void>;
}

const join = (near: Socket, far: Socket) => {
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
  // A socket that is destroyed does not end what it is piped into.
  near.once('close', () => far.destroy());
};

const finish = async (server: Server, tunnels: string[]): Promise<ProxyServer> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

/** @param credentials `user:password` that the proxy wants */
export const startProxy = async (
  options: { tls?: boolean; credentials?: string } = {},
): Promise<ProxyServer> => {
  const tunnels: string[] = [];
  const { certificate, privateKey } = await (
    await testAuthority()
  ).issue({ commonName: 'proxy', dnsNames: ['localhost'], addresses: ['127.0.0.1'] });
  const server = options.tls ? createHttpsServer({ key: privateKey, cert: certificate }) : createHttpServer();
  const wanted = options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`;
  server.on('connect', (request: IncomingMessage, near: Socket) => {
    if (wanted && request.headers['proxy-authorization'] !== wanted) {
      near.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    tunnels.push(request.url ?? '');
    const port = Number(request.url?.split(':').at(-1));
    const far = connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(near, far);
    });
    far.once('error', () => near.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  return finish(server, tunnels);
};

const read = async (socket: Socket, length: number): Promise<Buffer> => {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes) return bytes;
    await once(socket, 'readable');
  }
};

export const startSocksProxy = async (credentials?: string): Promise<ProxyServer> => {
  const tunnels: string[] = [];
  const serve = async (near: Socket) => {
    const [, count = 0] = await read(near, 2);
    const methods = await read(near, count);
    const method = credentials === undefined ? 0 : methods.includes(2) ? 2 : 255;
    near.write(Buffer.from([5, method]));
    if (method === 2) {
      const [, userLength = 0] = await read(near, 2);
      const user = (await read(near, userLength)).toString();
      const password = (await read(near, (await read(near, 1))[0] ?? 0)).toString();
      near.write(Buffer.from([1, `${user}:${password}` === credentials ? 0 : 1]));
    }
    await read(near, 4);
    const host = (await read(near, (await read(near, 1))[0] ?? 0)).toString();
    const port = (await read(near, 2)).readUInt16BE();
    tunnels.push(`${host}:${port}`);
    const far = connect(port, '127.0.0.1', () => {
      near.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      join(near, far);
    });
  };
  return finish(
    createServer((near) => {
      near.on('error', () => {});
      serve(near).catch(() => near.destroy());
    }),
    tunnels,
  );
};
