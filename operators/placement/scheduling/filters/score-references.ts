import type { PlacementPredicate } from '../../../api/generated/cluster.ts';
import { SyntaxFault } from '../../../runtime/cel/syntax/fault.ts';
import { parse } from '../../../runtime/cel/syntax/parser.ts';
import { callsOf } from '../../../runtime/cel/syntax/walk.ts';

/** The names in `scores("…")` of one expression; `all` when a name is computed, none when it cannot be read. */
const namesIn = (expression: string): string[] | 'all' => {
  // Most do not, and need not be parsed.
  if (!expression.includes('scores')) return [];
  let calls;
  try {
    calls = callsOf('scores', parse(expression));
  } catch (error) {
    // An expression that asks for nothing: the Placement is reported as misconfigured, and waits for its next change.
    if (error instanceof SyntaxFault) return [];
    throw error;
  }
  const names: string[] = [];
  for (const { args } of calls) {
    const [name] = args;
    if (name?.kind !== 'literal' || typeof name.value !== 'string') return 'all';
    names.push(name.value);
  }
  return names;
};

/**
 * The AddOnPlacementScores that the CEL expressions of predicates ask for, by name, so that a change of one
 * concerns these Placements and no others (P7 of placement.md 15); `all` when an expression computes
 * a name. That a score has expired makes no difference to expressions.
 */
export const scoresReferredTo = (
  predicates: readonly PlacementPredicate[] = [],
): ReadonlySet<string> | 'all' => {
  const names = new Set<string>();
  for (const { requiredClusterSelector } of predicates) {
    for (const expression of requiredClusterSelector?.celSelector?.celExpressions ?? []) {
      const found = namesIn(expression);
      if (found === 'all') return found;
      for (const name of found) names.add(name);
    }
  }
  return names;
};
