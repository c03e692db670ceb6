import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createDeframer, frame } from './framing.ts';
import { GrpcError, code, encodeMessage } from './status.ts';

/** The certificate by which a client proved who it is; it was checked when the connection was made. */
export interface ClientCertificate {
  /** DER. */
  raw: Buffer;
  notAfter: Date;
}

/** What a handler knows of a call. */
export interface Call {
  path: string;
  headers: IncomingHttpHeaders;
  /** Undefined where the client gave none. */
  certificate: ClientCertificate | undefined;
  /** Aborts when the client leaves, its deadline passes or the server ends. */
  signal: AbortSignal;
}

/** How a handler answers with many messages. */
export interface Answers {
  /** Sends the headers ahead of the first message. */
  begin(headers: Record<string, string>): void;
  /** Resolves when there is room for another one. */
  send(message: Uint8Array): Promise<void>;
}

/** Answers a request of one message with one message. Rejects with a GrpcError to end it with another status. */
export type UnaryHandler = (request: Buffer, call: Call) => Promise<Uint8Array>;
/** Answers a request of one message with many, until it resolves. */
export type StreamHandler = (request: Buffer, call: Call, answers: Answers) => Promise<void>;

const contentType = 'application/grpc';

const units: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** Longer than any call is waited for, and short enough for a timer. */
const longestMs = 2 ** 31 - 1;

/** The milliseconds of `grpc-timeout`; undefined where a client sets no deadline. */
export const timeoutMs = (header: string | undefined): number | undefined => {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(header ?? '') ?? [];
  return digits === undefined ? undefined : Math.min(Math.ceil(Number(digits) * units[unit!]!), longestMs);
};

/** The one message of a request, of `most` bytes at most. */
export const readRequest = async (stream: ServerHttp2Stream, most: number): Promise<Buffer> => {
  const deframe = createDeframer(most);
  const messages: Buffer[] = [];
  // Where the request is refused, the stream is still needed for the answer.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    messages.push(...deframe(chunk));
    if (messages.length > 1) throw new GrpcError(code.unimplemented, 'a request has one message here');
  }
  const [message] = messages;
  if (!message) throw new GrpcError(code.invalidArgument, 'the request has no message');
  return message;
};

const statusOf = (error: unknown): { 'grpc-status': string; 'grpc-message': string } => {
  const { code: status, message } =
    error instanceof GrpcError ? error : { code: code.internal, message: (error as Error).message };
  return { 'grpc-status': String(status), 'grpc-message': encodeMessage(message) };
};

/** The answer to one call: headers, messages, and how it ended in the trailers. */
export const createAnswer = (stream: ServerHttp2Stream, onSent: (bytes: number) => void) => {
  let trailers: Record<string, string> = { 'grpc-status': String(code.ok) };
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  const begin = (headers: Record<string, string> = {}) => {
    if (stream.headersSent || stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': contentType, ...headers }, { waitForTrailers: true });
  };
  return {
    begin,
    async send(message: Uint8Array): Promise<void> {
      begin();
      if (stream.destroyed || stream.writableEnded) return;
      const bytes = frame(message);
      onSent(bytes.length);
      if (stream.write(bytes)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      stream.once('drain', resolve).once('close', resolve);
      await promise;
      stream.off('drain', resolve).off('close', resolve);
    },
    end(): void {
      begin();
      if (!stream.destroyed) stream.end();
    },
    fail(error: unknown): void {
      if (stream.destroyed) return;
      trailers = statusOf(error);
      if (stream.headersSent) return void stream.end();
      stream.respond({ ':status': 200, 'content-type': contentType, ...trailers }, { endStream: true });
      // What the client still sends is not read: it may be endless.
      stream.close();
    },
  };
};
