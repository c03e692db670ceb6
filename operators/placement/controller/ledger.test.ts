import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PlacementDecision } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import { countDecisions } from '../scheduling/prioritizers/balance.ts';
import { foreign, seed } from '../scheduling/fixture.ts';
import { FedHub, nextVersion } from './fixture.ts';

const clusters = ['c0', 'c1', 'c2'] as const;

interface Target {
  placement: 'p0' | 'p1' | 'p2';
  shard: 1 | 2;
}
type Step =
  | ({ do: 'plan' | 'write'; clusters: string[]; isAnsweredLate: boolean } & Target)
  | ({ do: 'edit'; clusters: string[] } & Target)
  | ({ do: 'remove' | 'removeByHand' | 'settle' } & Target)
  | { do: 'hear' | 'hearAgain' | 'answer' };

const target = {
  placement: fc.constantFrom('p0', 'p1', 'p2'),
  shard: fc.constantFrom(1, 2),
} as const;
const some = fc.subarray([...clusters]);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('plan', 'write', 'write'),
    ...target,
    clusters: some,
    isAnsweredLate: fc.boolean(),
  }),
  fc.record({ do: fc.constant('edit'), ...target, clusters: some }),
  fc.record({ do: fc.constantFrom('remove', 'removeByHand', 'settle'), ...target }),
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('hear', 'hear', 'hearAgain', 'answer') }) },
) as fc.Arbitrary<Step>;

interface Told {
  type: 'put' | 'deleted';
  object: PlacementDecision;
  isOwn: boolean;
}

/** An API server, what it has yet to tell by its watch and by its answers, and the ledger that hears of it. */
class World {
  readonly hub = new FedHub();
  readonly stored = new Map<string, PlacementDecision>();
  readonly #planned = new Map<string, PlacementDecision[]>();
  readonly #toHear: Told[] = [];
  readonly #toAnswer: PlacementDecision[] = [];
  #last: Told | undefined;
  #incarnation = 0;
  /** What the ledger said of the change that came last. */
  #isEcho: boolean | undefined;

  constructor() {
    this.hub.caches.decisions.onChange((change: Change<PlacementDecision>) => {
      this.#isEcho = this.hub.ledger.isEcho(change);
    });
  }

