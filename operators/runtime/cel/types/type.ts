/** The static types of expressions. */

export type Kind =
  | 'dyn'
  | 'error'
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'duration'
  | 'timestamp'
  | 'list'
  | 'map'
  | 'type'
  | 'param'
  | 'opaque'
  | 'struct';

export interface Type {
  readonly kind: Kind;
  /** As messages have it; of a parameter, its own name. */
  readonly name: string;
  readonly parameters: readonly Type[];
}

const plain = (kind: Kind, name: string = kind): Type => ({ kind, name, parameters: [] });

export const dyn = plain('dyn');
export const errorType = plain('error', '!error!');
export const nullType = plain('null', 'null');
export const bool = plain('bool');
export const int = plain('int');
export const uint = plain('uint');
export const double = plain('double');
export const string = plain('string');
export const bytes = plain('bytes');
export const duration = plain('duration');
export const timestamp = plain('timestamp');

export const listOf = (element: Type): Type => ({ kind: 'list', name: 'list', parameters: [element] });
export const mapOf = (key: Type, value: Type): Type => ({
  kind: 'map',
  name: 'map',
  parameters: [key, value],
});
export const optionalOf = (value: Type): Type => ({
  kind: 'opaque',
  name: 'optional_type',
  parameters: [value],
});
export const typeOf = (type: Type): Type => ({ kind: 'type', name: 'type', parameters: [type] });
export const parameter = (name: string): Type => plain('param', name);
export const opaque = (name: string): Type => plain('opaque', name);
/** A type of objects whose fields expressions cannot select. */
export const struct = (name: string): Type => plain('struct', name);

export const isOptional = (type: Type): boolean => type.kind === 'opaque' && type.name === 'optional_type';

/** What an optional holds; any other type as it is. */
export const unwrapOptional = (type: Type): Type => (isOptional(type) ? type.parameters[0]! : type);

export const isDynOrError = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'error';

/** The type in words, as in `list(map(string, dyn))`. */
export const formatType = (type: Type): string =>
  type.parameters.length === 0
    ? type.name
    : `${type.name}(${type.parameters.map((each) => formatType(each)).join(', ')})`;

export const sameType = (left: Type, right: Type): boolean =>
  left === right ||
  (left.kind === right.kind &&
    left.name === right.name &&
    left.parameters.length === right.parameters.length &&
    left.parameters.every((each, index) => sameType(each, right.parameters[index]!)));
