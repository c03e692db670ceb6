import { type Placement, placements } from '../../api/generated/cluster.ts';
import { Latest } from '../../runtime/cache/latest.ts';
import type { Client } from '../../runtime/client/client.ts';
import { fromKey, keyOf } from '../../runtime/client/object.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import { type Controller, FinalError, type Result } from '../../runtime/controller/controller.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import type { EventRecorder } from '../../runtime/controller/events.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import type { Decided } from '../scheduling/decide.ts';
import { decisionChanges } from '../scheduling/decisions/changes.ts';
import { nextEndOfToleration } from '../scheduling/filters/taint-toleration.ts';
import { isLeftAlone } from '../scheduling/left-alone.ts';
import { countDecisions } from '../scheduling/prioritizers/balance.ts';
import { placementStatus } from '../scheduling/status/status.ts';
import type { Caches } from './caches.ts';
import { decisionEvents } from './decision-events.ts';
import { fieldManager, writeDecisions } from './decision-writer.ts';
import type { PassMetrics } from './metrics.ts';
import { type ChoiceNow, Scheduler } from './scheduler.ts';
import { ScorePace } from './score-pace.ts';
import { watchesOf } from './watches.ts';

export interface SchedulingDependencies {
  hub: Client;
  caches: Caches;
  events: EventRecorder;
  metrics: PassMetrics;
  log: Logger;
  now?: () => number;
}

/** Placements decided on side by side: each waits for its writes most of the time. */
const concurrency = 10;
/** No timer is set for longer, in milliseconds; when it is over there is still nothing to do, and another is set. */
const longestWaitMs = 24 * 3_600_000;

/**
 * Decides for each Placement which clusters it selects, keeps its PlacementDecisions and its status (placement.md 4). All
 * of a pass is decided at one moment; a pass that has nothing to change writes nothing.
 */
export const schedulingController = (deps: SchedulingDependencies): Controller => {
  const { caches, hub, events, metrics, log, now = Date.now } = deps;
  const scheduler = new Scheduler(caches, { log, now, observe: metrics.observer });
  const { members, ledger } = scheduler;
  const latest = new Latest(caches.placements);
  const pace = new ScorePace();
  /** The status that a placement was given last, by its key. */
  const shown = new Map<string, Placement['status']>();

  const forget = (key: string): void => {
    pace.forget(key);
    shown.delete(key);
    const { name, namespace } = fromKey(key);
    latest.forget(name, namespace);
  };

  /** Decides, and lets what was decided count for others at once. */
  const schedule = async (key: string, placement: Placement, signal: AbortSignal): Promise<Decided> => {
    const choice = choiceOf(scheduler, placement);
    const filtered = await scheduler.filter(placement, choice, signal);
    // From here on nothing waits: what is counted is what is decided from.
    const decided = scheduler.decide(placement, choice, filtered);
    ledger.plan(key, decided.desired.decisions);
    return decided;
  };

  const write = async (key: string, placement: Placement, decided: Decided, signal: AbortSignal) => {
    const { desired, outcome, totals } = decided;
    const { name, namespace } = placement.metadata;
    const own = ledger.of(key);
    const adopted = desired.decisions.flatMap((each) => ledger.find(each.metadata.name, namespace) ?? []);
    const changes = decisionChanges(name, [...new Set([...own, ...adopted])], desired.decisions);
    const done = await writeDecisions(hub, ledger, changes, signal);
    for (const event of decisionEvents(placement, done, totals, outcome.problem)) events.record(event);
    const status = {
      ...placementStatus(placement, outcome, desired.groups, new Date(now())),
      ...(placement.spec.sortBy === 'Score' &&
        done.updated.length > 0 && { lastScoreUpdateTime: timestamp(new Date(now())) }),
    };
    // Before it is written: the watch may be faster than the answer.
    shown.set(key, status);
    latest.wrote(await patchStatus(hub, placements, placement, status, { fieldManager, signal }));
    if (done.errors.length === 1) throw done.errors[0];
    if (done.errors.length > 1)
      throw new AggregateError(done.errors, `${done.errors.length} PlacementDecisions were not written`);
  };

  return {
    name: 'SchedulingController',
    watches: watchesOf({
      caches,
      members,
      ledger,
      pace,
      now,
      isEcho: ({ object, previous }) =>
        object.metadata.generation === previous.metadata.generation &&
        object.metadata.deletionTimestamp === previous.metadata.deletionTimestamp &&
        semanticEqual(object.metadata.annotations, previous.metadata.annotations) &&
        semanticEqual(object.status, shown.get(keyOf(object))),
    }),
    concurrency,
    async reconcile(key, { signal }): Promise<Result> {
      const { name, namespace } = fromKey(key);
      if (!caches.placements.get(name, namespace)) return forget(key);
      const placement = latest.get(name, namespace)!;
      if (isLeftAlone(placement)) return;
      const began = performance.now();
      const decided = await schedule(key, placement, signal);
      const scheduled = performance.now();
      metrics.scheduled(scheduled - began);
      try {
        await write(key, placement, decided, signal);
      } finally {
        ledger.settle(key);
        metrics.bound(performance.now() - scheduled);
      }
      const due = dueAt(caches, placement, decided, now());
      if (due === undefined) return;
      return { requeueAfterMs: Math.min(Math.max(due - now(), 0), longestWaitMs) };
    },
  };
};

const choiceOf = (scheduler: Scheduler, placement: Placement): ChoiceNow => {
  try {
    return scheduler.choose(placement);
  } catch (error) {
    // Which clusters a set was meant to have does not change before the set does, and that is a change that is heard of.
    throw new FinalError((error as Error).message, { cause: error });
  }
};

/** When time alone changes the answer: a toleration or a score ends (placement.md 6.2, P6); in milliseconds since 1970. */
const dueAt = (
  { clusters }: Caches,
  { spec }: Placement,
  { desired, rescoreAt }: Decided,
  now: number,
): number | undefined => {
  const decided = new Set(countDecisions(desired.decisions).keys());
  const toleration = { tolerations: spec.tolerations ?? [], decided, now };
  const ends = nextEndOfToleration((name) => clusters.get(name), toleration);
  const due = Math.min(ends ?? Infinity, rescoreAt ?? Infinity);
  return due === Infinity ? undefined : due;
};