  step(step: Step): void {
    switch (step.do) {
      case 'plan':
        return this.#isWaiting(step) ? undefined : this.#plan(step, step.clusters);
      case 'write':
        return this.#write(step, step.clusters, step.isAnsweredLate);
      case 'edit':
        return this.#edit(step, step.clusters);
      case 'remove':
        return this.#remove(step, true);
      case 'removeByHand':
        return this.#remove(step, false);
      case 'settle':
        if (this.#isWaiting(step)) return;
        this.#planned.delete(step.placement);
        return this.hub.ledger.settle(`tenant/${step.placement}`);
      case 'hear':
        return this.#hear(this.#toHear.shift());
      case 'hearAgain':
        return this.#last && this.#tell(this.#last);
      case 'answer': {
        const answer = this.#toAnswer.shift();
        if (answer) this.hub.ledger.wrote(answer);
      }
    }
  }

  /** All answers and events come, and nothing is planned any more. */
  end(): void {
    for (const answer of this.#toAnswer.splice(0)) this.hub.ledger.wrote(answer);
    while (this.#toHear.length > 0) this.#hear(this.#toHear.shift());
    for (const placement of [...this.#planned.keys()]) this.hub.ledger.settle(`tenant/${placement}`);
    this.#planned.clear();
  }

  /** What is counted anew of what the ledger has, and of plans in place of that. */
  get counted(): Map<string, number> {
    const known = ['p0', 'p1', 'p2'].flatMap(
      (placement) => this.#planned.get(placement) ?? this.hub.ledger.of(`tenant/${placement}`),
    );
    return countDecisions(known);
  }

  #object({ placement, shard }: Target, uid: string, decided?: readonly string[]): PlacementDecision {
    return {
      metadata: {
        name: `${placement}-decision-${shard}`,
        namespace: 'tenant',
        uid,
        resourceVersion: nextVersion(),
        labels: { [label.placement]: placement },
      },
      ...(decided && { status: { decisions: decided.map((clusterName) => ({ clusterName, reason: '' })) } }),
    };
  }

  /** One thing after the other is done for a placement: not before an answer is there. */
  #isWaiting({ placement }: Target): boolean {
    return this.#toAnswer.some(({ metadata }) => metadata.labels![label.placement] === placement);
  }

  #plan(at: Target, decided: readonly string[]): void {
    const planned = [this.#object(at, 'planned', decided)];
    this.#planned.set(at.placement, planned);
    this.hub.ledger.plan(`tenant/${at.placement}`, planned);
  }

  /** As the controller writes: what it plans, and only where it knows the state that it replaces. */
  #write(at: Target, decided: readonly string[], isAnsweredLate: boolean): void {
    const name = `${at.placement}-decision-${at.shard}`;
    const [stored, known] = [this.stored.get(name), this.hub.ledger.find(name, 'tenant')];
    if (this.#isWaiting(at)) return;
    if (stored?.metadata.resourceVersion !== known?.metadata.resourceVersion) return;
    this.#plan(at, decided);
    const next = stored
      ? this.#object(at, stored.metadata.uid!, decided)
      : this.#object(at, `uid-${++this.#incarnation}`);
    this.stored.set(name, next);
    this.#toHear.push({ type: 'put', object: next, isOwn: true });
    if (isAnsweredLate) this.#toAnswer.push(next);
    else this.hub.ledger.wrote(next);
  }

  #edit(at: Target, decided: readonly string[]): void {
    const name = `${at.placement}-decision-${at.shard}`;
    const uid = this.stored.get(name)?.metadata.uid ?? `uid-${++this.#incarnation}`;
    const next = this.#object(at, uid, [...decided, 'by-hand']);
    this.stored.set(name, next);
    this.#toHear.push({ type: 'put', object: next, isOwn: false });
  }

  #remove(at: Target, isOwn: boolean): void {
    const name = `${at.placement}-decision-${at.shard}`;
    const stored = this.stored.get(name);
    const known = this.hub.ledger.find(name, 'tenant');
    if (!stored || (isOwn && known?.metadata.uid !== stored.metadata.uid)) return;
    this.stored.delete(name);
    const last = { ...stored, metadata: { ...stored.metadata, resourceVersion: nextVersion() } };
    this.#toHear.push({ type: 'deleted', object: last, isOwn });
    if (isOwn) this.hub.ledger.removed(known!);
  }

  #hear(told: Told | undefined): void {
    if (!told) return;
    this.#last = told;
    const isGone = this.#removedByOwn.has(told.object.metadata.uid!);
    this.#tell(told);
    // What is said of an object that one has removed since is nothing new either.
    if (this.#isEcho !== undefined && !isGone) expect([told, this.#isEcho]).toEqual([told, told.isOwn]);
  }

  get #removedByOwn(): Set<string> {
    return new Set(
      this.#toHear
        .filter(({ type, isOwn }) => type === 'deleted' && isOwn)
        .map(({ object }) => object.metadata.uid!),
    );
  }

  #tell({ type, object }: Told): void {
    this.#isEcho = undefined;
    if (type === 'put') this.hub.caches.decisions.put(object);
    else this.hub.caches.decisions.delete(object);
  }
}

describe('the ledger of decisions', () => {
  test('counts what counting anew gives, whatever is written, heard late or heard again; what is one’s own is an echo', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
        const world = new World();
        for (const each of steps) {
          world.step(each);
          expect(world.hub.ledger.counts).toEqual(world.counted);
        }
        world.end();
        expect(world.hub.ledger.counts).toEqual(countDecisions(world.stored.values()));
      }),
      { seed, numRuns: 2000 },
    );
  });

  test('counts objects without a label, and finds the placements whose decisions name a cluster', () => {
    const { caches, ledger } = new FedHub();
    const [stray, labelled] = [foreign(['c1', 'c2']), foreign(['c1'], { [label.placement]: 'p' })];
    for (const { metadata } of [stray, labelled]) metadata.uid = `uid-${metadata.name}`;
    caches.decisions.put(stray, labelled);
    expect([...ledger.counts]).toEqual([
      ['c1', 2],
      ['c2', 1],
    ]);
    expect(ledger.naming('c1')).toEqual(['elsewhere/p']);
    expect(ledger.naming('c2')).toEqual([]);
    caches.decisions.delete(stray);
    expect([...ledger.counts]).toEqual([['c1', 1]]);
  });
});
