import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { LogFields, Logger } from '../process/logger.ts';
import { createMetrics } from '../process/metrics.ts';
import { selfSignedCertificate } from '../process/serving/self-signed.ts';
import { tlsProfile } from '../process/serving/tls.ts';
import { admissionRoute } from './server.ts';
import { type WebhookServer, startWebhookServer } from './webhook-server.ts';

const errors: (LogFields | undefined)[] = [];
const log: Logger = {
  info() {},
  warn() {},
  error: (_message, fields) => void errors.push(fields),
  debug() {},
  with: () => log,
};

const certDir = mkdtempSync(join(tmpdir(), 'webhook-'));
const stop = new AbortController();
const metrics = createMetrics();
let server: WebhookServer;

const writeCertificate = (name: string) => {
  const { cert, key } = selfSignedCertificate([name]);
  writeFileSync(join(certDir, 'tls.crt'), cert);
  writeFileSync(join(certDir, 'tls.key'), key);
};

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
};

beforeAll(async () => {
  server = startWebhookServer({
    log,
    metrics,
    port: 0,
    certDir,
    tls: tlsProfile('', []),
    routes: {
      '/allow': admissionRoute(() => Promise.resolve({ allowed: true }), '/allow', log),
      '/fail': admissionRoute(() => Promise.reject(new Error('the API server is away')), '/fail', log),
      '/never': admissionRoute(() => new Promise(() => {}), '/never', log),
      '/convert': (review) => Promise.resolve({ converted: review }),
    },
    signal: stop.signal,
  });
  expect(server.ready).toBe(false);
  writeCertificate('first.example');
  await until(() => server.ready);
});

afterAll(async () => {
  stop.abort();
  await server.done;
  expect(server.ready).toBe(false);
  rmSync(certDir, { recursive: true });
});

const agent = new Agent({ rejectUnauthorized: false });

const send = (path: string, body: string, headers: Record<string, string> = {}, method = 'POST') =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method,
        agent,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

const review = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u',
    operation: 'CREATE',
    resource: { group: '', version: 'v1', resource: 'pods' },
    userInfo: {},
  },
});

describe('webhook server', () => {
  test('a review is answered', async () => {
    const { status, text } = await send('/allow', review);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ response: { uid: 'u', allowed: true } });
  });

  test.each<[string, string, string, Record<string, string>, number, RegExp]>([
    ['an unknown path', '/nope', review, {}, 404, /nothing is served at \/nope/],
    ['a path of Object', '/constructor', review, {}, 404, /nothing is served/],
    ['no JSON', '/allow', '{', {}, 400, /no JSON/],
    ['no body', '/allow', '', {}, 400, /body is empty/],
    ['no review', '/allow', '{}', {}, 400, /expected an AdmissionReview/],
    [
      'another content type',
      '/allow',
      review,
      { 'content-type': 'text/plain' },
      400,
      /contentType=text\/plain, expected application\/json/,
    ],
  ])('%s is refused with a message', async (_name, path, body, headers, status, message) => {
    const answer = await send(path, body, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(message);
  });

  test('GET is refused', async () => {
    expect((await send('/allow', '', {}, 'GET')).status).toBe(405);
  });

  test('a body beyond the limit is refused, whether announced or not', async () => {
    const large = 'x'.repeat(8 * 1024 * 1024);
    const refused = (answer: Promise<{ status: number }>) =>
      // The server closes while the client still sends: either the answer or the reset arrives.
      answer.then(
        ({ status }) => status === 413,
        (error: NodeJS.ErrnoException) => error.code === 'EPIPE' || error.code === 'ECONNRESET',
      );
    expect(await refused(send('/allow', large))).toBe(true);
    expect(await refused(send('/allow', large, { 'transfer-encoding': 'chunked' }))).toBe(true);
    expect((await send('/allow', review)).status).toBe(200);
  });

  test('a handler that fails refuses with code 500, and the error is logged', async () => {
    errors.length = 0;
    const { status, text } = await send('/fail', review);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      response: { allowed: false, status: { code: 500, message: 'the API server is away' } },
    });
    expect(errors).toEqual([
      expect.objectContaining({ path: '/fail', error: new Error('the API server is away') }),
    ]);
  });

  test('a handler that is not done when the API server stops waiting refuses', async () => {
    const { text } = await send('/never?timeout=50ms', review);
    expect(JSON.parse(text)).toMatchObject({
      response: { allowed: false, status: { code: 500, message: 'the request was not decided in time' } },
    });
  });

  test('other reviews have routes of their own', async () => {
    expect(JSON.parse((await send('/convert', '{"a":1}')).text)).toEqual({ converted: { a: 1 } });
  });

  test('requests are counted under the names of controller-runtime', async () => {
    await send('/allow', review);
    const text = metrics.expose();
    expect(text).toMatch(
      /^controller_runtime_webhook_requests_total\{code="200",webhook="\/allow"\} [1-9]\d*$/m,
    );
    expect(text).toMatch(/^controller_runtime_webhook_requests_in_flight\{webhook="\/allow"\} 0$/m);
    expect(text).not.toContain('/nope');
  });

  test('a changed certificate is served without a restart', async () => {
    const subject = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().subjectaltname ?? '');
          socket.end();
        });
        socket.on('error', reject);
      });
    expect(await subject()).toBe('DNS:first.example');
    writeCertificate('second.example');
    await until(async () => (await subject()) === 'DNS:second.example');
  });
});
