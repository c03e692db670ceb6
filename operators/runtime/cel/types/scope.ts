import type { Type } from './type.ts';

/** The variables of macros around an expression, innermost first. */
export interface Scope {
  readonly names: ReadonlyMap<string, Type>;
  readonly outer: Scope | undefined;
}

/** The type of a variable that a macro brought in. */
export const lookUp = (scope: Scope | undefined, name: string): Type | undefined => {
  for (let each = scope; each; each = each.outer) {
    const found = each.names.get(name);
    if (found) return found;
  }
  return undefined;
};
