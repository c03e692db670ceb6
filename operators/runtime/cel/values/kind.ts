import { CelMap, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from './value.ts';

/** The name of a value's type, as `type()` gives it and errors have it. */
export const typeName = (value: Value): string => {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      break;
  }
  if (value === null) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof CelMap) return 'map';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Optional) return 'optional_type';
  return value instanceof Opaque ? value.type.name : 'unknown';
};

/** Whether a value is a list; of a type that TypeScript narrows by. */
export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** How many characters a string has: code points, not UTF-16 units. */
export const lengthOf = (text: string): number => {
  let length = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit < 0xdc00) {
      length--;
      index++;
    }
  }
  return length;
};

/** The size that the cost of a value is counted by: of strings and aggregates their length, else 1. */
export const sizeOf = (value: Value): number => {
  if (typeof value === 'string') return lengthOf(value);
  if (value instanceof Uint8Array || isList(value)) return value.length;
  if (value instanceof CelMap) return value.size;
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value);
  return value instanceof Opaque ? value.size() : 1;
};
