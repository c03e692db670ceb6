import type { Logger } from '../process/logger.ts';
import type { Metrics } from '../process/metrics.ts';
import type { Controller } from './controller.ts';

export interface ManagerOptions {
  logger: Logger;
  metrics: Metrics;
  /** Milliseconds that running reconciles get to finish after the signal aborts. Default 10 000. */
  drainMs?: number;
}

/** Runs controllers side by side from start until the signal aborts; resolves when all have drained. */
export type RunControllers = (
  controllers: Controller[],
  options: ManagerOptions,
  signal: AbortSignal,
) => Promise<void>;
