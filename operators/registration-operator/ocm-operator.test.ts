import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import OperatorModule from '@dot-i/k8s-operator';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { connect } from '../runtime/client/connect.ts';
import type { Process } from '../runtime/process/command.ts';
import { createLogger } from '../runtime/process/logger.ts';
import { createMetrics } from '../runtime/process/metrics.ts';
import { OcmOperator } from './ocm-operator.ts';

const base = ('default' in OperatorModule ? OperatorModule.default : OperatorModule) as unknown as {
  prototype: object;
};

interface Answer {
  status?: number;
  body: unknown;
}

let requests: string[];
/** Without the lists and watches, which come when they come. */
const writes = () => requests.filter((request) => !request.startsWith('GET'));
let answer: (method: string, url: string, body: string) => Answer;
let server: ReturnType<typeof createServer>;
let process_: Process;
let stop: AbortController;
const exit = jest.spyOn(process, 'exit').mockImplementation((() => undefined) as never);

const read = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

beforeEach(async () => {
  requests = [];
  exit.mockClear();
  server = createServer((request, response) => {
    void read(request).then((body) => {
      requests.push(`${request.method} ${request.url} ${body}`.trim());
      const { status = 200, body: content } = answer(request.method ?? '', request.url ?? '', body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const log = createLogger({ stream: new PassThrough().resume() });
  stop = new AbortController();
  const connection = { server: `http://127.0.0.1:${port}` };
  process_ = {
    log,
    metrics: createMetrics(),
    signal: stop.signal,
    namespace: 'ns',
    client: connect(connection, { userAgent: 'test' }),
    connection,
    addHealthCheck: () => undefined,
    addReadyCheck: () => undefined,
    exit: () => undefined,
  };
});
afterEach(async () => {
  stop.abort();
  await process_.client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const widget = (resourceVersion: string, extra: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', resourceVersion, uid: 'u', ...extra },
});
const discovery: Record<string, unknown> = {
  '/api': { versions: [] },
  '/apis': {
    groups: [
      {
        name: 'example.com',
        versions: [{ groupVersion: 'example.com/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'example.com/v1', version: 'v1' },
      },
    ],
  },
  '/apis/example.com/v1': {
    groupVersion: 'example.com/v1',
    resources: [
      {
        name: 'widgets',
        singularName: 'widget',
        kind: 'Widget',
        namespaced: false,
        verbs: ['list', 'watch'],
      },
    ],
  },
};

/** An operator that shows what is protected. */
class Probe extends OcmOperator {
  readonly seen: ResourceEvent[] = [];
  fail = 0;

  protected override async init(): Promise<void> {
    await this.watchResource('example.com', 'v1', 'widgets', async (event) => {
      if (this.fail-- > 0) throw new Error('not yet');
      this.seen.push(event);
    });
  }

  get meta(): ResourceMeta {
    return (this.seen[0] as ResourceEvent).meta;
  }
  finalize = (event: ResourceEvent, action: () => Promise<void>) =>
    this.handleResourceFinalizer(event, 'f', action);
  put = (status: unknown) => this.setResourceStatus(this.meta, status);
  merge = (status: unknown) => this.patchResourceStatus(this.meta, status);
  uri = () => this.getCustomResourceApiUri('example.com', 'v1', 'widgets', 'a/b');
  authenticate = () =>
    Promise.allSettled([this.applyAxiosKubeConfigAuth(), this.applyGaxiosKubeConfigAuth()]);
}

const until = async (what: () => boolean): Promise<void> => {
  for (const end = Date.now() + 100_000; !what();) {
    if (Date.now() > end) throw new Error(`it did not happen; ${requests.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const served =
  (items: unknown[]) =>
  (method: string, url: string): Answer => {
    const path = url.split('?')[0] ?? '';
    if (discovery[path]) return { body: discovery[path] };
    if (path === '/apis/example.com/v1/widgets')
      return url.includes('watch=true')
        ? { status: 500, body: { kind: 'Status', code: 500, message: 'broken watch' } }
        : { body: { metadata: { resourceVersion: '5' }, items } };
    return method === 'GET' ? { status: 404, body: {} } : { body: widget('6') };
  };

const started = async (
  items: unknown[] = [widget('4')],
  fail = 0,
): Promise<{ probe: Probe; end: () => Promise<void> }> => {
  answer = served(items);
  const probe = new Probe(process_);
  probe.fail = fail;
  const running = probe.start();
  await until(() => probe.seen.length > 0);
  return {
    probe,
    end: async () => {
      probe.stop();
      await running;
    },
  };
};

test('it is an Operator, and every method of that class is overridden but `errorToJson` and `init`', () => {
  expect(OcmOperator.prototype).toBeInstanceOf(Object);
  expect(Object.create(OcmOperator.prototype)).toBeInstanceOf(base as never);
  const inherited = Object.getOwnPropertyNames(base.prototype).filter(
    (name) => !Object.hasOwn(OcmOperator.prototype, name),
  );
  // Both are private to the package and reached from methods that are overridden only.
  expect(inherited).toEqual(['resourceStatusRequest', 'errorToJson']);
});

test('it makes no client of the package, reads no kubeconfig and has no queue of its own', async () => {
  const { probe, end } = await started();
  expect(Object.keys(probe)).not.toEqual(expect.arrayContaining(['kubeConfig']));
  expect(probe).not.toHaveProperty('k8sApi');
  expect(probe).not.toHaveProperty('eventQueue');
  await end();
});

test('a watch that breaks is taken up again; stop ends all without an exit', async () => {
  const { probe, end } = await started();
  await until(() => requests.filter((request) => request.includes('watch=true')).length > 1);
  expect(probe.seen[0]).toMatchObject({
    type: 'ADDED',
    meta: { id: 'widgets.example.com/v1', name: 'one', resourceVersion: '4' },
  });
  await end();
  expect(exit).not.toHaveBeenCalled();
});

test('a handler that fails gets the event again', async () => {
  const { probe, end } = await started(undefined, 2);
  expect(probe.seen).toHaveLength(1);
  await end();
});

test('status is written with the version that was seen; a failure is the caller’s, not only logged', async () => {
  const { probe, end } = await started();
  expect(await probe.put({ a: 1 })).toMatchObject({ resourceVersion: '6' });
  expect(await probe.merge({ b: 2 })).toMatchObject({ resourceVersion: '6' });
  const [first, second] = writes();
  expect(first).toMatch(/^PUT \/apis\/example.com\/v1\/widgets\/one\/status\S* .*"resourceVersion":"4"/);
  expect(second).toMatch(/^PATCH \/apis\/example.com\/v1\/widgets\/one\/status\S* .*"resourceVersion":"4"/);
  answer = () => ({
    status: 409,
    body: { kind: 'Status', code: 409, reason: 'Conflict', message: 'changed' },
  });
  await expect(probe.put({})).rejects.toThrow('changed');
  answer = () => ({ status: 404, body: { kind: 'Status', code: 404, reason: 'NotFound', message: 'gone' } });
  expect(await probe.merge({})).toBeNull();
  await end();
});

test('finalizers: added, then the action and their removal, with the version that was seen', async () => {
  const { probe, end } = await started();
  const event = (extra: object) =>
    ({ type: 'MODIFIED', meta: probe.meta, object: widget('4', extra) }) as unknown as ResourceEvent;
  const action = jest.fn(async () => undefined);
  expect(await probe.finalize(event({ finalizers: ['other'] }), action)).toBe(true);
  expect(writes().at(-1)).toContain('{"metadata":{"resourceVersion":"4","finalizers":["other","f"]}}');
  expect(await probe.finalize(event({ finalizers: ['f'] }), action)).toBe(false);
  expect(action).not.toHaveBeenCalled();
  expect(await probe.finalize(event({ finalizers: ['other', 'f'], deletionTimestamp: 'now' }), action)).toBe(
    true,
  );
  expect(action).toHaveBeenCalledTimes(1);
  expect(writes().at(-1)).toContain('{"metadata":{"resourceVersion":"4","finalizers":["other"]}}');
  await end();
});

test('paths are encoded, and nothing is authenticated for clients of others', async () => {
  const { probe, end } = await started();
  expect(probe.uri()).toBe(`${process_.client.server}/apis/example.com/v1/namespaces/a%2Fb/widgets`);
  expect((await probe.authenticate()).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await end();
});
