import type { KubeObject } from '../runtime/client/object.ts';
import type { EventRecorder } from '../runtime/controller/events.ts';
import type { Metrics } from '../runtime/process/metrics.ts';
import { describe, type Repair } from './apply/index.ts';
import { operatorMetrics } from './metrics.ts';

const whatOf = ({ ref, fields, wasDeleted, by }: Repair): string => {
  const who = by ? ` by ${by}` : '';
  if (wasDeleted) return `${describe(ref)} was deleted and is back`;
  const what = fields.length > 0 ? fields.join(', ') : 'something that was added';
  return `${describe(ref)}: ${what} was changed${who} and is put back`;
};

/**
 * Tells of repairs by metric and event. Somebody who undoes every repair is a conflict, which the event says together
 * with what to do.
 * @param regarding the CR of an owner, with apiVersion and kind; undefined when it is gone
 */
export const reportRepairs = (
  metrics: Metrics,
  recorder: EventRecorder,
  regarding: (owner: string) => KubeObject | undefined,
): ((repair: Repair) => void) => {
  const repairs = metrics.counter(operatorMetrics.repairs);
  return (repair) => {
    repairs.inc({
      kind: repair.ref.resource.kind,
      change: repair.wasDeleted ? 'deleted' : 'changed',
      fought: String(repair.isFought),
    });
    const object = regarding(repair.owner);
    if (!object) return;
    const conflict =
      'It happens again and again: stop whatever else manages this object, or change the resource itself';
    recorder.record({
      regarding: object,
      type: repair.isFought ? 'Warning' : 'Normal',
      reason: repair.isFought ? 'RepairConflict' : 'Repaired',
      action: 'Repair',
      note: repair.isFought ? `${whatOf(repair)}. ${conflict}` : whatOf(repair),
    });
  };
};
