import { once } from 'node:events';
import type { Socket } from 'node:net';
import { deadlineAfter } from './deadline.ts';
import { hostOf, portOf } from './proxy.ts';

type DialTcp = (url: URL, timeoutMs: number, what: string) => Promise<Socket>;

const version = 5;
const [noAuthentication, userPassword] = [0, 2];

const read = async (socket: Socket, length: number): Promise<Buffer> => {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null;
    if (bytes?.length === length) return bytes;
    if (bytes !== null || socket.readableEnded) throw new Error('the SOCKS proxy closed the connection');
    await once(socket, 'readable');
  }
};

const field = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};

const authenticate = async (socket: Socket, proxy: URL): Promise<void> => {
  const methods = proxy.username === '' ? [noAuthentication] : [noAuthentication, userPassword];
  socket.write(Buffer.from([version, methods.length, ...methods]));
  const method = (await read(socket, 2))[1];
  if (method === noAuthentication) return;
  if (method !== userPassword || proxy.username === '') {
    throw new Error(`the SOCKS proxy ${proxy.host} wants a user and password; put them in its URL`);
  }
  const [user, password] = [decodeURIComponent(proxy.username), decodeURIComponent(proxy.password)];
  socket.write(Buffer.concat([Buffer.from([1]), field(user), field(password)]));
  if ((await read(socket, 2))[1] !== 0) throw new Error(`the SOCKS proxy ${proxy.host} refused the user`);
};

/** Opens a tunnel through a SOCKS 5 proxy (RFC 1928), which resolves the server's name. */
export const dialSocks = async (
  proxy: URL,
  server: URL,
  timeoutMs: number,
  dialTcp: DialTcp,
): Promise<Socket> => {
  const socket = await dialTcp(proxy, timeoutMs, `the proxy ${proxy.host}`);
  const deadline = deadlineAfter(timeoutMs, () =>
    socket.destroy(new Error(`the proxy ${proxy.host} did not answer`)),
  );
  try {
    await authenticate(socket, proxy);
    const port = portOf(server);
    const address = Buffer.concat([
      Buffer.from([3]),
      field(hostOf(server)),
      Buffer.from([port >> 8, port & 255]),
    ]);
    socket.write(Buffer.concat([Buffer.from([version, 1, 0]), address]));
    const [, code = 1, , type] = await read(socket, 4);
    if (code !== 0) throw new Error(`the SOCKS proxy ${proxy.host} cannot reach the server (code ${code})`);
    const length = type === 1 ? 4 : type === 4 ? 16 : ((await read(socket, 1))[0] ?? 0);
    await read(socket, length + 2);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    deadline.cancel();
  }
};
