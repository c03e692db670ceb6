import type { Client } from '../client/client.ts';
import { type Event, events } from '../client/kubernetes.ts';
import type { KubeObject } from '../client/object.ts';
import { Semaphore } from '../client/request/semaphore.ts';
import type { Logger } from '../process/logger.ts';

export interface EventFields {
  /** What the event is about; of the object its apiVersion and kind must be set. */
  regarding: KubeObject;
  /** Another object that it is about; of it apiVersion and kind must be set as well. */
  related?: KubeObject;
  type: 'Normal' | 'Warning';
  reason: string;
  /** Default: the reason. */
  action?: string;
  note: string;
  /** Where the event is put. Default: the object's namespace, or `default` for a cluster-scoped object. */
  namespace?: string;
}

export interface EventRecorder {
  /**
   * Writes an event in the background, a few at a time. The same event again within ten minutes only counts: the first
   * repetition makes it a series, the count of later ones is written when the series ends. A failure is logged, never
   * thrown; so is that events are left out because a thousand wait already.
   */
  record(event: EventFields): void;
  /** Resolves when what was recorded is written, series included. */
  flush(): Promise<void>;
}

export interface RecorderOptions {
  client: Client;
  log: Logger;
  /** The controller's name, such as `registration-controller`. */
  reportingController: string;
  /** Default: POD_NAME, or the reporting controller. */
  reportingInstance?: string;
  signal?: AbortSignal;
  /** Resolves when there is time for one more event; by default there always is. */
  turn?: () => Promise<void>;
  now?: () => Date;
}

/** A repetition after this many milliseconds is a new event. */
const seriesMs = 10 * 60_000;
/** Series kept in memory; the oldest gives way. */
const mostSeries = 256;
/** Events written side by side: a thousand at once would hold up what they tell of. */
const mostAtOnce = 2;
/** Events that wait to be written: what comes faster for long is told in part, and does not fill the memory. */
const mostWaiting = 1000;
/** The API server refuses a longer note. */
const longestNote = 1024;

interface Series {
  written: Promise<Event | undefined>;
  count: number;
  writtenCount: number;
  last: Date;
}

export const createEventRecorder = ({
  client,
  log,
  reportingController,
  reportingInstance = process.env['POD_NAME'] || reportingController,
  signal,
  turn = () => Promise.resolve(),
  now = () => new Date(),
}: RecorderOptions): EventRecorder => {
  const recent = new Map<string, Series>();
  const underWay = new Set<Promise<unknown>>();
  const slots = new Semaphore(mostAtOnce);
  const fieldManager = reportingController;
  let timer: NodeJS.Timeout | undefined;
  let [waiting, leftOut] = [0, 0];

  const attempt = (write: () => Promise<Event>, fields: object): Promise<Event | undefined> => {
    if (waiting >= mostWaiting) {
      leftOut++;
      return Promise.resolve(undefined);
    }
    waiting++;
    const inTurn = async (): Promise<Event> => {
      await turn();
      return write();
    };
    const tracked: Promise<Event | undefined> = slots
      .run(inTurn, signal)
      .catch((error: unknown) => {
        if (!signal?.aborted) log.warn('an event could not be written', { ...fields, error });
        return undefined;
      })
      .finally(() => {
        underWay.delete(tracked);
        if (--waiting > 0 || leftOut === 0) return;
        log.warn('events were left out: they came faster than they could be written', { leftOut });
        leftOut = 0;
      });
    underWay.add(tracked);
    return tracked;
  };

  const create = (fields: EventFields, time: Date): Promise<Event | undefined> => {
    const event = eventOf(fields, time, reportingController, reportingInstance);
    return attempt(() => client.create(events, event, { fieldManager, signal }), { reason: fields.reason });
  };

  const writeSeries = async (series: Series): Promise<void> => {
    const event = await series.written;
    if (!event || series.count === series.writtenCount) return;
    series.writtenCount = series.count;
    const { name, namespace } = event.metadata;
    const body = { series: { count: series.count, lastObservedTime: microTime(series.last) } };
    await attempt(
      () => client.patch(events, { name, namespace }, { type: 'merge', body }, { fieldManager, signal }),
      {
        reason: event.reason,
      },
    );
  };

  const track = (work: Promise<void>) => {
    const tracked: Promise<void> = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };

  const endSeries = (time: Date) => {
    for (const [key, series] of recent) {
      if (time.getTime() - series.last.getTime() < seriesMs) continue;
      recent.delete(key);
      track(writeSeries(series));
    }
    timer = recent.size > 0 ? setTimeout(() => endSeries(now()), seriesMs).unref() : undefined;
  };

  return {
    record: (fields) => {
      if (signal?.aborted) return;
      const time = now();
      const key = keyOf(fields);
      const known = recent.get(key);
      if (known && time.getTime() - known.last.getTime() < seriesMs) {
        known.count += 1;
        known.last = time;
        if (known.count === 2) track(writeSeries(known));
        return;
      }
      if (known) track(writeSeries(known));
      recent.delete(key);
      recent.set(key, { written: create(fields, time), count: 1, writtenCount: 1, last: time });
      if (recent.size > mostSeries) {
        const [oldest, series] = recent.entries().next().value!;
        recent.delete(oldest);
        track(writeSeries(series));
      }
      timer ??= setTimeout(() => endSeries(now()), seriesMs).unref();
    },
    flush: async () => {
      clearTimeout(timer);
      timer = undefined;
      for (const series of recent.values()) track(writeSeries(series));
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
};

const keyOf = ({ regarding, related, type, reason, action, note, namespace }: EventFields): string =>
  [
    namespace,
    related?.metadata.uid,
    regarding.kind,
    regarding.metadata.namespace,
    regarding.metadata.name,
    regarding.metadata.uid,
    type,
    reason,
    action,
    note,
  ].join('\0');

const eventOf = (
  { regarding, related, type, reason, action = reason, note, namespace }: EventFields,
  time: Date,
  reportingController: string,
  reportingInstance: string,
): Event => {
  const { apiVersion, kind, metadata } = regarding;
  const { name, uid, resourceVersion } = metadata;
  // The API server wants the event in the namespace of what it regards, where that one has a namespace.
  const place = namespace ?? metadata.namespace;
  return {
    metadata: { name: eventName(name, time), namespace: place ?? 'default' },
    eventTime: microTime(time),
    type,
    reason,
    action,
    note: note.length > longestNote ? `${note.slice(0, longestNote - 1)}…` : note,
    regarding: { apiVersion, kind, name, uid, resourceVersion, ...(place ? { namespace: place } : {}) },
    ...(related && { related: referenceTo(related) }),
    reportingController,
    reportingInstance,
  };
};

const referenceTo = ({ apiVersion, kind, metadata }: KubeObject): Event['related'] => {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, namespace, uid, resourceVersion };
};

/** Most characters of an object's name that leave room for what makes the event's unique. */
const longestOfObject = 200;

const eventName = (object: string, time: Date): string =>
  `${object.slice(0, longestOfObject).replace(/[^a-z0-9]+$/, '')}.${eventSuffix(time)}`;

let counter = 0;

/** Unique within the process, and as good as unique beyond it. */
const eventSuffix = (time: Date): string => {
  counter = (counter + 1) % 0x10000;
  return `${time.getTime().toString(16)}${counter.toString(16).padStart(4, '0')}${Math.floor(Math.random() * 0x10000).toString(16)}`;
};

/** metav1.MicroTime. */
export const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z');
