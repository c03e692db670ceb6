import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority, type KeyPair } from '../../../test/cluster/certificates.ts';
import { createLogger } from '../process/logger.ts';
import { type GrpcClient, createGrpcClient } from './client.ts';
import { createDeframer, frame } from './framing.ts';
import { type GrpcServer, type GrpcServerOptions, type Method, startGrpcServer } from './server.ts';
import { GrpcError, code, decodeMessage, encodeMessage } from './status.ts';
import { timeoutMs } from './call.ts';

const names = { dnsNames: ['localhost'], addresses: ['127.0.0.1'] };
let authority: Awaited<ReturnType<typeof createAuthority>>;
let stranger: Awaited<ReturnType<typeof createAuthority>>;
let serving: KeyPair;
let known: KeyPair;
let unknown: KeyPair;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority('ours'), createAuthority('theirs')]);
  [serving, known, unknown] = await Promise.all([
    authority.issue({ commonName: 'server', ...names }),
    authority.issue({ commonName: 'known' }),
    stranger.issue({ commonName: 'unknown' }),
  ]);
});

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const methods: [string, Method][] = [
  ['/s/Echo', { unary: async (request) => request }],
  ['/s/Who', { unary: async (_, { certificate }) => Buffer.from(certificate ? 'somebody' : 'nobody') }],
  [
    '/s/Refuse',
    {
      unary: async () => {
        throw new GrpcError(code.failedPrecondition, 'nein – 100 %\n');
      },
    },
  ],
  [
    '/s/Count',
    {
      stream: async (request, { signal }, answers) => {
        answers.begin({ 'subscription-id': 'abc' });
        for (let at = 0; at < Number(request) && !signal.aborted; at++)
          await answers.send(Buffer.from(String(at)));
      },
    },
  ],
  [
    '/s/Forever',
    {
      stream: async (_, { signal }, answers) => {
        await answers.send(Buffer.from('first'));
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    },
  ],
];

const start = async (own: Partial<GrpcServerOptions> = {}) => {
  const ended = new AbortController();
  const counts = { connections: 0, received: 0, sent: 0 };
  const server = await startGrpcServer({
    log: createLogger({ stream: new PassThrough().resume() }),
    port: 0,
    secrets: { cert: serving.certificate, key: serving.privateKey, clientCa: authority.certificate },
    tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: 'DEFAULT' },
    methods: new Map(methods),
    limits: {
      maxReceiveBytes: 1000,
      maxConcurrentStreams: 100,
      handshakeMs: 10_000,
      maxConnectionAgeMs: undefined,
      pingIntervalMs: 30_000,
      pingTimeoutMs: 10_000,
    },
    metrics: {
      connections: (change) => void (counts.connections += change),
      received: (bytes) => void (counts.received += bytes),
      sent: (bytes) => void (counts.sent += bytes),
    },
    signal: ended.signal,
    ...own,
  });
  ends.push(async () => {
    ended.abort();
    await server.done;
  });
  return { server, counts, end: () => ended.abort() };
};

const clientOf = ({ port }: GrpcServer, pair?: KeyPair, ca = authority.certificate): GrpcClient => {
  const client = createGrpcClient({
    target: `127.0.0.1:${port}`,
    secrets: async () => ({ ca, cert: pair?.certificate, key: pair?.privateKey }),
    env: {},
  });
  ends.push(() => client.close());
  return client;
};

const statusOf = (call: Promise<unknown>): Promise<[number, string] | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof GrpcError)) throw error;
      return [error.code, error.message];
    },
  );

