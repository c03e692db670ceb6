import { randomUUID } from 'node:crypto';
import { type CloudEvent, encodeEvent, newEvent } from '../../runtime/cloudevents/event.ts';
import { heartbeatType } from '../../runtime/cloudevents/event-type.ts';
import type { Answers } from '../../runtime/grpc/call.ts';

export interface Subscriber {
  cluster: string;
  dataType: string;
  user: string;
}

/**
 * The events that wait for one subscriber. Of those about one object only the newest waits, so that a slow subscriber
 * costs no more memory than its objects do.
 */
class Mailbox {
  readonly #waiting = new Map<string, CloudEvent>();
  #wake = () => {};

  put(key: string, event: CloudEvent): void {
    this.#waiting.delete(key); // to the end of the line
    this.#waiting.set(key, event);
    this.#wake();
  }

  take(): CloudEvent | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    this.#waiting.delete(first[0]);
    return first[1];
  }

  /** Resolves when there is something, after this many milliseconds, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size > 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }
}

export interface SubscriptionsOptions {
  /** Undefined sends none. */
  heartbeatMs: number | undefined;
  onChange?: (subscriber: Subscriber, change: 1 | -1) => void;
  onSent?: (subscriber: Subscriber) => void;
}

/** Who listens to what, and what they still have to hear. */
export interface Subscriptions {
  /**
   * Sends what is published for this subscriber until the signal aborts or the check fails, with whose error it rejects.
   * @param check is made every `checkMs` milliseconds: whether the subscriber may still listen
   */
  serve(
    subscriber: Subscriber,
    answers: Answers,
    check: () => Promise<void>,
    checkMs: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Hands an event to those who listen to this about this cluster; with `user`, to that one's subscriptions alone. */
  publish(to: Omit<Subscriber, 'user'> & { user?: string }, key: string, event: CloudEvent): void;
  has(to: Omit<Subscriber, 'user'>): boolean;
}

/** Longer than anybody waits. */
const idleMs = 3_600_000;

const topicOf = ({ cluster, dataType }: Omit<Subscriber, 'user'>): string => `${dataType}/${cluster}`;

export const createSubscriptions = ({
  heartbeatMs,
  onChange,
  onSent,
}: SubscriptionsOptions): Subscriptions => {
  const byTopic = new Map<string, Map<Mailbox, Subscriber>>();

  return {
    async serve(subscriber, answers, check, checkMs, signal) {
      const topic = topicOf(subscriber);
      const mailbox = new Mailbox();
      const listeners = byTopic.get(topic) ?? new Map<Mailbox, Subscriber>();
      byTopic.set(topic, listeners.set(mailbox, subscriber));
      onChange?.(subscriber, 1);
      let checkAt = performance.now() + checkMs;
      try {
        // Only now, so that nothing that happens from here on is missed.
        answers.begin({ 'subscription-id': randomUUID() });
        while (!signal.aborted) {
          const event = mailbox.take();
          if (event) {
            await answers.send(encodeEvent(event));
            onSent?.(subscriber);
          } else {
            const before = performance.now();
            const untilBeat = heartbeatMs ?? idleMs;
            await mailbox.wait(Math.max(0, Math.min(untilBeat, checkAt - before)), signal);
            if (heartbeatMs !== undefined && performance.now() - before >= heartbeatMs - 1 && !signal.aborted)
              await answers.send(encodeEvent(newEvent({ source: '', type: heartbeatType }, {})));
          }
          if (performance.now() < checkAt) continue;
          await check();
          checkAt = performance.now() + checkMs;
        }
      } finally {
        listeners.delete(mailbox);
        if (listeners.size === 0 && byTopic.get(topic) === listeners) byTopic.delete(topic);
        onChange?.(subscriber, -1);
      }
    },

    publish(to, key, event) {
      for (const [mailbox, { user }] of byTopic.get(topicOf(to)) ?? [])
        if (to.user === undefined || to.user === user) mailbox.put(key, event);
    },

    has: (to) => byTopic.has(topicOf(to)),
  };
};
