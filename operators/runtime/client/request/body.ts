import type { Readable } from 'node:stream';
import { deadlineAfter } from '../transport/deadline.ts';
import { closedEarly, isCutOff, timedOut } from '../transport/exchange.ts';

/** Reads a body whole; it fails when no byte comes for the time given (milliseconds), or when it ends too soon. */
export const readText = (body: Readable, timeoutMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let failure: unknown;
    const deadline = deadlineAfter(timeoutMs, () => {
      failure = timedOut(timeoutMs);
      body.destroy();
    });
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      deadline.refresh();
    });
    body.once('error', (error) => {
      failure ??= error;
    });
    body.once('end', () => {
      if (isCutOff(body)) return;
      deadline.cancel();
      const only = chunks[0];
      resolve(only && chunks.length === 1 ? only.toString() : Buffer.concat(chunks).toString());
    });
    body.once('close', () => {
      deadline.cancel();
      reject(failure ?? closedEarly());
    });
  });

const newline = 0x0a;

/**
 * Yields each line of a body as text; lines are decoded whole, so that a character may span chunks. It rejects when the
 * body does not end where a line does.
 */
export const linesOf = async function* (body: Readable): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const last = chunk.subarray(start, end);
      const line = parts.length === 0 ? last.toString() : Buffer.concat([...parts, last]).toString();
      parts = [];
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0 || isCutOff(body)) throw closedEarly();
};
