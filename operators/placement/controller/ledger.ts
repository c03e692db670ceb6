import type { PlacementDecision } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import type { Change, Informer } from '../../runtime/cache/informer.ts';
import { isOlder } from '../../runtime/cache/version.ts';
import { keyOf } from '../../runtime/client/object.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { type DecisionCounts, countDecisions } from '../scheduling/prioritizers/balance.ts';

/** The key of the placement that a PlacementDecision says it is of, if it does. */
export const placementKeyOf = ({ metadata }: PlacementDecision): string | undefined => {
  const name = metadata.labels?.[label.placement];
  return name ? keyOf({ name, namespace: metadata.namespace }) : undefined;
};

/** Deletions remembered, until the answers to all writes of before have come; the oldest is forgotten first. */
const mostGone = 1000;

/**
 * All PlacementDecisions of the hub as last heard of or written, and how many of them name each cluster. A decision counts
 * as soon as it is made, before it is written: placements that are decided on side by side would else all take the cluster
 * that none has yet.
 */
export class DecisionLedger {
  readonly #current = new Map<string, PlacementDecision>();
  readonly #byPlacement = new Map<string, Map<string, PlacementDecision>>();
  readonly #counts = new Map<string, number>();
  /** By placement: decisions that count in place of those that are there, until they are written. */
  readonly #planned = new Map<string, { counts: DecisionCounts; decisions: readonly PlacementDecision[] }>();
  /** The resource versions of own writes that the watch has yet to bring, and the uids of own deletions, by uid. */
  readonly #written = new Map<string, string>();
  readonly #removed = new Set<string>();
  /** The uids of the objects that were last heard to be gone. */
  readonly #gone = new Set<string>();

