import type { IncomingMessage } from 'node:http';

/** Ends a request with this status and message. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  /** Beside those that every answer has, lower-case. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The whole body as text.
 * @param limit in bytes
 * @throws HttpError 413 beyond the limit; what is left of the body is still to be read then
 */
export const readBody = async (request: IncomingMessage, limit: number): Promise<string> => {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit)
    throw new HttpError(413, `request body too large: ${announced} bytes exceeds maximum of ${limit} bytes`);
  const chunks: Buffer[] = [];
  let size = 0;
  // Whoever still sends is to hear why it is refused: the connection has to stay.
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of parts) {
    size += chunk.length;
    if (size > limit) throw new HttpError(413, `request body too large: exceeds maximum of ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
