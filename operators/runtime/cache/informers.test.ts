import { afterEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '../../../test/cluster/wait.ts';
import { type Call, type Protocol, type Reply, startScriptedServer } from '../../../test/scripted/server.ts';
import { connect } from '../client/connect.ts';
import { type ConfigMap, configMaps, namespaces } from '../client/kubernetes.ts';
import type { LogFields, Logger } from '../process/logger.ts';
import { createMetrics } from '../process/metrics.ts';
import type { Informer, InformerOptions } from './informer.ts';
import { createInformers } from './informers.ts';

const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Line {
  level: string;
  message: string;
  fields?: LogFields;
}

const recordingLogger = () => {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push({ level, message, fields });
  const logger: Logger = {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    debug: (level, message, fields) => at(`debug${level}`)(message, fields),
    with: () => logger,
  };
  return { logger, lines };
};

const object = (name: string, resourceVersion: string, more: object = {}) => ({
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion, ...more },
});
const refusal = (code: number, reason: string) => ({ kind: 'Status', code, reason, message: reason });

/** Answers lists with these objects, and each watch by the next of the scripts; the last one serves for the rest. */
const serve = async (
  lists: (() => { version: string; items: object[] } | { code: number; reason: string })[],
  watches: ((call: Call, reply: Reply) => void)[],
  protocol: Protocol = 'h2',
  revision = '99',
) => {
  let listed = 0;
  let watched = 0;
  const server = await startScriptedServer({
    protocol,
    handler: (call, reply) => {
      if (call.query.has('watch')) return watches[Math.min(watched++, watches.length - 1)]?.(call, reply);
      if (asksRevision(call)) return reply.json({ metadata: { resourceVersion: revision } });
      const answer = lists[Math.min(listed++, lists.length - 1)]?.() ?? { version: '1', items: [] };
      if ('code' in answer) return reply.json(refusal(answer.code, answer.reason), answer.code);
      reply.json({ metadata: { resourceVersion: answer.version }, items: answer.items });
    },
  });
  cleanups.push(() => server.close());
  return server;
};

/** Asks how far the server is, after a watch that ended before its time. */
const asksRevision = ({ query }: Call): boolean => query.get('limit') === '1';

/** A quiet watch. */
const hold = (_call: Call, reply: Reply) => reply.start();

const informersFor = (server: { url: string; caData: string }) => {
  const client = connect(server.url ? { server: server.url, caData: server.caData } : { server: '' }, {
    userAgent: 'test',
    env: {},
  });
  const { logger, lines } = recordingLogger();
  const metrics = createMetrics();
  const stop = new AbortController();
  const informers = createInformers(client, { logger, metrics });
  cleanups.push(async () => {
    stop.abort();
    await client.close();
  });
  return { informers, client, lines, metrics, stop };
};

const follow = (informer: Informer<ConfigMap>) => {
  const told: string[] = [];
  const waiting: { count: number; done: () => void }[] = [];
  informer.onChange((change) => {
    told.push(`${change.type} ${change.object.metadata.name} ${change.object.metadata.resourceVersion}`);
    for (const { count, done } of waiting) if (told.length >= count) done();
  });
  const until = (count: number) =>
    new Promise<string[]>((resolve) => {
      if (told.length >= count) resolve(told);
      else waiting.push({ count, done: () => resolve(told) });
    });
  return { told, until };
};

const started = (server: { url: string; caData: string }, options?: InformerOptions<ConfigMap>) => {
  const rig = informersFor(server);
  const informer = rig.informers.informer(configMaps, options);
  const changes = follow(informer);
  rig.informers.start(rig.stop.signal);
  return { ...rig, informer, ...changes };
};

const watchesOf = (calls: Call[]) =>
  calls.filter(({ query }) => query.has('watch')).map(({ query }) => query.get('resourceVersion'));
const listsOf = (calls: Call[]) =>
  calls.filter((call) => !call.query.has('watch') && !asksRevision(call)).length;

const list =
  (version: string, ...items: object[]) =>
  () => ({ version, items });

