import type { FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { numberOf } from '../values/equality.ts';
import { isList } from '../values/kind.ts';
import {
  CelMap,
  Duration,
  Failure,
  Optional,
  Timestamp,
  type Value,
  noSuchOverload,
} from '../values/value.ts';
import { declare, global, member } from './declare.ts';

const v = t.parameter('V');
const listOfV = t.listOf(v);
const optional = t.optionalOf(v);

/** Whether a value says nothing: null, zero, or nothing in it. */
const isZero = (value: Value): boolean => {
  const number = numberOf(value);
  if (number !== undefined) return Number(number) === 0;
  if (value === null || value === false || value === '') return true;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelMap) return value.size === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  if (value instanceof Timestamp) return false;
  return value instanceof Optional && value.value === undefined;
};

const unwrapped: Run = ([list]) => {
  if (!isList(list)) return noSuchOverload();
  const found: Value[] = [];
  for (const each of list) {
    if (!(each instanceof Optional)) return new Failure('value is not an optional');
    if (each.value !== undefined) found.push(each.value);
  }
  return found;
};

const element =
  (index: 0 | -1): Run =>
  ([list]) => {
    const found = (list as readonly Value[]).at(index);
    return found === undefined ? Optional.none : new Optional(found);
  };

export const optionals: readonly FunctionDeclaration[] = [
  declare('optional.of', [global('optional_of', [v], optional, ([value]) => new Optional(value!))]),
  declare('optional.ofNonZeroValue', [
    global('optional_ofNonZeroValue', [v], optional, ([value]) =>
      isZero(value!) ? Optional.none : new Optional(value!),
    ),
  ]),
  declare('optional.none', [global('optional_none', [], optional, () => Optional.none)]),
  declare('value', [
    member('optional_value', [optional], v, ([value]) => {
      const found = (value as Optional).value;
      return found === undefined ? new Failure('optional.none() dereference') : found;
    }),
  ]),
  declare('hasValue', [
    member('optional_hasValue', [optional], t.bool, ([value]) => (value as Optional).value !== undefined),
  ]),
  declare('or', [member('optional_or_optional', [optional, optional], optional)]),
  declare('orValue', [member('optional_orValue_value', [optional, v], v)]),
  declare('last', [member('list_last', [listOfV], optional, element(-1))]),
  declare('first', [member('list_first', [listOfV], optional, element(0))]),
  declare('optional.unwrap', [global('optional_unwrap', [t.listOf(optional)], listOfV, unwrapped)]),
  declare('unwrapOpt', [member('optional_unwrapOpt', [t.listOf(optional)], listOfV, unwrapped)]),
];
