import { createServer } from 'node:net';
import type { Server } from 'node:net';

/**
 * Below what Linux hands out by itself (net.ipv4.ip_local_port_range begins at 32768): a port from there is taken at any
 * moment by an outgoing connection or by whoever listens on port 0, also in the seconds before the process that was told
 * to use it listens.
 */
const [first, end] = [10_000, 32_000];
const blockSize = 40;

/** Listens on a loopback port; undefined when it is taken. */
const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

interface Block {
  base: number;
  /** Ports handed out so far, around and around; the first port of a block is the claim on it. */
  used: number;
}

/** A block of ports that nobody else hands out from: its first port is ours for as long as this process lives. */
const claimBlock = async (): Promise<Block> => {
  const blocks = (end - first) / blockSize;
  const start = Math.floor(Math.random() * blocks);
  for (let step = 0; step < blocks; step += 1) {
    const base = first + ((start + step) % blocks) * blockSize;
    const claim = await listen(base);
    if (!claim) continue;
    claim.unref();
    return { base, used: 0 };
  }
  throw new Error(`no block of free ports between ${first} and ${end}; end processes that listen there`);
};

let block: Promise<Block> | undefined;

/**
 * Loopback ports that are free, all different, for processes that are told their port. No other caller on this machine
 * gets them; one that a foreign program listens on is passed over.
 * @throws Error when so many are taken that there are not enough
 */
export const freePorts = async (count: number): Promise<number[]> => {
  block ??= claimBlock();
  const own = await block;
  const ports: number[] = [];
  for (let tries = 1; ports.length < count; tries += 1) {
    if (tries >= blockSize) throw new Error(`no ${count} free ports in the ${blockSize} from ${own.base}`);
    own.used = (own.used % (blockSize - 1)) + 1;
    const port = own.base + own.used;
    const server = await listen(port);
    if (!server) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.push(port);
  }
  return ports;
};

/** One of {@link freePorts}. */
export const freePort = async (): Promise<number> => {
  const [port] = await freePorts(1);
  return port!;
};