describe.each(['h2', 'http'] as const)('an informer over %s', (protocol) => {
  test('lists, watches from there, and resumes where the watch ended', async () => {
    const server = await serve(
      [list('5', object('a', '3'))],
      [
        (_call, reply) => {
          reply.start();
          reply.event('ADDED', object('b', '6'));
          reply.event('BOOKMARK', { metadata: { resourceVersion: '9' } });
          reply.end();
        },
        (_call, reply) => {
          reply.start();
          reply.event('MODIFIED', object('a', '10'));
          reply.event('DELETED', object('b', '11'));
          reply.end();
        },
        hold,
      ],
      protocol,
    );
    const { until, informer, informers } = started(server);
    await informers.waitForSync();
    expect(informer.synced).toBe(true);
    expect(await until(4)).toEqual(['added a 3', 'added b 6', 'updated a 10', 'deleted b 11']);
    expect(informer.list().map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['ConfigMap a']);
    await server.until((calls) => watchesOf(calls).length === 3);
    expect(watchesOf(server.calls)).toEqual(['5', '9', '11']);
    expect(listsOf(server.calls)).toBe(1);
    const timeout = Number(server.calls[1]?.query.get('timeoutSeconds'));
    expect(timeout).toBeGreaterThanOrEqual(300);
    expect(timeout).toBeLessThan(600);
  });

  test.each(['within the watch', 'in its answer'])(
    'lists anew when its point has expired, said %s',
    async (where) => {
      const server = await serve(
        [list('5', object('a', '3'), object('b', '4')), list('50', object('b', '40'), object('c', '41'))],
        [
          (_call, reply) => {
            if (where === 'in its answer') return reply.json(refusal(410, 'Expired'), 410);
            reply.start();
            reply.event('ERROR', refusal(410, 'Expired'));
          },
          hold,
        ],
        protocol,
      );
      const { until, lines } = started(server);
      expect(await until(5)).toEqual(['added a 3', 'added b 4', 'deleted a 3', 'updated b 40', 'added c 41']);
      expect(lines.filter(({ level }) => !level.startsWith('debug'))).toEqual([]);
    },
  );

  test('faults R16: lists anew when the server is behind what it has said before a watch ended early', async () => {
    const server = await serve(
      [list('50', object('a', '30'), object('b', '50')), list('40', object('a', '20'))],
      [
        (_call, reply) => {
          reply.start();
          reply.end();
        },
        hold,
      ],
      protocol,
      '40',
    );
    const { until, informers } = started(server);
    await informers.waitForSync();
    expect(await until(4)).toEqual(['added a 30', 'added b 50', 'deleted b 50', 'updated a 20']);
    await server.until((calls) => watchesOf(calls).length === 2);
    expect(watchesOf(server.calls)).toEqual(['50', '40']);
  });

  test('goes on after a connection that broke', async () => {
    let breakIt = () => {};
    const server = await serve(
      [list('5')],
      [
        (_call, reply) => {
          reply.start();
          reply.event('ADDED', object('a', '6'));
          breakIt = () => reply.reset();
        },
        (_call, reply) => {
          reply.start();
          reply.event('ADDED', object('b', '7'));
        },
      ],
      protocol,
    );
    const { until, lines } = started(server);
    // What has not been read yet goes with the connection.
    await until(1);
    breakIt();
    expect(await until(2)).toEqual(['added a 6', 'added b 7']);
    expect(watchesOf(server.calls)).toEqual(['5', '6']);
    expect(listsOf(server.calls)).toBe(1);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn cannot watch; trying again',
      'info the API server answers again',
    ]);
  });
});

