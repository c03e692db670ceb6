import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks at a lock that another process holds. */
const retryInterval = 200;

/**
 * Takes the lock, or says that somebody has it. The lock is a name in Linux's abstract socket namespace: one process
 * can listen on it, it leaves no file, and the kernel frees it however its holder ends.
 */
const acquire = (name: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(`\0open-cluster-management/${name}`, () => resolve(server));
  });

/**
 * Runs a step while holding the lock of this name, so that of several processes on this machine one does the work and
 * the others wait for it. The name has at most 80 characters.
 */
export const withLock = async <Result>(name: string, step: () => Promise<Result>): Promise<Result> => {
  let lock = await acquire(name);
  while (lock === undefined) {
    await delay(retryInterval);
    lock = await acquire(name);
  }
  try {
    return await step();
  } finally {
    lock.close();
  }
};
