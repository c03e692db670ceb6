import { isConflict } from '../../runtime/client/errors.ts';
import { type Controller, FinalError } from '../../runtime/controller/controller.ts';

const firstMs = 100;
const longestMs = 15_000;

/** Doubles with each failure in a row, from a tenth of a second to a quarter of a minute, with up to a quarter of jitter. */
const backOffMs = (failures: number, random: () => number): number =>
  Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (1 + random() / 4);

/**
 * The same controller, but with pauses of a quarter of a minute at most between attempts: an agent must be back soon after its
 * hub is, however long the hub was away, where a work queue would by then wait a quarter of an hour.
 */
export const untilNextTry = (controller: Controller, random: () => number = Math.random): Controller => {
  const failures = new Map<string, number>();
  return {
    ...controller,
    async reconcile(key, context) {
      try {
        const result = await controller.reconcile(key, context);
        failures.delete(key);
        return result;
      } catch (error) {
        if (context.signal.aborted || error instanceof FinalError || isConflict(error)) throw error;
        const count = (failures.get(key) ?? 0) + 1;
        failures.set(key, count);
        const requeueAfterMs = Math.round(backOffMs(count, random));
        context.log.error('reconcile failed', { error, failures: count, retryMs: requeueAfterMs });
        return { requeueAfterMs };
      }
    },
  };
};
