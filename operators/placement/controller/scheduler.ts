import type { Placement } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';
import { keyOf } from '../../runtime/client/object.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { type Decided, decide } from '../scheduling/decide.ts';
import type { ScoresOf } from '../scheduling/filters/cel-environment.ts';
import { type FilterResult, filterInSlices } from '../scheduling/filters/pipeline.ts';
import type { SchedulingObserver } from '../scheduling/observer.ts';
import { countDecisions } from '../scheduling/prioritizers/balance.ts';
import { type Caches, scoresIn } from './caches.ts';
import { DecisionLedger } from './ledger.ts';
import { Members } from './members.ts';
import { type Choice, choiceFor } from './supply.ts';

export interface SchedulerOptions {
  log: Logger;
  observe?: SchedulingObserver;
  now?: () => number;
}

/** What a placement chooses from, and the moment at which all of it is decided, in milliseconds since 1970. */
export interface ChoiceNow extends Choice {
  now: number;
}

/**
 * Decides about placements from what is known of the hub, in the steps {@link choose}, {@link filter} and {@link decide}
 * (placement.md 4). It writes nothing and counts nothing: whoever carries decisions out plans them in the ledger.
 */
export class Scheduler {
  readonly members: Members;
  readonly ledger: DecisionLedger;
  readonly #caches: Caches;
  readonly #circumstances: { scoresOf: ScoresOf; observe: SchedulingObserver | undefined };
  readonly #now: () => number;

  constructor(caches: Caches, { log, observe, now = Date.now }: SchedulerOptions) {
    this.members = new Members(caches.clusters, caches.sets, log);
    this.ledger = new DecisionLedger(caches.decisions);
    this.#caches = caches;
    this.#circumstances = { scoresOf: scoresIn(caches.scores), observe };
    this.#now = now;
  }

  /**
   * What a placement chooses from.
   * @throws when the selector of an eligible set makes no sense; the message names the set
   */
  choose(placement: Placement): ChoiceNow {
    return { ...choiceFor(this.#caches, this.members, placement), now: this.#now() };
  }

  /** Which of these clusters the filters let pass; other work is done meanwhile, as it may take long. */
  filter(placement: Placement, { available, now }: ChoiceNow, signal: AbortSignal): Promise<FilterResult> {
    const present = this.ledger.of(keyOf(placement));
    let names: ReadonlyMap<string, number> | undefined;
    // Taints of one kind only ask for it.
    const decided = { has: (name: string) => (names ??= countDecisions(present)).has(name) };
    return filterInSlices(placement.spec, available, { ...this.#circumstances, now, decided }, signal);
  }

  /** The decisions: nothing may wait between this and {@link DecisionLedger.plan}. */
  decide(placement: Placement, { supply, mayStay, now }: ChoiceNow, filtered: FilterResult): Decided {
    return decide({
      ...this.#circumstances,
      now,
      placement,
      supply,
      filtered,
      mayStay,
      present: this.ledger.of(keyOf(placement)),
      allDecisions: this.ledger.counts,
      hasStableGroups: placement.metadata.annotations?.[annotation.stableDecisionGroups] === 'true',
    });
  }
}
