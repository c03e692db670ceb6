import { isMap, isNumeric, isSameNumber } from '../json.ts';
import { JsonPathError, type Operator, type Step } from './parser.ts';

export { JsonPathError, type Step, parseJsonPath } from './parser.ts';

/** Most values that one path may visit. */
const maxVisited = 200_000;

/**
 * What a path finds in a value, in document order; nothing where a key is missing.
 * @throws JsonPathError when the path asks for an element of what is no array, or one beyond its end
 */
export const findByJsonPath = (steps: readonly Step[], root: unknown): unknown[] =>
  new Walk().follow(steps, [root]);

const childrenOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];

class Walk {
  #visited = 0;

  follow(steps: readonly Step[], input: unknown[]): unknown[] {
    return steps.reduce((values, step) => this.#apply(step, values), input);
  }

  #apply(step: Step, input: unknown[]): unknown[] {
    this.#visited += input.length;
    if (this.#visited > maxVisited)
      throw new JsonPathError(`the path visits more than ${maxVisited} values; make it narrower`);
    switch (step.type) {
      case 'field':
        return input.flatMap((value) =>
          isMap(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [],
        );
      case 'wildcard':
        return input.flatMap(childrenOf);
      case 'recursive':
        return input.flatMap((value) => this.#descend(value));
      case 'slice':
        return input.flatMap((value) => slice(value, step));
      case 'union':
        return step.branches.flatMap((branch) => this.follow(branch, input));
      case 'filter':
        return input.flatMap((value) => this.#filter(value, step));
      case 'literal':
        return input.map(() => step.value);
    }
  }

  /** The value and all that have children within it, each before its own children. */
  #descend(value: unknown): unknown[] {
    const found: unknown[] = [];
    const pending = [value];
    while (pending.length) {
      const next = pending.pop();
      const children = childrenOf(next);
      if (children.length === 0) continue;
      found.push(next);
      if (found.length + this.#visited > maxVisited)
        throw new JsonPathError(`the path visits more than ${maxVisited} values; make it narrower`);
      for (let i = children.length - 1; i >= 0; i--) pending.push(children[i]);
    }
    return found;
  }

  #filter(value: unknown, { left, operator, right }: Extract<Step, { type: 'filter' }>): unknown[] {
    if (!Array.isArray(value))
      throw new JsonPathError(`${describe(value)} is not an array and cannot be filtered`);
    return value.filter((item) => {
      const lefts = this.follow(left, [item]);
      if (operator === 'exists') return lefts.length > 0;
      const rights = this.follow(right, [item]);
      if (lefts.length > 1 || rights.length > 1)
        throw new JsonPathError('can only compare one element at a time');
      return lefts.length === 1 && rights.length === 1 && compare(lefts[0], operator, rights[0]);
    });
  }
}

const describe = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;

const slice = (value: unknown, step: Extract<Step, { type: 'slice' }>): unknown[] => {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${describe(value)} is not an array`);
  const { length } = value;
  const fromEnd = (index: number): number => (index < 0 ? index + length : index);
  const from = fromEnd(step.from ?? 0);
  const to = step.single ? from + 1 : fromEnd(step.to ?? length);
  if (from === to) return [];
  if (from < 0 || from >= length || to < 0 || to > length)
    throw new JsonPathError(`array index out of bounds: index ${step.from ?? 0}, length ${length}`);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  const stride = step.step ?? 1;
  if (stride <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(from, to).filter((_, i) => i % stride === 0);
};

const compare = (left: unknown, operator: Exclude<Operator, 'exists'>, right: unknown): boolean => {
  const isNumber = isNumeric(left) && isNumeric(right);
  const isSameType = typeof left === typeof right && (typeof left === 'string' || typeof left === 'boolean');
  if (!isNumber && !isSameType) throw new JsonPathError('incompatible types for comparison');
  if (operator === '==' || operator === '!=') {
    const isSame = isNumber ? isSameNumber(left, right) : left === right;
    return isSame === (operator === '==');
  }
  if (typeof left === 'boolean') throw new JsonPathError('invalid type for comparison');
  const [a, b] = [left as number, right as number];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
};
