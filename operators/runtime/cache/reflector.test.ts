import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Call,
  type Reply,
  type ScriptedServer,
  startScriptedServer,
} from '../../../test/scripted/server.ts';
import type { Client } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import { configMaps } from '../client/kubernetes.ts';
import type { KubeObject } from '../client/object.ts';
import type { Logger } from '../process/logger.ts';
import { Backoff } from './backoff.ts';
import { Reflector } from './reflector.ts';
import { ObjectStore } from './store.ts';

const silent: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => silent };

interface LoggedEvent {
  type: string;
  object: object;
  version: number;
}

/** An API server with one collection: versions, a log of events that can be compacted, pages, a backup, and faults on request. */
class Model {
  readonly objects = new Map<string, KubeObject>();
  /** From which version each is to hear of events. */
  readonly #watchers = new Map<Reply, number>();
  #saved?: { objects: Map<string, KubeObject>; version: number };
  #isRestored = false;
  #log: LoggedEvent[] = [];
  #version = 1;
  #oldest = 0;
  #uids = 0;
  /** Answers to come that go wrong. */
  faults: string[] = [];

  put(name: string): void {
    const uid = this.objects.get(name)?.metadata.uid ?? `uid-${this.#uids++}`;
    const object = { metadata: { name, namespace: 'ns', uid, resourceVersion: String(++this.#version) } };
    this.#record(this.objects.has(name) ? 'MODIFIED' : 'ADDED', object);
    this.objects.set(name, object);
  }

  delete(name: string): void {
    const object = this.objects.get(name);
    if (!object) return;
    this.objects.delete(name);
    this.#record('DELETED', { metadata: { ...object.metadata, resourceVersion: String(++this.#version) } });
  }

  /** Forgets the events so far: a watch from before answers 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#log = [];
  }

  breakWatches(how: 'reset' | 'end'): void {
    for (const reply of this.#watchers.keys()) reply[how]();
    this.#watchers.clear();
  }

  /** Sends the last event once more, as no server should. */
  repeat(): void {
    const last = this.#log.at(-1);
    if (last) this.#send(last);
  }

  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.#version) } };
    this.#send({ type: 'BOOKMARK', object, version: this.#version });
  }

  /** Keeps what there is, once; more happens elsewhere until it is needed than afterwards. */
  backup(): void {
    if (this.#saved) return;
    this.#saved = { objects: new Map(this.objects), version: this.#version };
    this.#version += 1000;
  }

  /** Sets all back to the backup, versions included, once. It takes longer than a request: none is under way. */
  async restore(): Promise<void> {
    if (!this.#saved || this.#isRestored) return;
    this.#isRestored = true;
    while (this.#watchers.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    this.breakWatches('reset');
    this.objects.clear();
    for (const [name, object] of this.#saved.objects) this.objects.set(name, object);
    this.#version = this.#saved.version;
    this.compact();
  }

  readonly handle = (call: Call, reply: Reply): void => {
    const fault = this.faults.shift();
    if (fault === 'reset') return reply.reset();
    if (fault !== undefined) return reply.json({ kind: 'Status', code: Number(fault) }, Number(fault));
    if (call.query.has('watch')) this.#watch(Number(call.query.get('resourceVersion')), reply);
    else this.#list(call, reply);
  };

  #record(type: string, object: KubeObject): void {
    const event = { type, object, version: this.#version };
    this.#log.push(event);
    this.#send(event);
  }

  /** As API servers do, which keep silent towards who watches from a version that is yet to come. */
  #send({ type, object, version }: LoggedEvent): void {
    for (const [reply, from] of this.#watchers) if (version > from) reply.event(type, object);
  }

  #watch(from: number, reply: Reply): void {
    reply.start();
    if (from < this.#oldest) return reply.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    for (const { type, object, version } of this.#log) if (version > from) reply.event(type, object);
    this.#watchers.set(reply, from);
  }

  #list(call: Call, reply: Reply): void {
    const [version = this.#version, after = ''] = (call.query.get('continue') ?? '')
      .split('/')
      .filter((part) => part !== '');
    if (Number(version) < this.#oldest) return reply.json({ kind: 'Status', code: 410 }, 410);
    const limit = Number(call.query.get('limit') ?? Infinity);
    // A snapshot as of the first page would need history; names that come or go in between show up by the watch.
    const names = [...this.objects.keys()]
      .toSorted((a, b) => (a < b ? -1 : 1))
      .filter((name) => name > after);
    const page = names.slice(0, Math.min(limit, 2));
    const next = names.length > page.length ? `${version}/${page.at(-1)}` : undefined;
    const items = page.map((name) => this.objects.get(name));
    reply.json({ metadata: { resourceVersion: String(version), continue: next }, items });
  }
}

let server: ScriptedServer;
let client: Client;
beforeAll(async () => {
  server = await startScriptedServer();
  client = connect({ server: server.url, caData: server.caData }, { userAgent: 'test', env: {} });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

/** What is told is a lawful history of each object, and leads to what the store holds. */
const followed = () => {
  const known = new Map<string, KubeObject>();
  const waiting: (() => void)[] = [];
  const store = new ObjectStore<KubeObject>((change) => {
    const { name, uid } = change.object.metadata;
    const last = known.get(name);
    if (change.type === 'added') expect(last).toBeUndefined();
    else expect(last?.metadata.uid).toBe(uid);
    if (change.type === 'deleted') known.delete(name);
    else known.set(name, change.object);
    for (const look of waiting) look();
  });
  const until = (isReached: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => isReached() && resolve();
      waiting.push(look);
      look();
    });
  return { store, known, until };
};

const state = (objects: Iterable<KubeObject>) =>
  [...objects]
    .map(({ metadata: { name, uid, resourceVersion } }) => `${name} ${uid} ${resourceVersion}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join();

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant('put' as const),
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant('delete' as const),
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constantFrom(
          'reset' as const,
          'end' as const,
          'compact' as const,
          'bookmark' as const,
          'repeat' as const,
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('fault' as const),
        fault: fc.constantFrom('500', '410', '403', 'reset'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('pause' as const) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('backup' as const, 'restore' as const) }) },
  ),
  { maxLength: 40, size: 'max' },
);

test('faults R16: whatever fails on the way, the store ends up as the server is, by a lawful history', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (commands) => {
      const model = new Model();
      server.handler = model.handle;
      const { store, known, until } = followed();
      const stop = new AbortController();
      const sink = {
        put: (object: KubeObject) => store.put(object),
        delete: (object: KubeObject) => store.delete(object),
        replace: (objects: KubeObject[]) => store.replace(objects),
        onSynced: () => {},
      };
      const running = new Reflector<KubeObject>({
        client,
        resource: configMaps,
        scope: {},
        sink,
        logger: silent,
        backoff: new Backoff(1, 5),
      }).run(stop.signal);
      for (const command of commands) {
        if (command.act === 'put') model.put(command.name);
        else if (command.act === 'delete') model.delete(command.name);
        else if (command.act === 'compact') model.compact();
        else if (command.act === 'bookmark') model.bookmark();
        else if (command.act === 'repeat') model.repeat();
        else if (command.act === 'backup') model.backup();
        else if (command.act === 'restore') await model.restore();
        else if (command.act === 'fault') model.faults.push(command.fault);
        else if (command.act === 'pause') await new Promise((resolve) => setTimeout(resolve, 2));
        else model.breakWatches(command.act);
      }
      model.put('last');
      await until(() => state(known.values()) === state(model.objects.values()));
      expect(state(store.list())).toBe(state(model.objects.values()));
      stop.abort();
      await running;
      model.breakWatches('end');
    }),
    { numRuns: 60 },
  );
});

/** The waits that a reflector was told. */
class RecordedBackoff extends Backoff {
  readonly waits: number[] = [];

  override next(): number {
    const wait = super.next();
    this.waits.push(wait);
    return wait;
  }
}

test('faults R18: a quiet watch that breaks after a while is opened again soon, however often that happened', async () => {
  let watches = 0;
  let breakIt = () => {};
  const stop = new AbortController();
  server.handler = (call, reply) => {
    if (!call.query.has('watch')) return reply.json({ metadata: { resourceVersion: '1' }, items: [] });
    breakIt = () => reply.reset();
    reply.start();
    if (++watches === 4) stop.abort();
  };
  // A while that begins when the reflector knows that the watch is open.
  const breaking: Pick<Client, 'list' | 'revision' | 'watch'> = {
    list: client.list.bind(client),
    revision: client.revision.bind(client),
    watch: (resource, { onOpen, ...options } = {}) =>
      client.watch(resource, {
        ...options,
        onOpen: () => {
          onOpen?.();
          setTimeout(() => stop.signal.aborted || breakIt(), 1100);
        },
      }),
  };
  const backoff = new RecordedBackoff(10, 1000, () => 0);
  const sink = { put() {}, delete() {}, replace() {}, onSynced() {} };
  const options = {
    client: breaking as Client,
    resource: configMaps,
    scope: {},
    sink,
    logger: silent,
    backoff,
  };
  await new Reflector<KubeObject>(options).run(stop.signal);
  expect(backoff.waits).toEqual([10, 10, 10]);
});
