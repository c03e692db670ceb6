/** What CEL expressions of Placements have: a cluster and its scores (placement.md 6.1.1). */
import type { AddOnPlacementScore, ManagedCluster } from '../../../api/generated/cluster.ts';
import { environment } from '../../../runtime/cel/environment.ts';
import { declare, member } from '../../../runtime/cel/library/declare.ts';
import type { CostOf, Run } from '../../../runtime/cel/types/declaration.ts';
import * as t from '../../../runtime/cel/types/type.ts';
import { JsonMap } from '../../../runtime/cel/values/json.ts';
import { isList } from '../../../runtime/cel/values/kind.ts';
import { Failure, type Value, failed } from '../../../runtime/cel/values/value.ts';
import { parseJson } from './parse-json.ts';

/** The AddOnPlacementScore of a name in the namespace of a cluster. */
export type ScoresOf = (cluster: string, name: string) => AddOnPlacementScore | undefined;

/** `managedCluster`: the object without its kind, and with the fields that Go always writes. */
export class ClusterValue extends JsonMap {
  readonly #name: string;
  readonly #scoresOf: ScoresOf;

  constructor({ metadata, spec, status }: ManagedCluster, scoresOf: ScoresOf) {
    super({ metadata, spec: { hubAcceptsClient: false, ...spec }, status: { version: {}, ...status } });
    this.#name = metadata.name;
    this.#scoresOf = scoresOf;
  }

  /** Name and value of each score, whether it has expired or not. */
  scores(resource: string): readonly Value[] | Failure {
    const found = this.#scoresOf(this.#name, resource);
    if (!found) return new Failure(`failed to get score: AddOnPlacementScore "${resource}" not found`);
    return (found.status?.scores ?? []).map(({ name, value }) => new JsonMap({ name, value }));
  }
}

/**
 * Only of the cluster itself: of a map that an expression makes up it would be the scores of any cluster of the
 * hub.
 */
const run: Run = ([cluster, resource], budget) => {
  if (!(cluster instanceof ClusterValue))
    return new Failure('scores() is a function of managedCluster alone');
  const scores = cluster.scores(resource as string);
  if (!failed(scores)) budget.build(scores.length);
  return scores;
};

const cost: CostOf = (_, result) => (failed(result) || !isList(result) ? 10 : 10 + 31 * result.length);

const scores = declare('scores', [member('cluster_scores', [t.dyn, t.string], t.listOf(t.dyn), run)], {
  cost,
});

export const clusterEnvironment = environment({ managedCluster: t.mapOf(t.string, t.dyn) }, [
  scores,
  parseJson,
]);
