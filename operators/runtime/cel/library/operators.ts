import { GrowingList } from '../evaluate/fold.ts';
import { perSize, sizeOfResult } from '../evaluate/call.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { contains, equal } from '../values/equality.ts';
import { isList, lengthOf, sizeOf } from '../values/kind.ts';
import { compare } from '../values/order.ts';
import { CelMap, Opaque, failed, noSuchOverload } from '../values/value.ts';
import { add, divide, multiply, negate, remainder, subtract } from './arithmetic.ts';
import { declare, global, member } from './declare.ts';

const a = t.parameter('A');
const b = t.parameter('B');
const listOfA = t.listOf(a);
const mapOfAB = t.mapOf(a, b);

const concatenated: CostOf = ([left, right]) => perSize(0.1, sizeOfResult(left!), sizeOfResult(right!));
const smaller: CostOf = ([left, right]) => perSize(0.1, Math.min(sizeOfResult(left!), sizeOfResult(right!)));

const comparable: readonly [string, t.Type, t.Type, CostOf?][] = [
  ['bool', t.bool, t.bool],
  ['int64', t.int, t.int],
  ['uint64', t.uint, t.uint],
  ['double', t.double, t.double],
  ['string', t.string, t.string, smaller],
  ['bytes', t.bytes, t.bytes, smaller],
  ['timestamp', t.timestamp, t.timestamp],
  ['duration', t.duration, t.duration],
];

const comparison = (name: string, id: string, holds: (order: number) => boolean): FunctionDeclaration =>
  declare(
    name,
    comparable.map(([suffix, left, right, cost]) =>
      global(`${id}_${suffix}`, [left, right], t.bool, undefined, cost),
    ),
    {
      run: ([left, right]) => {
        const order = compare(left!, right!);
        return failed(order) ? order : holds(order);
      },
    },
  );

const arithmetic = (
  name: string,
  id: string,
  run: Run,
  overloads: readonly (readonly [string, t.Type, t.Type, t.Type, CostOf?])[],
): FunctionDeclaration =>
  declare(
    name,
    overloads.map(([suffix, left, right, result, cost]) =>
      global(`${id}_${suffix}`, [left, right], result, undefined, cost),
    ),
    { run },
  );

const plus: Run = ([left, right], budget) => {
  if (isList(left) && isList(right)) {
    if (left instanceof GrowingList) {
      budget.build(right.length);
      for (const each of right) left.push(each);
      return left;
    }
    budget.build(left.length + right.length);
    return [...left, ...right];
  }
  if (typeof left === 'string' && typeof right === 'string') budget.build(left.length + right.length);
  return add(left!, right!);
};

const sameOf = (type: t.Type): [t.Type, t.Type, t.Type] => [type, type, type];

const numbers = [
  ['double', ...sameOf(t.double)],
  ['int64', ...sameOf(t.int)],
  ['uint64', ...sameOf(t.uint)],
] as const;

/** Of the types that libraries add, one; of all others the smaller of the two is gone through. */
const equality: CostOf = (args, result, overload) =>
  args[0] instanceof Opaque ? 1 : smaller(args, result, overload);

const isIn: Run = ([value, container], budget) => {
  if (isList(container)) return contains(container, value!, budget);
  return container instanceof CelMap ? container.get(value!) !== undefined : noSuchOverload();
};

const size: Run = ([value]) => {
  if (typeof value === 'string') return BigInt(lengthOf(value));
  return isList(value) || value instanceof CelMap || value instanceof Uint8Array
    ? BigInt(sizeOf(value))
    : noSuchOverload();
};

const sized: readonly [string, t.Type][] = [
  ['bytes', t.bytes],
  ['list', listOfA],
  ['map', mapOfAB],
  ['string', t.string],
];

export const operators: readonly FunctionDeclaration[] = [
  declare('_&&_', [global('logical_and', [t.bool, t.bool], t.bool)]),
  declare('_||_', [global('logical_or', [t.bool, t.bool], t.bool)]),
  declare('_?_:_', [global('conditional', [t.bool, a, a], a)]),
  declare('!_', [global('logical_not', [t.bool], t.bool)], {
    run: ([value]) => (typeof value === 'boolean' ? !value : noSuchOverload()),
  }),
  declare('@not_strictly_false', [global('not_strictly_false', [t.bool], t.bool)]),
  declare('_==_', [global('equals', [a, a], t.bool)], {
    run: ([left, right], budget) => equal(left!, right!, budget),
    cost: equality,
  }),
  declare('_!=_', [global('not_equals', [a, a], t.bool)], {
    run: ([left, right], budget) => equal(left!, right!, budget) !== true,
    cost: smaller,
  }),
  arithmetic('_+_', 'add', plus, [
    ['bytes', ...sameOf(t.bytes), concatenated],
    ['double', ...sameOf(t.double)],
    ['duration_duration', ...sameOf(t.duration)],
    ['duration_timestamp', t.duration, t.timestamp, t.timestamp],
    ['timestamp_duration', t.timestamp, t.duration, t.timestamp],
    ['int64', ...sameOf(t.int)],
    ['list', ...sameOf(listOfA)],
    ['string', ...sameOf(t.string), concatenated],
    ['uint64', ...sameOf(t.uint)],
  ]),
  arithmetic('_-_', 'subtract', ([left, right]) => subtract(left!, right!), [
    ...numbers,
    ['duration_duration', ...sameOf(t.duration)],
    ['timestamp_duration', t.timestamp, t.duration, t.timestamp],
    ['timestamp_timestamp', t.timestamp, t.timestamp, t.duration],
  ]),
  arithmetic('_*_', 'multiply', ([left, right]) => multiply(left!, right!), numbers),
  arithmetic('_/_', 'divide', ([left, right]) => divide(left!, right!), numbers),
  arithmetic('_%_', 'modulo', ([left, right]) => remainder(left!, right!), numbers.slice(1)),
  declare('-_', [global('negate_double', [t.double], t.double), global('negate_int64', [t.int], t.int)], {
    run: ([value]) => negate(value!),
  }),
  comparison('_<_', 'less', (order) => order < 0),
  comparison('_<=_', 'less_equals', (order) => order <= 0),
  comparison('_>_', 'greater', (order) => order > 0),
  comparison('_>=_', 'greater_equals', (order) => order >= 0),
  declare(
    '@in',
    [
      global('in_list', [a, listOfA], t.bool, undefined, (args) => sizeOfResult(args[1]!)),
      global('in_map', [a, mapOfAB], t.bool),
    ],
    { run: isIn },
  ),
  declare('_[_]', [
    global('index_list', [listOfA, t.int], a),
    global('index_map', [mapOfAB, a], b),
    global('optional_list_index_int', [t.optionalOf(listOfA), t.int], t.optionalOf(a)),
    global('optional_map_index_value', [t.optionalOf(mapOfAB), a], t.optionalOf(b)),
  ]),
  declare('_[?_]', [
    global('list_optindex_optional_int', [listOfA, t.int], t.optionalOf(a)),
    global('optional_list_optindex_optional_int', [t.optionalOf(listOfA), t.int], t.optionalOf(a)),
    global('map_optindex_optional_value', [mapOfAB, a], t.optionalOf(b)),
    global('optional_map_optindex_optional_value', [t.optionalOf(mapOfAB), a], t.optionalOf(b)),
  ]),
  declare(
    'size',
    sized.flatMap(([name, type]) => [
      global(`size_${name}`, [type], t.int),
      member(`${name}_size`, [type], t.int),
    ]),
    { run: size },
  ),
];