describe('an informer', () => {
  test('ignores what is told twice or too late', async () => {
    const server = await serve(
      [list('5', object('a', '3'))],
      [
        (_call, reply) => {
          reply.start();
          reply.event('ADDED', object('a', '3'));
          reply.event('MODIFIED', object('a', '7'));
          reply.event('MODIFIED', object('a', '6'));
          reply.event('DELETED', object('a', '9'));
          reply.event('MODIFIED', object('a', '8'));
          reply.event('ADDED', object('end', '10'));
        },
      ],
    );
    const { until } = started(server);
    expect(await until(4)).toEqual(['added a 3', 'updated a 7', 'deleted a 9', 'added end 10']);
  });

  test('lists anew when a bookmark shows that the server was set back', async () => {
    const server = await serve(
      [list('500', object('a', '400')), list('60', object('a', '55'))],
      [
        (_call, reply) => {
          reply.start();
          reply.event('BOOKMARK', { metadata: { resourceVersion: '60' } });
        },
        hold,
      ],
    );
    const { until } = started(server);
    expect(await until(2)).toEqual(['added a 400', 'updated a 55']);
  });

  test('waits between failures, says each outage once with its remedy, and comes back', async () => {
    const failures = [
      () => ({ code: 403, reason: 'Forbidden' }),
      () => ({ code: 404, reason: 'NotFound' }),
      list('5', object('a', '1')),
    ];
    const server = await serve(failures, [hold]);
    const since = performance.now();
    const { informers, lines, informer } = started(server);
    await informers.waitForSync();
    expect(performance.now() - since).toBeGreaterThan(2_000);
    expect(informer.size).toBe(1);
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn cannot list; trying again; grant the verbs list and watch on configmaps',
      'debug2 cannot list; trying again; the server does not serve configmaps: install its definition',
      'info the API server answers again',
    ]);
  });

  test('does not loop tightly when watches end at once or always expire', async () => {
    const ends = await serve(
      [list('5')],
      [
        (_call, reply) => {
          reply.start();
          reply.end();
        },
      ],
    );
    const expires = await serve(
      [list('5')],
      [
        (_call, reply) => {
          reply.start();
          reply.event('ERROR', refusal(410, 'Expired'));
        },
      ],
    );
    started(ends);
    started(expires);
    const since = performance.now();
    await ends.until((calls) => watchesOf(calls).length === 3);
    expect(performance.now() - since).toBeGreaterThan(800 + 1_600 - 100);
    await expires.until((calls) => watchesOf(calls).length === 4);
    expect(performance.now() - since).toBeGreaterThan(800 + 1_600 - 100);
  });

  test('survives handlers that throw', async () => {
    const server = await serve(
      [list('5', object('a', '1'))],
      [
        (_call, reply) => {
          reply.start();
          reply.event('ADDED', object('b', '6'));
        },
      ],
    );
    const { informers, lines, stop } = informersFor(server);
    const informer = informers.informer(configMaps);
    informer.onChange(() => {
      throw new Error('mine');
    });
    const { until } = follow(informer);
    informers.start(stop.signal);
    expect(await until(2)).toEqual(['added a 1', 'added b 6']);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'error',
      message: 'a handler failed',
      fields: { change: 'added', name: 'a', namespace: 'ns' },
    });
  });

  test('tells a late handler what is there, and a stopped one nothing more', async () => {
    const next = Promise.withResolvers<void>();
    const server = await serve(
      [list('5', object('a', '1'))],
      [
        async (_call, reply) => {
          reply.start();
          await next.promise;
          reply.event('ADDED', object('b', '6'));
        },
      ],
    );
    const { informer, until, informers } = started(server);
    await informers.waitForSync();
    const late: string[] = [];
    const stop = informer.onChange(({ type, object: { metadata } }) => late.push(`${type} ${metadata.name}`));
    expect(late).toEqual(['added a']);
    stop();
    next.resolve();
    await until(2);
    expect(late).toEqual(['added a']);
  });

  test('drops managedFields and what the trim drops, and keeps indexes', async () => {
    const full = { ...object('a', '1', { managedFields: [{}] }), data: { k: 'v' }, extra: 1 };
    const server = await serve([list('5', full)], [hold]);
    const { informer, informers } = started(server, {
      trim: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata, data: { only: 'this' } }),
      indexes: { byData: ({ data = {} }) => Object.values(data) },
    });
    await informers.waitForSync();
    const kept = { apiVersion: 'v1', kind: 'ConfigMap', ...object('a', '1'), data: { only: 'this' } };
    expect(informer.get('a', 'ns')).toEqual(kept);
    expect(informer.byIndex('byData', 'this')).toEqual([kept]);
  });

  test('asks only for its scope, and for metadata when that is enough', async () => {
    const server = await serve([list('5')], [hold]);
    const scope = {
      namespace: 'ns',
      labelSelector: 'a=b',
      fieldSelector: 'metadata.name=x',
      metadataOnly: true,
    };
    const { informers } = started(server, scope);
    await informers.waitForSync();
    await server.until((calls) => calls.length === 2);
    for (const { path, query, headers } of server.calls) {
      expect(path).toBe('/api/v1/namespaces/ns/configmaps');
      expect([query.get('labelSelector'), query.get('fieldSelector')]).toEqual(['a=b', 'metadata.name=x']);
      expect(headers.accept).toMatch(/as=PartialObjectMetadata/);
    }
  });

  test('ends when the signal aborts, and tells whoever still waits', async () => {
    const server = await serve([() => ({ code: 500, reason: 'InternalError' })], [hold]);
    const { informers, stop } = started(server);
    const own = new AbortController();
    const waiting = informers.waitForSync(own.signal);
    own.abort(new Error('impatient'));
    await expect(waiting).rejects.toThrow('impatient');
    const others = informers.waitForSync();
    stop.abort(new Error('shutdown'));
    await expect(others).rejects.toThrow('shutdown');
  });
});