describe('gRPC', () => {
  test('one message is answered with one, many calls over one connection', async () => {
    const { server, counts } = await start();
    const client = clientOf(server);
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((text) => client.unary('/s/Echo', Buffer.from(text))),
    );
    expect(answers.map(String)).toEqual(['a', 'b', 'c']);
    expect(await client.unary('/s/Echo', Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(counts).toEqual({ connections: 1, received: 3, sent: 4 * 5 + 3 });
  });

  test('many messages follow the headers', async () => {
    const { server } = await start();
    let id: unknown;
    const seen: string[] = [];
    const onHeaders = (headers: Record<string, unknown>) => (id = headers['subscription-id']);
    for await (const each of clientOf(server).stream('/s/Count', Buffer.from('2000'), { onHeaders }))
      seen.push(String(each));
    expect(seen).toEqual(Array.from({ length: 2000 }, (_, at) => String(at)));
    expect(id).toBe('abc');
  });

  test('a failure comes with its code and its message', async () => {
    const { server } = await start();
    const client = clientOf(server);
    expect(await statusOf(client.unary('/s/Refuse', Buffer.alloc(1)))).toEqual([
      code.failedPrecondition,
      'nein – 100 %\n',
    ]);
    expect(await statusOf(client.unary('/s/None', Buffer.alloc(1)))).toEqual([
      code.unimplemented,
      'there is no method /s/None',
    ]);
    expect((await statusOf(client.unary('/s/Echo', Buffer.alloc(1001))))?.[0]).toBe(code.resourceExhausted);
    expect(String(await client.unary('/s/Echo', Buffer.from('on')))).toBe('on');
  });

  test('a certificate is looked at if one is given', async () => {
    const { server } = await start();
    expect(String(await clientOf(server, known).unary('/s/Who', Buffer.alloc(1)))).toBe('somebody');
    expect(String(await clientOf(server).unary('/s/Who', Buffer.alloc(1)))).toBe('nobody');
    expect((await statusOf(clientOf(server, unknown).unary('/s/Who', Buffer.alloc(1))))?.[0]).toBe(
      code.unavailable,
    );
  });

  test('a server with a certificate of somebody else is not spoken to', async () => {
    const { server } = await start();
    const client = clientOf(server, undefined, stranger.certificate);
    expect((await statusOf(client.unary('/s/Echo', Buffer.alloc(1))))?.[0]).toBe(code.unavailable);
  });

  test('an older TLS than the least is refused', async () => {
    const { server } = await start({
      tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'DEFAULT' },
    });
    const socket = connectTls({ port: server.port, maxVersion: 'TLSv1.2', rejectUnauthorized: false });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/alert|protocol version/);
    expect(String(await clientOf(server).unary('/s/Echo', Buffer.from('new')))).toBe('new');
  });

  test('an exchanged certificate serves the next connection', async () => {
    const { server } = await start();
    const before = clientOf(server);
    await before.unary('/s/Echo', Buffer.alloc(1));
    const next = await stranger.issue({ commonName: 'server', ...names });
    server.exchange({ cert: next.certificate, key: next.privateKey, clientCa: authority.certificate });
    expect(String(await before.unary('/s/Echo', Buffer.from('old')))).toBe('old');
    const after = clientOf(server, known, stranger.certificate);
    expect(String(await after.unary('/s/Who', Buffer.alloc(1)))).toBe('somebody');
    const pair = { cert: known.certificate, key: next.privateKey, clientCa: undefined };
    expect(() => server.exchange(pair)).toThrow();
  });

  test('a call ends with its signal, its deadline or the server, and the next one connects anew', async () => {
    const { server, end } = await start();
    const client = clientOf(server);
    const left = new AbortController();
    const stream = client.stream('/s/Forever', Buffer.alloc(1), { signal: left.signal });
    expect(String((await stream.next()).value)).toBe('first');
    const rest = stream.next();
    left.abort(new Error('enough'));
    await expect(rest).rejects.toThrow('enough');

    const late = async () => {
      for await (const _ of client.stream('/s/Forever', Buffer.alloc(1), { timeoutMs: 200 }));
    };
    expect((await statusOf(late()))?.[0]).toBe(code.deadlineExceeded);

    client.close();
    expect(String(await client.unary('/s/Echo', Buffer.from('anew')))).toBe('anew');

    const last = client.stream('/s/Forever', Buffer.alloc(1));
    await last.next();
    end();
    expect(await last.next()).toEqual({ done: true, value: undefined });
    await server.done;
    expect((await statusOf(client.unary('/s/Echo', Buffer.alloc(1))))?.[0]).toBe(code.unavailable);
  });

  test('what is no gRPC is refused, and the server lives', async () => {
    const { server } = await start();
    const session = connectHttp2(`https://127.0.0.1:${server.port}`, { ca: authority.certificate });
    ends.push(() => session.destroy());
    const statusFor = async (headers: Record<string, string>, body: Buffer) => {
      const stream = session.request({ ':path': '/s/Echo', ...headers });
      stream.on('error', () => {}); // the rest of the body is not wanted
      if (headers[':method'] === 'POST') stream.end(body);
      const [answer] = (await once(stream, 'response')) as [Record<string, string>];
      stream.destroy();
      return Number(answer['grpc-status']);
    };
    const post = { ':method': 'POST', 'content-type': 'application/grpc' };
    expect(await statusFor({ ':method': 'GET' }, Buffer.alloc(0))).toBe(code.unimplemented);
    expect(await statusFor({ ...post, 'content-type': 'text/plain' }, Buffer.alloc(0))).toBe(
      code.unimplemented,
    );
    expect(await statusFor(post, Buffer.alloc(0))).toBe(code.invalidArgument);
    expect(await statusFor(post, Buffer.from('0100000001aa', 'hex'))).toBe(code.unimplemented);
    expect(await statusFor(post, Buffer.from('00ffffffff', 'hex'))).toBe(code.resourceExhausted);
    expect(await statusFor(post, Buffer.concat([frame(Buffer.from('a')), frame(Buffer.from('b'))]))).toBe(
      code.unimplemented,
    );
    expect(String(await clientOf(server).unary('/s/Echo', Buffer.from('on')))).toBe('on');
  });
});

describe('parts of gRPC', () => {
  test.each(['', 'plain', 'a % b', 'Zeile\nzwei', 'ü – ✓'])('the message %j comes as it went', (message) => {
    expect(encodeMessage(message)).toMatch(/^[\x20-\x7e]*$/);
    expect(decodeMessage(encodeMessage(message))).toBe(message);
  });

  test('messages are put together from any pieces', () => {
    const bytes = Buffer.concat(['', 'a', 'bcd'].map((text) => frame(Buffer.from(text))));
    for (const size of [1, 2, 5, 7, 100]) {
      const deframe = createDeframer(10);
      const found: string[] = [];
      for (let at = 0; at < bytes.length; at += size)
        found.push(...deframe(bytes.subarray(at, at + size)).map(String));
      expect(found).toEqual(['', 'a', 'bcd']);
    }
  });

  test.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['soon', undefined],
    ['1H', 3_600_000],
    ['2S', 2000],
    ['30m', 30],
    ['1500u', 2],
    ['99999999H', 2 ** 31 - 1],
  ])('the deadline %j is %j ms', (header, expected) => {
    expect(timeoutMs(header)).toBe(expected);
  });
});
