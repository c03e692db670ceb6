import type { Logger } from '../process/logger.ts';
import type { Metrics } from '../process/metrics.ts';
import type { Controller } from './controller.ts';

export interface ManagerOptions {
  logger: Logger;
  metrics: Metrics;
  /** Milliseconds that running reconciles get to finish after the signal aborts. Default 10 000. */
  drainMs?: number;
  /** The most that the back-off of a key grows to, in milliseconds and before its jitter. Default 1000 s. */
  maxBackoffMs?: number;
  /** Milliseconds within which the watches must be in step with the API server. Default 10 minutes. */
  syncTimeoutMs?: number;
}

/**
 * Runs controllers side by side from start until the signal aborts; resolves when all have drained. Rejects when a
 * controller's watches are not in step in time, or reconciles still run after `drainMs`; the others are stopped first.
 */
export type RunControllers = (
  controllers: Controller[],
  options: ManagerOptions,
  signal: AbortSignal,
) => Promise<void>;