describe('an informer that is told of own writes', () => {
  /** Begins with one object of version 3, and a watch from 5 that says what a test has it say. */
  const watching = async (options?: InformerOptions<ConfigMap>, version = '5') => {
    const watch = Promise.withResolvers<Reply>();
    const server = await serve(
      [list(version, object('a', '3'))],
      [
        (_call, reply) => {
          reply.start();
          watch.resolve(reply);
        },
      ],
    );
    const rig = started(server, options);
    await rig.informers.waitForSync();
    const reply = await watch.promise;
    /** Resolves when an event that comes after these was told. */
    const says = async (...events: [type: string, object: object][]) => {
      for (const [type, each] of events) reply.event(type, each);
      reply.event('ADDED', object('end', '99'));
      await waitFor('the last event', async () => rig.informer.get('end', 'ns') !== undefined);
      return rig.told.filter((line) => !line.startsWith('added end'));
    };
    return { ...rig, says };
  };

  test('has them at once, tells of each once, and goes on with what others write', async () => {
    const { informer, told, says } = await watching({ indexes: { byName: (some) => [some.metadata.name] } });
    informer.wrote(object('a', '7'));
    informer.wrote(object('b', '8'));
    expect(told).toEqual(['added a 3', 'updated a 7', 'added b 8']);
    expect(informer.byIndex('byName', 'b')).toEqual([informer.get('b', 'ns')]);
    // An earlier write of somebody else, the echoes, and a later write.
    const heard = await says(
      ['MODIFIED', object('a', '6')],
      ['MODIFIED', object('a', '7')],
      ['ADDED', object('b', '8')],
      ['MODIFIED', object('a', '9')],
    );
    expect(heard).toEqual(['added a 3', 'updated a 7', 'added b 8', 'updated a 9']);
  });

  test('ignores one that is older than what it has, or was deleted since', async () => {
    const { informer, told, says } = await watching();
    await says(['MODIFIED', object('a', '8')], ['ADDED', object('b', '9')], ['DELETED', object('b', '10')]);
    const before = [...told];
    informer.wrote(object('a', '7'));
    informer.wrote(object('a', '8'));
    informer.wrote(object('b', '9'));
    informer.wrote(object('c', '11')); // one that the watch has shown and taken back, or that is not asked for
    expect(told).toEqual(before);
  });

  test('takes the answer to an earlier write for no successor', async () => {
    const { informer, told } = await watching();
    informer.wrote(object('a', '9', { uid: 'second' }));
    informer.wrote(object('a', '7'));
    expect(told).toEqual(['added a 3', 'deleted a 3', 'added a 9']);
  });

  test('knows what is gone by them, whatever is heard of it later', async () => {
    const { informer, told, says } = await watching();
    informer.wrote(object('a', '7'));
    informer.removed(object('a', '7').metadata);
    expect(told.splice(0)).toEqual(['added a 3', 'updated a 7', 'deleted a 7']);
    informer.wrote(object('a', '8'));
    const heard = await says(
      ['MODIFIED', object('a', '7')],
      ['MODIFIED', object('a', '8')],
      ['DELETED', object('a', '9')],
      ['ADDED', object('a', '10', { uid: 'second' })],
    );
    expect(heard).toEqual(['added a 10']);
  });

  test('believes the list when one is due, and then again what comes after it', async () => {
    const answer = Promise.withResolvers<void>();
    const server = await startScriptedServer({
      handler: async (call, reply) => {
        if (call.query.has('watch'))
          return call.query.get('resourceVersion') === '5'
            ? reply.json(refusal(410, 'Expired'), 410)
            : reply.start();
        const isFirst = listsOf(server.calls) === 1;
        if (!isFirst) await answer.promise;
        const items = isFirst ? [object('a', '3')] : [object('b', '40')];
        reply.json({ metadata: { resourceVersion: isFirst ? '5' : '50' }, items });
      },
    });
    cleanups.push(() => server.close());
    const { informer, told, until } = started(server);
    await server.until((calls) => listsOf(calls) === 2);
    informer.wrote(object('a', '51'));
    informer.wrote(object('c', '45'));
    expect(told).toEqual(['added a 3']);
    answer.resolve();
    expect(await until(3)).toEqual(['added a 3', 'deleted a 3', 'added b 40']);
    informer.wrote(object('c', '45')); // the list has shown that it went
    informer.wrote(object('d', '52'));
    expect(told.slice(3)).toEqual(['added d 52']);
  });

  test('leaves to the watch what has versions that cannot be compared', async () => {
    const { informer, told, says } = await watching({}, 'r5');
    informer.wrote(object('a', '7'));
    informer.wrote(object('b', 'x'));
    expect(told).toEqual(['added a 3']);
    // Versions of objects say nothing of each other where the list has none that is a number.
    await says(['MODIFIED', object('a', '4')]);
    informer.wrote(object('b', '100'));
    expect(told).toEqual(['added a 3', 'updated a 4', 'added end 99']);
  });

  test('keeps of them what it keeps of others, and leaves the answer as it is', async () => {
    const answer = { ...object('a', '7', { managedFields: [{}] }), data: { k: 'v' } };
    const whole = structuredClone(answer);
    const { informer } = await watching({
      trim: ({ metadata }) => ({ metadata, data: { only: 'this' } }),
    });
    expect(informer.wrote(answer)).toBe(answer);
    expect(informer.get('a', 'ns')).toEqual({ ...object('a', '7'), data: { only: 'this' } });
    const { informer: metadata } = await watching({ metadataOnly: true });
    metadata.wrote(answer);
    expect(metadata.get('a', 'ns')).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', ...object('a', '7') });
    expect(answer).toEqual(whole);
  });
});

