import type { AddOn, PrioritizerPolicy, ScoreCoordinate } from '../../../api/generated/cluster.ts';
import { type Problem, byName, isProblem, misconfigured } from '../problem.ts';

const builtIns = ['Balance', 'ResourceAllocatableCPU', 'ResourceAllocatableMemory', 'Steady'] as const;
export type BuiltIn = (typeof builtIns)[number];

interface Weighted {
  /** As filter results, events and metrics call it: `Steady`, `AddOn/<resource>/<score>`. */
  name: string;
  /** Factor of its scores in the sum; never 0. */
  weight: number;
}
/** A scorer that takes part, and for how much. */
export type Scorer = Weighted & ({ builtIn: BuiltIn } | { addOn: AddOn });

const defaults: readonly ScoreCoordinate[] = [
  { type: 'BuiltIn', builtIn: 'Balance' },
  { type: 'BuiltIn', builtIn: 'Steady' },
];

/** The same for coordinates that mean the same score. */
const identityOf = ({ type, builtIn = '', addOn }: ScoreCoordinate): string =>
  JSON.stringify(type === 'AddOn' ? [type, addOn?.resourceName, addOn?.scoreName] : ['BuiltIn', builtIn]);

const scorerOf = ({ type, builtIn = '', addOn }: ScoreCoordinate, weight: number): Scorer | Problem => {
  if (type === 'AddOn') {
    if (addOn === undefined) return misconfigured('addOn should not be empty');
    return { name: `AddOn/${addOn.resourceName}/${addOn.scoreName}`, weight, addOn };
  }
  const known = builtIns.find((name) => name === builtIn);
  return known === undefined
    ? misconfigured(`incorrect builtin prioritizer: ${builtIn}`)
    : { name: known, weight, builtIn: known };
};

/**
 * The scorers of a policy in the order of their names, without those of weight 0, of which nothing is checked. Of a
 * coordinate that is there twice the last weight counts (placement.md 7.1, P10 and P15).
 */
export const scorersOf = ({ mode = '', configurations = [] }: PrioritizerPolicy = {}): Scorer[] | Problem => {
  if (mode !== '' && mode !== 'Additive' && mode !== 'Exact')
    return misconfigured(`incorrect prioritizer policy mode: ${mode}`);

  const weights = new Map<string, [ScoreCoordinate, weight: number]>();
  if (mode !== 'Exact')
    for (const coordinate of defaults) weights.set(identityOf(coordinate), [coordinate, 1]);
  for (const { scoreCoordinate, weight = 1 } of configurations) {
    // Other versions of the CRD do not demand it.
    const coordinate = scoreCoordinate as ScoreCoordinate | undefined;
    if (coordinate === undefined) return misconfigured('scoreCoordinate field is required');
    weights.set(identityOf(coordinate), [coordinate, weight]);
  }

  const scorers: Scorer[] = [];
  for (const [coordinate, weight] of weights.values()) {
    if (weight === 0) continue;
    const scorer = scorerOf(coordinate, weight);
    if (isProblem(scorer)) return scorer;
    scorers.push(scorer);
  }
  return scorers.toSorted((a, b) => byName(a.name, b.name));
};
