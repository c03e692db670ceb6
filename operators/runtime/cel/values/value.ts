/**
 * What CEL expressions compute with. Integers are bigint, doubles number, lists arrays; the types that JavaScript lacks
 * are classes. An error is a value too, so that `||` and `&&` can leave it behind as the language wants.
 */
import type { Type } from '../types/type.ts';

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | CelMap
  | Uint
  | Duration
  | Timestamp
  | TypeValue
  | Optional
  | Opaque;

/** What an evaluation step gives: a value, or why there is none. */
export type Result = Value | Failure;

/** An error of evaluation, in the words of cel-go. */
export class Failure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Whether a step failed. */
export const failed = (result: unknown): result is Failure => result instanceof Failure;

export const noSuchOverload = (): Failure => new Failure('no such overload');

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A length of time in nanoseconds. */
export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A point in time in nanoseconds since 1970; the offset from UTC, in minutes, is only how it is written. */
export class Timestamp {
  readonly nanos: bigint;
  readonly offset: number;
  constructor(nanos: bigint, offset = 0) {
    this.nanos = nanos;
    this.offset = offset;
  }
}

/** A type as a value, as `type(1)` gives. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of a type that a library adds: it says its type, how it compares and what size its cost counts. */
export abstract class Opaque {
  abstract readonly type: Type;
  /** Whether it equals another value of its type. */
  abstract equals(other: this): boolean;
  /** The size that cost is counted by; 1 unless the type has one. */
  size(): number {
    return 1;
  }
  /** Its text, for the types that string() takes. */
  text(): string | undefined {
    return undefined;
  }
}

/** A map: keys are strings, booleans and integers, and numbers of different types that are equal are one key. */
export abstract class CelMap {
  abstract readonly size: number;
  abstract get(key: Value): Value | undefined;
  abstract keys(): readonly Value[];
}

export const minInt = -(2n ** 63n);
export const maxInt = 2n ** 63n - 1n;
export const maxUint = 2n ** 64n - 1n;