describe('informers', () => {
  test('are shared by those who ask for the same, and only by them', async () => {
    const { informers } = informersFor({ url: 'http://127.0.0.1:1', caData: '' });
    const byName = ({ metadata }: ConfigMap) => [metadata.name];
    const trim = (some: ConfigMap) => some;
    const one = informers.informer(configMaps, { namespace: 'ns' });
    expect(informers.informer(configMaps, { namespace: 'ns' })).toBe(one);
    expect(informers.informer(configMaps, { namespace: 'ns', indexes: { byName } })).toBe(one);
    expect(one.byIndex('byName', 'a')).toEqual([]);
    const others: InformerOptions<ConfigMap>[] = [
      {},
      { namespace: 'other' },
      { namespace: 'ns', labelSelector: 'a' },
      { namespace: 'ns', fieldSelector: 'a=b' },
      { namespace: 'ns', metadataOnly: true },
      { namespace: 'ns', trim },
      { namespace: 'ns', indexes: { byName: () => [] } },
    ];
    const made = others.map((options) => informers.informer(configMaps, options));
    expect(new Set<unknown>([one, ...made, informers.informer(namespaces)]).size).toBe(9);
    expect(informers.informer(configMaps, { namespace: 'ns', trim })).toBe(made[5]);
  });

  test('asked for after the start begin at once, and are counted', async () => {
    const server = await serve([list('5', object('a', '1'))], [hold]);
    const { informers, stop, metrics } = informersFor(server);
    informers.start(stop.signal);
    expect(() => informers.start(stop.signal)).toThrow('the informers are started already');
    const informer = informers.informer(configMaps);
    await informer.waitForSync();
    expect(informer.size).toBe(1);
    expect(metrics.expose()).toContain('reflector_lists_total{resource="configmaps"} 1');
  });
});
