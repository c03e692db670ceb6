import { aborted } from '../client/abort.ts';
import { isConflict } from '../client/errors.ts';
import type { Logger } from '../process/logger.ts';
import { breath } from './breath.ts';
import { type Controller, FinalError, type Result } from './controller.ts';
import type { ManagerOptions, RunControllers } from './manager.ts';
import { queueMetrics } from './queue/queue-metrics.ts';
import { WorkQueue } from './queue/queue.ts';
import { type ReconcileMetrics, reconcileMetrics } from './reconcile-metrics.ts';

const defaultConcurrency = 4;
const defaultResyncMs = 10 * 3_600_000;
const defaultSyncTimeoutMs = 10 * 60_000;
const defaultDrainMs = 10_000;

/** `-v` from which on each successful reconcile is logged. */
const reconciledLevel = 4;

export const runControllers: RunControllers = async (controllers, options, signal) => {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const running = controllers.map((controller) =>
    runController(controller, options, both).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const ended = await Promise.allSettled(running);
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
};

const runController = async (
  controller: Controller,
  {
    logger,
    metrics,
    maxBackoffMs,
    drainMs = defaultDrainMs,
    syncTimeoutMs = defaultSyncTimeoutMs,
  }: ManagerOptions,
  signal: AbortSignal,
): Promise<void> => {
  const log = logger.with({ controller: controller.name });
  const observer = queueMetrics(metrics, controller.name);
  const queue = new WorkQueue({ observer, maxDelayMs: maxBackoffMs });
  observer.observe(queue);
  const concurrency = controller.concurrency ?? defaultConcurrency;
  const counts = reconcileMetrics(metrics, controller.name, concurrency);

  const watching = new Watching(controller, queue, log);
  try {
    watching.start();
    if (!(await synced(controller, syncTimeoutMs, signal))) return;
    log.debug(2, 'controller started', { workers: concurrency });
    const workers = Array.from({ length: concurrency }, () => work(controller, queue, log, counts, signal));
    await aborted(signal);
    await drained(controller, queue, drainMs);
    await Promise.all(workers);
  } finally {
    watching.stop();
    void queue.shutDown({ discard: true });
  }
};

/** The controller's watches, started anew at each resync so that every key they know comes again. */
class Watching {
  private readonly controller: Controller;
  private readonly queue: WorkQueue;
  private readonly log: Logger;
  private stops: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(controller: Controller, queue: WorkQueue, log: Logger) {
    this.controller = controller;
    this.queue = queue;
    this.log = log;
  }

  start(): void {
    this.replaceWatches(0);
    this.scheduleResync();
  }

  stop(): void {
    clearTimeout(this.timer);
    for (const stop of this.stops.splice(0)) stop();
  }

  private scheduleResync(): void {
    const period = this.controller.resyncMs ?? defaultResyncMs;
    const wait = Math.min(period * (1 + Math.random() / 10), 2 ** 31 - 1);
    this.timer = setTimeout(() => {
      this.replaceWatches(period / 10);
      this.scheduleResync();
    }, wait).unref();
  }

  /** What a watch enqueues while it starts is spread over `spreadMs`, lest a resync comes as a burst. */
  private replaceWatches(spreadMs: number): void {
    const previous = this.stops;
    this.stops = [];
    for (const watch of this.controller.watches) {
      let starting = true;
      const enqueue = (key: string, afterMs = 0) =>
        this.queue.addAfter(key, starting ? Math.max(afterMs, Math.random() * spreadMs) : afterMs);
      const failed = (error: unknown) =>
        this.log.error('a change could not be mapped to keys', { watch: watch.name, error });
      this.stops.push(watch.start(enqueue, failed));
      starting = false;
    }
    for (const stop of previous) stop();
  }
}

/** False when the signal aborted before the watches were in step. */
const synced = async (controller: Controller, timeoutMs: number, signal: AbortSignal): Promise<boolean> => {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs).unref();
  const either = AbortSignal.any([signal, timeout.signal]);
  const waiting = new Set(controller.watches);
  try {
    await Promise.all(
      controller.watches.map(async (watch) => {
        await watch.waitForSync(either);
        waiting.delete(watch);
      }),
    );
    return !signal.aborted;
  } catch (error) {
    if (signal.aborted) return false;
    if (!timeout.signal.aborted) throw error;
    const names = [...waiting].map(({ name }) => name).join(', ');
    throw new Error(
      `controller ${controller.name}: the watches of ${names} are not in step with the API server after ${timeoutMs / 1000} s; ` +
        'see the log for what the API server answers, and check the permissions and that the resources exist',
    );
  } finally {
    clearTimeout(timer);
  }
};

const work = async (
  controller: Controller,
  queue: WorkQueue,
  log: Logger,
  counts: ReconcileMetrics,
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    const key = await queue.take();
    if (key === undefined) return;
    const began = performance.now();
    counts.began();
    const outcome = await reconcileOne(controller, key, log, signal);
    const durationMs = Math.round((performance.now() - began) * 10) / 10;
    counts.ended(outcome.result, durationMs / 1000);
    settle(outcome, key, queue, log.with({ key, durationMs }), signal);
    queue.done(key);
    // Where nothing is to be written nothing waits, and thousands of keys would be one piece.
    await breath();
  }
};

type Outcome =
  { result: 'success' } | { result: 'requeue_after'; afterMs: number } | { result: 'error'; error: unknown };

const reconcileOne = async (
  controller: Controller,
  key: string,
  log: Logger,
  signal: AbortSignal,
): Promise<Outcome> => {
  try {
    const result: Result = await controller.reconcile(key, { log: log.with({ key }), signal });
    return result ? { result: 'requeue_after', afterMs: result.requeueAfterMs } : { result: 'success' };
  } catch (error) {
    return { result: 'error', error };
  }
};

/** Decides when a key comes again, and says what happened. */
const settle = (outcome: Outcome, key: string, queue: WorkQueue, log: Logger, signal: AbortSignal): void => {
  if (outcome.result !== 'error') {
    queue.forget(key);
    if (outcome.result === 'requeue_after') queue.addAfter(key, outcome.afterMs);
    log.debug(
      reconciledLevel,
      'reconciled',
      outcome.result === 'requeue_after' ? { again: outcome.afterMs } : {},
    );
    return;
  }
  const { error } = outcome;
  if (signal.aborted) return log.debug(reconciledLevel, 'reconcile stopped', { error });
  if (error instanceof FinalError) {
    queue.forget(key);
    return log.error('reconcile failed; it is not tried again before something changes', { error });
  }
  const retryMs = Math.round(queue.addRateLimited(key));
  // Somebody else wrote in between: what the next attempt reads is newer, and nobody has to act.
  if (isConflict(error)) log.debug(2, 'reconcile met a conflict', { error, retryMs });
  else log.error('reconcile failed', { error, retryMs });
};

const drained = async (controller: Controller, queue: WorkQueue, drainMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () =>
      reject(
        new Error(`controller ${controller.name}: reconciles still run ${drainMs / 1000} s after the stop`),
      );
    timer = setTimeout(fail, drainMs).unref();
  });
  try {
    await Promise.race([queue.shutDown({ discard: true }), late]);
  } finally {
    clearTimeout(timer);
  }
};
