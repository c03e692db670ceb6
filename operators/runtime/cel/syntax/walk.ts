import type { Call, Expression } from './expression.ts';

const childrenOf = (expression: Expression): readonly Expression[] => {
  switch (expression.kind) {
    case 'select':
      return [expression.operand];
    case 'call':
      return expression.target ? [expression.target, ...expression.args] : expression.args;
    case 'list':
      return expression.elements.map(({ value }) => value);
    case 'map':
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case 'fold': {
      const { range, initial, condition, step, result } = expression;
      return [range, initial, condition, step, result];
    }
    default:
      return [];
  }
};

/** Every call of a function in an expression, in no order; what a macro uses twice is there once. */
export const callsOf = (name: string, expression: Expression): Call[] => {
  const seen = new Set<Expression>([expression]);
  // A set takes what is added while it is gone through.
  for (const each of seen) for (const child of childrenOf(each)) seen.add(child);
  return [...seen].filter((each): each is Call => each.kind === 'call' && each.name === name);
};
