import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { equal } from '../values/equality.ts';
import { isList, lengthOf } from '../values/kind.ts';
import { compare } from '../values/order.ts';
import {
  CelMap,
  Duration,
  Failure,
  type Result,
  Uint,
  type Value,
  failed,
  noSuchOverload,
} from '../values/value.ts';
import { add } from './arithmetic.ts';
import { declare, member } from './declare.ts';

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** What it costs to go through all of a value. */
const traversal = (value: Value): number => {
  if (typeof value === 'string') return Math.trunc(Buffer.byteLength(value) * 0.1);
  if (value instanceof Uint8Array) return Math.trunc(value.length * 0.1);
  if (isList(value)) return total(value.map(traversal));
  if (!(value instanceof CelMap)) return 1;
  return total(value.keys().map((key) => traversal(key) + traversal(value.get(key)!)));
};

/** The cost of the functions that go through a list or string once. */
export const traversed: CostOf = ([value]) => (failed(value) ? 1 : traversal(value!));

const a = t.parameter('A');

const summable: readonly [string, t.Type, Value][] = [
  ['int', t.int, 0n],
  ['uint', t.uint, new Uint(0n)],
  ['double', t.double, 0],
  ['duration', t.duration, new Duration(0n)],
];

const comparable: readonly [string, t.Type][] = [
  ['int', t.int],
  ['uint', t.uint],
  ['double', t.double],
  ['bool', t.bool],
  ['duration', t.duration],
  ['timestamp', t.timestamp],
  ['string', t.string],
  ['bytes', t.bytes],
];

const onList =
  (run: (list: readonly Value[]) => Result): Run =>
  ([list], budget) => {
    if (!isList(list)) return noSuchOverload();
    budget.work(
      list.reduce<number>((sum, each) => sum + 1 + (typeof each === 'string' ? lengthOf(each) : 0), 0),
    );
    return run(list);
  };

const sum = (zero: Value): Run =>
  onList((list) => list.reduce<Result>((total, each) => (failed(total) ? total : add(total, each)), zero));

/** Whether a value is of a type that has an order. */
const hasOrder = (value: Value): boolean => {
  const order = compare(value, value);
  return !failed(order) || order.message !== noSuchOverload().message;
};

const isSorted = onList((list) => {
  if (!list.every(hasOrder)) return noSuchOverload();
  for (const [index, value] of list.entries()) {
    const order = index === 0 ? 0 : compare(list[index - 1]!, value);
    if (order === 1) return false;
  }
  return true;
});

/** The value that all others are on one side of. */
const extreme = (name: string, worse: number): Run =>
  onList((list) => {
    if (list.length === 0) return new Failure(`${name} called on empty list`);
    if (!list.every(hasOrder)) return noSuchOverload();
    return list.reduce((best, each) => (compare(best, each) === worse ? each : best));
  });

const indexIn =
  (find: (list: readonly Value[], is: (value: Value) => boolean) => number): Run =>
  ([list, item], budget) =>
    isList(list) ? BigInt(find(list, (value) => equal(value, item!, budget) === true)) : noSuchOverload();

export const lists: readonly FunctionDeclaration[] = [
  declare(
    'isSorted',
    comparable.map(([name, type]) =>
      member(`list_${name}_is_sorted_bool`, [t.listOf(type)], t.bool, isSorted),
    ),
    { cost: traversed },
  ),
  declare(
    'sum',
    summable.map(([name, type, zero]) =>
      member(`list_${name}_sum_${name}`, [t.listOf(type)], type, sum(zero)),
    ),
    { cost: traversed },
  ),
  declare(
    'max',
    comparable.map(([name, type]) =>
      member(`list_${name}_max_${name}`, [t.listOf(type)], type, extreme('max', -1)),
    ),
    { cost: traversed },
  ),
  declare(
    'min',
    comparable.map(([name, type]) =>
      member(`list_${name}_min_${name}`, [t.listOf(type)], type, extreme('min', 1)),
    ),
    { cost: traversed },
  ),
  declare(
    'indexOf',
    [
      member(
        'list_a_index_of_int',
        [t.listOf(a), a],
        t.int,
        indexIn((list, is) => list.findIndex(is)),
      ),
    ],
    { cost: traversed },
  ),
  declare(
    'lastIndexOf',
    [
      member(
        'list_a_last_index_of_int',
        [t.listOf(a), a],
        t.int,
        indexIn((list, is) => list.findLastIndex(is)),
      ),
    ],
    { cost: traversed },
  ),
];