  constructor(informer: Informer<PlacementDecision>) {
    informer.onChange((change) => this.#hear(change));
  }

  /** Decisions per cluster, of every placement on the hub. */
  get counts(): DecisionCounts {
    return this.#counts;
  }

  find(name: string, namespace: string | undefined): PlacementDecision | undefined {
    return this.#current.get(keyOf({ name, namespace }));
  }

  /** The PlacementDecisions with the label of a placement. */
  of(placement: string): PlacementDecision[] {
    return [...(this.#byPlacement.get(placement)?.values() ?? [])];
  }

  /** The keys of the placements whose decisions name a cluster. */
  naming(cluster: string): string[] {
    return [...this.#byPlacement.keys()].filter((placement) => this.names(placement, cluster));
  }

  /** Whether the decisions of a placement name a cluster. */
  names(placement: string, cluster: string): boolean {
    return (
      this.#counts.has(cluster) &&
      this.of(placement).some(({ status }) =>
        status?.decisions?.some(({ clusterName }) => clusterName === cluster),
      )
    );
  }

  /** Counts what a placement is to have in place of what it has, until {@link settle}. */
  plan(placement: string, desired: readonly PlacementDecision[]): void {
    this.#count(this.#countedFor(placement), -1);
    const counts = countDecisions(desired);
    this.#planned.set(placement, { counts, decisions: desired });
    this.#count(counts, 1);
  }

  /** What was planned is written, as far as it could be. */
  settle(placement: string): void {
    const planned = this.#planned.get(placement);
    if (!planned) return;
    this.#count(planned.counts, -1);
    this.#planned.delete(placement);
    this.#count(countDecisions(this.of(placement)), 1);
  }

  /** Takes the answer to a write of one's own. */
  wrote(decision: PlacementDecision): PlacementDecision {
    const { name, namespace, uid = '', resourceVersion = '' } = decision.metadata;
    const known = this.find(name, namespace)?.metadata;
    // The watch may have been faster, and have told of what others did afterwards.
    const isKnown = known?.uid === uid && !isOlder(known.resourceVersion, resourceVersion);
    if (isKnown || this.#gone.has(uid)) return decision;
    this.#written.set(uid, resourceVersion);
    this.#put(decision);
    return decision;
  }

  /** One's own deletion went through. */
  removed(decision: PlacementDecision): void {
    const { name, namespace, uid = '' } = decision.metadata;
    // The watch may have been faster.
    if (this.find(name, namespace)?.metadata.uid !== uid) return;
    this.#removed.add(uid);
    this.#take(keyOf(decision));
  }

  /** Whether a change that the watch brings is nothing but the echo of a write of one's own. */
  isEcho({ type, object }: Change<PlacementDecision>): boolean {
    const { uid = '', resourceVersion } = object.metadata;
    if (this.#removed.has(uid)) return true;
    if (type === 'deleted') return false;
    const written = this.#written.get(uid);
    return (written !== undefined && !isOlder(written, resourceVersion)) || this.#isAsPlanned(object);
  }

  /** The watch may bring what is written before the answer to the write comes. */
  #isAsPlanned(decision: PlacementDecision): boolean {
    const planned = this.#planned.get(placementKeyOf(decision) ?? '')?.decisions;
    const wanted = planned?.find(({ metadata }) => metadata.name === decision.metadata.name);
    return (
      wanted !== undefined &&
      (decision.status === undefined || semanticEqual(decision.status, wanted.status)) &&
      semanticEqual(decision.metadata.labels, wanted.metadata.labels)
    );
  }

  #hear(change: Change<PlacementDecision>): void {
    const { type, object } = change;
    const { uid = '', resourceVersion } = object.metadata;
    if (type === 'deleted') {
      this.#bury(uid);
      // Whether it was an echo is asked for by others that hear of the same change.
      queueMicrotask(() => {
        this.#removed.delete(uid);
        this.#written.delete(uid);
      });
      if (this.find(object.metadata.name, object.metadata.namespace)?.metadata.uid === uid)
        this.#take(keyOf(object));
      return;
    }
    if (this.#removed.has(uid)) return;
    const known = this.find(object.metadata.name, object.metadata.namespace);
    if (known && isOlder(resourceVersion, known.metadata.resourceVersion)) return;
    if (isOlder(this.#written.get(uid), resourceVersion)) this.#written.delete(uid);
    this.#put(object);
  }

  #bury(uid: string): void {
    this.#gone.add(uid);
    const [oldest] = this.#gone;
    if (oldest !== undefined && this.#gone.size > mostGone) this.#gone.delete(oldest);
  }

  #put(decision: PlacementDecision): void {
    const key = keyOf(decision);
    this.#take(key);
    this.#current.set(key, decision);
    const placement = placementKeyOf(decision);
    if (placement !== undefined) {
      const siblings = this.#byPlacement.get(placement) ?? new Map<string, PlacementDecision>();
      this.#byPlacement.set(placement, siblings.set(key, decision));
    }
    if (!this.#isPlanned(placement)) this.#count(countDecisions([decision]), 1);
  }

  #take(key: string): void {
    const known = this.#current.get(key);
    if (!known) return;
    this.#current.delete(key);
    const placement = placementKeyOf(known);
    if (placement !== undefined) {
      const siblings = this.#byPlacement.get(placement);
      siblings?.delete(key);
      if (siblings?.size === 0) this.#byPlacement.delete(placement);
    }
    if (!this.#isPlanned(placement)) this.#count(countDecisions([known]), -1);
  }

  #isPlanned(placement: string | undefined): boolean {
    return placement !== undefined && this.#planned.has(placement);
  }

  #countedFor(placement: string): DecisionCounts {
    return this.#planned.get(placement)?.counts ?? countDecisions(this.of(placement));
  }

  #count(counts: DecisionCounts, sign: 1 | -1): void {
    for (const [cluster, number] of counts) {
      const sum = (this.#counts.get(cluster) ?? 0) + sign * number;
      if (sum === 0) this.#counts.delete(cluster);
      else this.#counts.set(cluster, sum);
    }
  }
}
