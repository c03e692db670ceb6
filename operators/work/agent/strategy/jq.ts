import { isDeepStrictEqual } from 'node:util';
import { isMap, isNumeric } from '../../../runtime/client/json.ts';
import { canonicalJson } from '../../../runtime/client/canonical-json.ts';
import { type Expression, JqError, parseJq } from './jq-parser.ts';

type Key = string | number;

/** A value together with the place that it stands at; a computed value stands nowhere. */
interface Place {
  path?: Key[];
  value: unknown;
}

/** Stands for jq's time limit: so many places may be visited. */
const maxVisited = 200_000;

/**
 * `del(expression)`: the value without the places that the expression names. The value given may be changed.
 * @throws JqError when the expression cannot be read, or cannot be followed in this value
 */
export const deleteByJq = (value: unknown, expression: string): unknown => {
  const places = new Evaluation().run(parseJq(expression), { path: [], value });
  const paths = places.map(({ path }) => {
    if (!path) throw new JqError('invalid path expression');
    return path;
  });
  // From the back, so that removing an element of a list does not move one that is still to be removed.
  let result: unknown = value;
  for (const path of paths.toSorted(comparePaths).toReversed()) result = withoutPath(result, path);
  return result;
};

const typeName = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : isMap(value)
        ? 'object'
        : isNumeric(value)
          ? 'number'
          : typeof value;

const comparePaths = (a: Key[], b: Key[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === y) continue;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
};

const withoutPath = (root: unknown, path: Key[]): unknown => {
  if (path.length === 0) return null;
  const parent = path.slice(0, -1).reduce<unknown>(member, root);
  const last = path.at(-1)!;
  if (Array.isArray(parent) && typeof last === 'number') {
    const index = last < 0 ? last + parent.length : last;
    if (index >= 0 && index < parent.length) parent.splice(index, 1);
  } else if (isMap(parent)) delete parent[last];
  return root;
};

const member = (value: unknown, key: Key): unknown => {
  if (Array.isArray(value) && typeof key === 'number') return value.at(key) ?? null;
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : null;
};

const isTruthy = (value: unknown): boolean => value !== null && value !== false && value !== undefined;

