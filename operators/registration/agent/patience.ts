import type { Controller } from '../../runtime/controller/controller.ts';

/**
 * The same controller, but with pauses of a quarter of a minute at most between attempts: an agent must be back soon after its
 * hub is, however long the hub was away, where a work queue would by then wait a quarter of an hour.
 */
export const untilNextTry = (controller: Controller): Controller => ({ ...controller, maxBackoffMs: 15_000 });
