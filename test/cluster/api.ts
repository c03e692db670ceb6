import { request } from 'node:https';
import type { KeyPair } from './certificates.ts';

/** Who to ask, and as whom. */
export interface Access {
  /** https://HOST:PORT */
  server: string;
  caPem: string;
  client: KeyPair;
}

/**
 * One request to an API server with a client certificate; the library's own look at a cluster that it starts. Returns
 * the status and the body; throws when there is no answer within the timeout (milliseconds).
 */
export const get = (
  access: Access,
  path: string,
  timeout = 30_000,
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, access.server),
      {
        ca: access.caPem,
        cert: access.client.certificate,
        key: access.client.privateKey,
        agent: false,
        signal: AbortSignal.timeout(timeout),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });

/** Whether an object exists or a health check passes. */
export const answers = async (access: Access, path: string): Promise<boolean> =>
  (await get(access, path)).status === 200;