const typeOrder = ['null', 'boolean', 'number', 'string', 'array', 'object'];
const compareValues = (a: unknown, b: unknown): number => {
  const order = typeOrder.indexOf(typeName(a)) - typeOrder.indexOf(typeName(b));
  if (order !== 0) return order;
  const [x, y] =
    isNumeric(a) || typeof a === 'string' ? [a, b as typeof a] : [canonicalJson(a), canonicalJson(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

class Evaluation {
  #visited = 0;

  run(expression: Expression, at: Place): Place[] {
    if (++this.#visited > maxVisited)
      throw new JqError('the expression visits too many places; make it narrower');
    switch (expression.type) {
      case 'identity':
        return [at];
      case 'recurse':
        return this.#recurse(at);
      case 'literal':
        return [{ value: expression.value }];
      case 'pipe':
        return this.run(expression.from, at).flatMap((place) => this.run(expression.to, place));
      case 'comma':
        return expression.parts.flatMap((part) => this.run(part, at));
      case 'try':
        return this.#attempt(expression.body, at);
      case 'iterate':
        return this.run(expression.of, at).flatMap(children);
      case 'index':
        return this.run(expression.key, at).flatMap(({ value: key }) =>
          this.run(expression.of, at).map((place) => indexed(place, key)),
        );
      case 'binary':
        return this.#binary(expression, at);
      case 'call':
        return this.#call(expression, at);
    }
  }

  #attempt(body: Expression, at: Place): Place[] {
    try {
      return this.run(body, at);
    } catch (error) {
      if (error instanceof JqError && this.#visited <= maxVisited) return [];
      throw error;
    }
  }

  #recurse(at: Place): Place[] {
    if (++this.#visited > maxVisited)
      throw new JqError('the expression visits too many places; make it narrower');
    const below = typeof at.value === 'object' && at.value !== null ? children(at) : [];
    return [at, ...below.flatMap((place) => this.#recurse(place))];
  }

  #binary({ operator, left, right }: Extract<Expression, { type: 'binary' }>, at: Place): Place[] {
    if (operator === '//') {
      const found = this.#attempt(left, at).filter(({ value }) => isTruthy(value));
      return found.length ? found : this.run(right, at);
    }
    return this.run(left, at).flatMap(({ value: a }): Place[] => {
      if (operator === 'and' && !isTruthy(a)) return [{ value: false }];
      if (operator === 'or' && isTruthy(a)) return [{ value: true }];
      return this.run(right, at).map(({ value: b }) => ({ value: decide(operator, a, b) }));
    });
  }

  #call({ name, arguments: given }: Extract<Expression, { type: 'call' }>, at: Place): Place[] {
    const signature = `${name}/${given.length}`;
    const [first] = given;
    if (first && signature === 'select/1')
      return this.run(first, at).flatMap(({ value }) => (isTruthy(value) ? [at] : []));
    if (signature === 'empty/0') return [];
    if (signature === 'recurse/0') return this.#recurse(at);
    if (first && signature === 'path/1')
      return this.run(first, at).map(({ path }) => ({ value: path ?? null }));
    if (first && signature === 'first/1') return this.run(first, at).slice(0, 1);
    if (first && signature === 'last/1') return this.run(first, at).slice(-1);
    if (first && (signature === 'any/1' || signature === 'all/1')) {
      const verdicts = children(at).flatMap((place) =>
        this.run(first, place).map(({ value }) => isTruthy(value)),
      );
      return [{ value: name === 'any' ? verdicts.includes(true) : !verdicts.includes(false) }];
    }
    const simple = functions.get(signature);
    if (!simple) throw new JqError(`${signature} is not supported`);
    if (!first) return [{ value: simple(at.value, undefined) }];
    return this.run(first, at).map(({ value }) => ({ value: simple(at.value, value) }));
  }
}

const children = ({ path, value }: Place): Place[] => {
  if (typeof value !== 'object' || value === null)
    throw new JqError(`cannot iterate over: ${typeName(value)}`);
  const entries: [Key, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.map(([key, item]) => ({ path: path && [...path, key], value: item }));
};

const indexed = ({ path, value }: Place, key: unknown): Place => {
  const fits =
    value === null ||
    (typeof key === 'string' && isMap(value)) ||
    (typeof key === 'number' && Array.isArray(value));
  if ((typeof key !== 'string' && typeof key !== 'number') || !fits)
    throw new JqError(`cannot index ${typeName(value)} with ${JSON.stringify(key)}`);
  return { path: path && [...path, key], value: member(value, key) };
};

const decide = (operator: string, a: unknown, b: unknown): boolean => {
  switch (operator) {
    case 'and':
    case 'or':
      return isTruthy(b);
    case '==':
      return compareValues(a, b) === 0;
    case '!=':
      return compareValues(a, b) !== 0;
    case '<':
      return compareValues(a, b) < 0;
    case '<=':
      return compareValues(a, b) <= 0;
    case '>':
      return compareValues(a, b) > 0;
    default:
      return compareValues(a, b) >= 0;
  }
};

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new JqError(`${typeName(value)} is not a string`);
  return value;
};

const contains = (value: unknown, wanted: unknown): boolean => {
  if (typeof value === 'string' && typeof wanted === 'string') return value.includes(wanted);
  if (Array.isArray(value) && Array.isArray(wanted))
    return wanted.every((item) => value.some((candidate) => contains(candidate, item)));
  if (isMap(value) && isMap(wanted))
    return Object.entries(wanted).every(
      ([key, item]) => Object.hasOwn(value, key) && contains(value[key], item),
    );
  return isDeepStrictEqual(value, wanted);
};

const has = (value: unknown, key: unknown): boolean => {
  if (isMap(value) && typeof key === 'string') return Object.hasOwn(value, key);
  if (Array.isArray(value) && typeof key === 'number') return key >= 0 && key < value.length;
  throw new JqError(`cannot check whether ${typeName(value)} has ${JSON.stringify(key)}`);
};

const lengthOf = (value: unknown): number | bigint => {
  if (value === null) return 0;
  if (typeof value === 'string') return Array.from(value).length;
  if (isNumeric(value)) return value < 0 ? -value : value;
  if (typeof value === 'object') return Object.keys(value as object).length;
  throw new JqError(`${typeName(value)} has no length`);
};

/** Functions of one value and at most one argument, by name and number of arguments. */
const functions = new Map<string, (value: unknown, argument: unknown) => unknown>([
  ['not/0', (value) => !isTruthy(value)],
  ['type/0', typeName],
  ['length/0', lengthOf],
  ['has/1', has],
  ['contains/1', contains],
  ['startswith/1', (value, prefix) => text(value).startsWith(text(prefix))],
  ['endswith/1', (value, suffix) => text(value).endsWith(text(suffix))],
]);
