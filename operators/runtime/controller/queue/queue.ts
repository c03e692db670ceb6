import { DelayedKeys } from './delayed.ts';

/** Told what happens in a queue, for metrics. Times are in milliseconds. */
export interface QueueObserver {
  added(depth: number): void;
  /** A key left the queue for a worker after waiting this long. */
  taken(depth: number, waitedMs: number): void;
  done(workedMs: number): void;
  retried(): void;
}

export interface QueueOptions {
  /** Back-off after the first failure of a key. Default 5 ms; doubles with each failure. */
  baseDelayMs?: number;
  /** The most that back-off grows to, before its jitter. Default 1000 s. */
  maxDelayMs?: number;
  observer?: QueueObserver;
  /** In [0, 1): where in its tenth of play a back-off falls. Default Math.random. */
  random?: () => number;
  /** Monotonic milliseconds. Default performance.now. */
  now?: () => number;
}

/**
 * Keys waiting for a worker, with client-go's semantics: a key is in the queue at most once; it is never with two
 * workers at once; added while being worked on, it comes again when that work is done. Keys can be added for later
 * (the earlier time wins) and with a back-off of their own. The queue's timer does not keep the process alive.
 */
export class WorkQueue {
  private readonly options: Required<Omit<QueueOptions, 'observer'>> & {
    observer: QueueObserver | undefined;
  };
  /** Keys to hand out, in order, and when they came. */
  private readonly waiting = new Map<string, number>();
  /** Keys that changed while with a worker. */
  private readonly dirty = new Set<string>();
  /** Keys with a worker, and since when. */
  private readonly processing = new Map<string, number>();
  private readonly failures = new Map<string, Failures>();
  private readonly delayed = new DelayedKeys();
  private readonly takers: ((key: string | undefined) => void)[] = [];
  private readonly drainers: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private stopped = false;

  constructor({
    baseDelayMs = 5,
    maxDelayMs = 1_000_000,
    observer,
    random = Math.random,
    now = () => performance.now(),
  }: QueueOptions = {}) {
    this.options = { baseDelayMs, maxDelayMs, observer, random, now };
  }

  /** Keys waiting for a worker; those being worked on and those for later do not count. */
  get depth(): number {
    return this.waiting.size;
  }

  /** Since when (on the queue's clock) the keys with a worker are there. */
  get startTimes(): Iterable<number> {
    return this.processing.values();
  }

  add(key: string): void {
    if (this.stopped) return;
    if (this.processing.has(key)) {
      if (this.dirty.has(key)) return;
      this.dirty.add(key);
      this.options.observer?.added(this.depth);
    } else if (!this.waiting.has(key)) {
      this.waiting.set(key, this.options.now());
      this.options.observer?.added(this.depth);
      this.handOut();
    }
  }

  addAfter(key: string, delayMs: number): void {
    if (this.stopped) return;
    if (!(delayMs > 0)) return this.add(key);
    this.delayed.add(key, this.options.now() + delayMs);
    this.schedule();
  }

  /**
   * Adds the key after a back-off that doubles each time until {@link forget}. A key that came before its time, because
   * something changed, and failed again keeps the time it had: many events in a row would else put it off for long.
   * Returns how long it will wait, in milliseconds.
   */
  addRateLimited(key: string): number {
    const { baseDelayMs, maxDelayMs, random, observer } = this.options;
    const now = this.options.now();
    const before = this.failures.get(key) ?? { backoffs: 0, dueAt: -Infinity };
    const isEarly = now < before.dueAt;
    const delay = isEarly
      ? before.dueAt - now
      : Math.min(baseDelayMs * 2 ** before.backoffs, maxDelayMs) * (1 + random() / 10);
    this.failures.set(key, {
      backoffs: before.backoffs + (isEarly ? 0 : 1),
      dueAt: now + delay,
    });
    if (!this.stopped) observer?.retried();
    this.addAfter(key, delay);
    return delay;
  }

  /** The key did well: its next back-off begins at the base. */
  forget(key: string): void {
    this.failures.delete(key);
  }

  /** The next key, which must be given back with {@link done}; undefined once the queue is shut down and empty. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.takers.push(resolve);
      this.handOut();
    });
  }

  done(key: string): void {
    const since = this.processing.get(key);
    if (since === undefined) return;
    this.processing.delete(key);
    this.options.observer?.done(this.options.now() - since);
    if (this.dirty.delete(key)) {
      this.waiting.set(key, this.options.now());
      this.handOut();
    }
    this.tellDrained();
  }

  /**
   * Takes no further key. Those waiting are still handed out unless `discard`; those for later are dropped. Resolves
   * when no key is left with a worker or waiting.
   */
  shutDown({ discard = false } = {}): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.delayed.clear();
    this.failures.clear();
    if (discard) {
      this.waiting.clear();
      this.dirty.clear();
    }
    this.handOut();
    return new Promise((resolve) => {
      this.drainers.push(resolve);
      this.tellDrained();
    });
  }

  private handOut(): void {
    const { now, observer } = this.options;
    while (this.takers.length > 0 && this.waiting.size > 0) {
      const [key, since] = this.waiting.entries().next().value!;
      this.waiting.delete(key);
      this.processing.set(key, now());
      observer?.taken(this.depth, now() - since);
      this.takers.shift()!(key);
    }
    if (this.stopped && this.waiting.size === 0 && this.dirty.size === 0) {
      for (const taker of this.takers.splice(0)) taker(undefined);
    }
  }

  private tellDrained(): void {
    if (!this.stopped || this.processing.size > 0 || this.waiting.size > 0) return;
    this.handOut();
    for (const drained of this.drainers.splice(0)) drained();
  }

  /** Keeps one timer, for the first delayed key. */
  private schedule(): void {
    const next = this.delayed.next;
    if (next === undefined || next >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = next;
    const wait = Math.min(Math.max(Math.ceil(next - this.options.now()), 0), longestTimer);
    this.timer = setTimeout(() => this.release(), wait).unref();
  }

  private release(): void {
    this.timer = undefined;
    this.timerAt = Infinity;
    for (
      let key = this.delayed.take(this.options.now());
      key !== undefined;
      key = this.delayed.take(this.options.now())
    )
      this.add(key);
    this.schedule();
  }
}

/** What is known of a key that does not do well. */
interface Failures {
  /** Failures in a row after a back-off that it waited for to its end. */
  backoffs: number;
  /** When its back-off ends. */
  dueAt: number;
}

/** Node's timers fire at once beyond this. */
const longestTimer = 2 ** 31 - 1;
