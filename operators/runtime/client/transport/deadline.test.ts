import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { type Deadline, deadlineAfter } from './deadline.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A peer with a thread of its own, which says when its answer lies in the socket. */
const startPeer = async (): Promise<{ socket: Socket; hasAnswered: Int32Array }> => {
  const hasAnswered = new Int32Array(new SharedArrayBuffer(4));
  const peer = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const server = require('node:net').createServer((socket) => {
       socket.on('error', () => {});
       socket.on('data', () => socket.write('answer', () => {
         Atomics.store(workerData, 0, 1);
         Atomics.notify(workerData, 0);
       }));
     });
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: hasAnswered },
  );
  cleanups.push(() => peer.terminate());
  const [port] = (await once(peer, 'message')) as [number];
  const socket = connect(port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return { socket, hasAnswered };
};

test('a process that could not run for longer than the limit finds the answer that came meanwhile', async () => {
  const { socket, hasAnswered } = await startPeer();
  const outcome = new Promise<string>((resolve) => {
    let deadline: Deadline | undefined;
    socket.once('data', () => {
      deadline?.cancel();
      resolve('answered');
    });
    socket.write('question');
    deadline = deadlineAfter(20, () => resolve('timed out'));
    const start = performance.now();
    Atomics.wait(hasAnswered, 0, 0);
    while (performance.now() - start < 40);
  });
  expect(await outcome).toBe('answered');
});

test('it ends when nothing comes, later when it begins anew, and not once it is cancelled', async () => {
  const ended: string[] = [];
  const until = new Promise<void>((resolve) => {
    const renewed = deadlineAfter(20, () => {
      ended.push('renewed');
      resolve();
    });
    const cancelled = deadlineAfter(10, () => ended.push('cancelled'));
    deadlineAfter(5, () => {
      ended.push('first');
      renewed.refresh();
      cancelled.cancel();
    });
    cancelled.cancel();
  });
  await until;
  expect(ended).toEqual(['first', 'renewed']);
});
