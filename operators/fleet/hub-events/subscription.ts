import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../../runtime/cache/backoff.ts';
import { untilAborted } from '../../runtime/client/abort.ts';
import {
  type CloudEvent,
  decodeEvent,
  encodePublishRequest,
  encodeSubscriptionRequest,
  newEvent,
  textAttribute,
} from '../../runtime/cloudevents/event.ts';
import { heartbeatType } from '../../runtime/cloudevents/event-type.ts';
import { publishPath, subscribePath } from '../../runtime/cloudevents/service.ts';
import type { GrpcClient } from '../../runtime/grpc/client.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { asClientError } from './errors.ts';

/** Milliseconds within which the hub answers a question. */
const answerMs = 30_000;

/** The version of an object that somebody knows, by its uid. */
export type KnownVersion = readonly [uid: string, version: number];

export interface SubscriptionOptions {
  grpc: GrpcClient;
  /** Who asks, as events name it. */
  source: string;
  cluster: string;
  dataType: string;
  /** After so many milliseconds without a word the subscription is made anew; undefined waits for ever. */
  healthinessMs: number | undefined;
  onEvent: (event: CloudEvent) => void;
  /** What is known already, of which the hub tells only what is newer; undefined where the hub cannot be asked. */
  known?: () => KnownVersion[];
  log: Logger;
}

/** Hears what a hub says of one kind of objects of one cluster. */
export interface Subscription {
  /** Resolves once the hub is listened to. Rejects when the present attempt fails, which is made again. */
  opened(signal?: AbortSignal): Promise<void>;
  /**
   * Asks the hub for what is newer than what is known, and resolves when all of the answer was heard. Rejects with an
   * ApiError or a ConnectionError.
   */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Lets go of the present connection; the next one is made at once. */
  renew(): void;
  /** Resolves when the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

const isHeartbeat = ({ type }: CloudEvent): boolean => type === heartbeatType;

export const createSubscription = (options: SubscriptionOptions): Subscription => {
  const { grpc, cluster, dataType, source, log, known } = options;
  const about = `subscribe to ${dataType}`;
  let opening = Promise.withResolvers<void>();
  opening.promise.catch(() => {});
  let attempt = new AbortController();
  /** Who waits for the end of an answer, by the mark that stands there. */
  const asked = new Map<string, PromiseWithResolvers<void> & { isSent: boolean }>();

  const hear = (event: CloudEvent): void => {
    const uid = textAttribute(event, 'resourceid') ?? '';
    const waiter = asked.get(uid);
    if (waiter) waiter.resolve();
    else if (!isHeartbeat(event)) options.onEvent(event);
    // A server has nothing more to say when it sends one.
    else for (const { isSent, resolve } of asked.values()) if (isSent) resolve();
  };

  /** An unknown object is told to be gone, after everything else: by that the end of an answer is known. */
  const ask = async (signal?: AbortSignal): Promise<void> => {
    const mark = randomUUID();
    const waiter = { ...Promise.withResolvers<void>(), isSent: false };
    waiter.promise.catch(() => {});
    asked.set(mark, waiter);
    const timer = setTimeout(
      () => waiter.reject(new GrpcError(code.deadlineExceeded, 'the hub did not answer in time')),
      answerMs,
    );
    const resourceVersions = [...known!(), [mark, 1] as const].map(([resourceID, resourceVersion]) => ({
      resourceID,
      resourceVersion,
    }));
    const event = newEvent(
      { source, type: `${dataType}.spec.resync_request` },
      { clustername: cluster },
      { resourceVersions },
    );
    try {
      await grpc.unary(publishPath, encodePublishRequest(event), { signal, timeoutMs: answerMs });
      waiter.isSent = true;
      await untilAborted(waiter.promise, signal);
    } finally {
      clearTimeout(timer);
      asked.delete(mark);
    }
  };

  const listen = async (signal: AbortSignal): Promise<never> => {
    const begun = Promise.withResolvers<void>();
    const silence = new AbortController();
    const { healthinessMs } = options;
    const watchdog =
      healthinessMs === undefined
        ? undefined
        : setTimeout(() => {
            grpc.renew();
            silence.abort(new GrpcError(code.unavailable, 'no heartbeat came from the server'));
          }, healthinessMs);
    const messages = grpc.stream(
      subscribePath,
      encodeSubscriptionRequest({ source, clusterName: cluster, dataType }),
      {
        signal: AbortSignal.any([signal, silence.signal]),
        onHeaders: (headers) => headers['subscription-id'] !== undefined && begun.resolve(),
      },
    );
    const hearing = async (): Promise<never> => {
      for await (const message of messages) {
        watchdog?.refresh();
        hear(decodeEvent(message));
      }
      throw new GrpcError(code.unavailable, 'the server ended the subscription');
    };
    const heard = hearing();
    heard.catch(() => {});
    try {
      await Promise.race([begun.promise, heard]);
      if (known) await Promise.race([ask(signal), heard]);
      opening.resolve();
      return await heard;
    } finally {
      clearTimeout(watchdog);
    }
  };

  /** Those who wait hear of the failure; those who come wait for the next attempt. */
  const failed = (error: unknown): void => {
    opening.reject(error);
    opening = Promise.withResolvers<void>();
    opening.promise.catch(() => {});
    for (const { reject } of asked.values()) reject(error);
  };

  return {
    opened: (signal) => untilAborted(opening.promise, signal),

    async refresh(signal) {
      await untilAborted(opening.promise, signal);
      try {
        await ask(signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw asClientError(error, about);
      }
    },

    renew: () => attempt.abort(new GrpcError(code.unavailable, 'the connection is made anew')),

    async run(signal) {
      const backoff = new Backoff();
      let isFailing = false;
      while (!signal.aborted) {
        attempt = new AbortController();
        const began = performance.now();
        const settled = opening.promise.then(
          () => {
            backoff.reset();
            if (isFailing) log.info('the gRPC server of the hub answers again', { dataType });
            isFailing = false;
          },
          () => {},
        );
        try {
          await listen(AbortSignal.any([signal, attempt.signal]));
        } catch (error) {
          failed(signal.aborted ? signal.reason : asClientError(error, about));
          await settled;
          if (signal.aborted) return;
          if (attempt.signal.aborted) continue;
          if (error instanceof GrpcError && error.code === code.unauthenticated) grpc.renew();
          const fields = { dataType, error, afterMs: Math.round(performance.now() - began) };
          if (isFailing) log.debug(2, 'the hub cannot be listened to; trying again', fields);
          else log.warn('the hub cannot be listened to over gRPC; trying again', fields);
          isFailing = true;
        }
        await delay(backoff.next(), undefined, { signal }).catch(() => {});
      }
    },
  };
};
