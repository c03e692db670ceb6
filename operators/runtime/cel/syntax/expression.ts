import type { Value } from '../values/value.ts';

/** The syntax tree, as cel-go has it after macros: operators are calls, macros are folds. */
export type Expression =
  Literal | Identifier | Select | Call | ListExpression | MapExpression | StructExpression | Fold;

interface Node {
  /** Where it stands in the source: a UTF-16 index; calls at their bracket or operator. */
  readonly at: number;
  /** How many levels of what was written lie in it; macros do not add any. */
  readonly depth: number;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: Value;
}

export interface Identifier extends Node {
  readonly kind: 'identifier';
  readonly name: string;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly operand: Expression;
  readonly field: string;
  /** Whether only the presence is asked for, by has(). */
  readonly testOnly: boolean;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly target: Expression | undefined;
  readonly args: readonly Expression[];
}

export interface ListExpression extends Node {
  readonly kind: 'list';
  readonly elements: readonly { value: Expression; optional: boolean }[];
}

export interface MapExpression extends Node {
  readonly kind: 'map';
  readonly entries: readonly { key: Expression; value: Expression; optional: boolean }[];
}

/** A message, which no environment here has a type for. */
export interface StructExpression extends Node {
  readonly kind: 'struct';
  readonly name: string;
}

/** A loop over a list or the keys of a map, which carries one value along. */
export interface Fold extends Node {
  readonly kind: 'fold';
  readonly range: Expression;
  readonly variable: string;
  readonly accumulator: string;
  readonly initial: Expression;
  readonly condition: Expression;
  readonly step: Expression;
  readonly result: Expression;
}

const depthOf = (...children: readonly (Expression | undefined)[]): number =>
  1 + children.reduce((deepest, child) => Math.max(deepest, child?.depth ?? 0), 0);

export const literal = (at: number, value: Value): Literal => ({ kind: 'literal', at, depth: 1, value });

export const identifier = (at: number, name: string): Identifier => ({
  kind: 'identifier',
  at,
  depth: 1,
  name,
});

export const select = (at: number, operand: Expression, field: string, testOnly = false): Select => ({
  kind: 'select',
  at,
  depth: depthOf(operand),
  operand,
  field,
  testOnly,
});

export const call = (at: number, name: string, args: readonly Expression[], target?: Expression): Call => ({
  kind: 'call',
  at,
  depth: depthOf(target, ...args),
  name,
  target,
  args,
});

export const list = (at: number, elements: ListExpression['elements']): ListExpression => ({
  kind: 'list',
  at,
  depth: depthOf(...elements.map(({ value }) => value)),
  elements,
});

export const map = (at: number, entries: MapExpression['entries']): MapExpression => ({
  kind: 'map',
  at,
  depth: depthOf(...entries.flatMap(({ key, value }) => [key, value])),
  entries,
});

export const structure = (at: number, name: string): StructExpression => ({
  kind: 'struct',
  at,
  depth: 1,
  name,
});

export const fold = (at: number, parts: Omit<Fold, 'kind' | 'at' | 'depth'>, depth: number): Fold => ({
  kind: 'fold',
  at,
  depth,
  ...parts,
});
