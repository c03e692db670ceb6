import { type Placement, placements } from '../../api/generated/cluster.ts';
import type { Client } from '../../runtime/client/client.ts';
import { fromKey, keyOf } from '../../runtime/client/object.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import { type Controller, FinalError, type Result } from '../../runtime/controller/controller.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import type { EventRecorder } from '../../runtime/controller/events.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { UnderWay } from '../../runtime/controller/under-way.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import type { Decided } from '../scheduling/decide.ts';
import { type DecisionChanges, decisionChanges } from '../scheduling/decisions/changes.ts';
import { nextEndOfToleration } from '../scheduling/filters/taint-toleration.ts';
import { isLeftAlone } from '../scheduling/left-alone.ts';
import { countDecisions } from '../scheduling/prioritizers/balance.ts';
import { placementStatus } from '../scheduling/status/status.ts';
import type { Caches } from './caches.ts';
import { decisionEvents, scoresText } from './decision-events.ts';
import { fieldManager, writeDecisions } from './decision-writer.ts';
import type { PassMetrics } from './metrics.ts';
import { type ChoiceNow, Scheduler } from './scheduler.ts';
import { ScorePace } from './changes/score-pace.ts';
import { watchesOf } from './changes/watches.ts';

export interface SchedulingDependencies {
  hub: Client;
  caches: Caches;
  events: EventRecorder;
  metrics: PassMetrics;
  log: Logger;
  /** Is told of passes, so that what can wait gives way to them. */
  passes?: UnderWay;
  now?: () => number;
}

/** What is to be written. It holds no more of what it came from: scores of a thousand clusters, while writes take their time. */
interface Plan extends Pick<Decided, 'desired' | 'outcome' | 'rescoreAt'> {
  changes: DecisionChanges;
  /** What events tell of scores. */
  scores: string;
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
  const { caches, hub, events, metrics, log, passes = new UnderWay(), now = Date.now } = deps;
  const scheduler = new Scheduler(caches, { log, now, observe: metrics.observer });
  const { members, ledger } = scheduler;
  const pace = new ScorePace();
  /** The status that a placement was given last, by its key. */
  const shown = new Map<string, Placement['status']>();

  const forget = (key: string): void => {
    pace.forget(key);
    shown.delete(key);
  };

  const isShown = (placement: Placement): boolean => {
    const key = keyOf(placement);
    if (!semanticEqual(placement.status, shown.get(key))) return false;
    // Kept once, as the cache has it.
    shown.set(key, placement.status);
    return true;
  };

  /** Decides, and lets what was decided count for others at once. */
  const schedule = async (key: string, placement: Placement, signal: AbortSignal): Promise<Plan> => {
    const choice = choiceOf(scheduler, placement);
    const filtered = await scheduler.filter(placement, choice, signal);
    // From here on nothing waits: what is counted is what is decided from.
    const { desired, outcome, totals, rescoreAt } = scheduler.decide(placement, choice, filtered);
    ledger.plan(key, desired.decisions);
    const { name, namespace } = placement.metadata;
    const own = ledger.of(key);
    const adopted = desired.decisions.flatMap((each) => ledger.find(each.metadata.name, namespace) ?? []);
    const changes = decisionChanges(name, [...new Set([...own, ...adopted])], desired.decisions);
    const isWriting = changes.create.length + changes.update.length > 0;
    return { desired, outcome, changes, scores: isWriting ? scoresText(totals) : '', rescoreAt };
  };

  const write = async (key: string, placement: Placement, plan: Plan, signal: AbortSignal) => {
    const { desired, outcome, changes, scores } = plan;
    const done = await writeDecisions(hub, ledger, changes, signal);
    const status = {
      ...placementStatus(placement, outcome, desired.groups, new Date(now())),
      ...(placement.spec.sortBy === 'Score' &&
        done.updated.length > 0 && { lastScoreUpdateTime: timestamp(new Date(now())) }),
    };
    // Before it is written: the watch may be faster than the answer.
    shown.set(key, status);
    try {
      const options = { fieldManager, signal };
      caches.placements.wrote(await patchStatus(hub, placements, placement, status, options));
    } finally {
      for (const event of decisionEvents(placement, done, scores, outcome.problem)) events.record(event);
    }
    if (done.errors.length === 1) throw done.errors[0];
    if (done.errors.length > 1)
      throw new AggregateError(done.errors, `${done.errors.length} PlacementDecisions were not written`);
  };

  const pass = async (key: string, signal: AbortSignal): Promise<Result> => {
    const { name, namespace } = fromKey(key);
    const placement = caches.placements.get(name, namespace);
    if (!placement) return forget(key);
    if (isLeftAlone(placement)) return;
    const began = performance.now();
    const plan = await schedule(key, placement, signal);
    const scheduled = performance.now();
    metrics.scheduled(scheduled - began);
    try {
      await write(key, placement, plan, signal);
    } finally {
      ledger.settle(key);
      metrics.bound(performance.now() - scheduled);
    }
    const due = dueAt(caches, placement, plan, now());
    if (due === undefined) return;
    return { requeueAfterMs: Math.min(Math.max(due - now(), 0), longestWaitMs) };
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
        isShown(object),
    }),
    concurrency,
    reconcile: (key, { signal }) => passes.during(() => pass(key, signal)),
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
  { desired, rescoreAt }: Plan,
  now: number,
): number | undefined => {
  const decided = new Set(countDecisions(desired.decisions).keys());
  const toleration = { tolerations: spec.tolerations ?? [], decided, now };
  const ends = nextEndOfToleration((name) => clusters.get(name), toleration);
  const due = Math.min(ends ?? Infinity, rescoreAt ?? Infinity);
  return due === Infinity ? undefined : due;
};
