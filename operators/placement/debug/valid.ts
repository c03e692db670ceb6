import { isMap, isNumeric } from '../../runtime/client/json.ts';

/** The part of OpenAPI schemas that CustomResourceDefinitions use to say what is valid. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

const wrong = (path: string, what: string): never => {
  throw new Error(`${path} ${what}`);
};

const text = (schema: Schema, value: string, path: string): string => {
  // First, for patterns are tried on what may be of any length else.
  if (schema.maxLength !== undefined && value.length > schema.maxLength)
    wrong(path, `must have no more than ${schema.maxLength} characters`);
  if (schema.enum && !schema.enum.includes(value)) wrong(path, `must be one of ${schema.enum.join(', ')}`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    wrong(path, `must match ${schema.pattern}`);
  return value;
};

const integer = (schema: Schema, value: unknown, path: string): number | bigint => {
  const isInteger = typeof value === 'bigint' || Number.isInteger(value);
  const isShort = isInteger && BigInt.asIntN(32, BigInt(value as number)) === BigInt(value as number);
  if (!isNumeric(value) || !isInteger || (schema.format === 'int32' && !isShort))
    return wrong(path, schema.format === 'int32' ? 'must be an integer of 32 bits' : 'must be an integer');
  if (schema.minimum !== undefined && value < schema.minimum)
    wrong(path, `must not be less than ${schema.minimum}`);
  if (schema.maximum !== undefined && value > schema.maximum)
    wrong(path, `must not be more than ${schema.maximum}`);
  return value;
};

const map = (schema: Schema, value: unknown, path: string): object => {
  if (!isMap(value)) return wrong(path, 'must be an object');
  const { properties, additionalProperties, required = [] } = schema;
  const found = Object.entries(value).flatMap(([field, each]): [string, unknown][] => {
    const own = properties && Object.hasOwn(properties, field) ? properties[field] : additionalProperties;
    return own === undefined || each === null ? [] : [[field, valid(own, each, `${path}.${field}`)]];
  });
  const copy = Object.fromEntries(found);
  for (const field of required) if (!Object.hasOwn(copy, field)) wrong(`${path}.${field}`, 'is required');
  return copy;
};

/**
 * What an API server would take of a value: unknown fields and nulls are left out.
 * @throws when it would refuse the value; the message says which field of `path` is wrong, and why
 */
export const valid = (schema: Schema, value: unknown, path: string): unknown => {
  if (schema['x-kubernetes-int-or-string'])
    return typeof value === 'string' ? text(schema, value, path) : integer(schema, value, path);
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? text(schema, value, path) : wrong(path, 'must be a string');
    case 'integer':
      return integer(schema, value, path);
    case 'array':
      if (!Array.isArray(value)) return wrong(path, 'must be a list');
      if (schema.maxItems !== undefined && value.length > schema.maxItems)
        wrong(path, `must have no more than ${schema.maxItems} items`);
      return value.map((item, at) => valid(schema.items ?? {}, item, `${path}[${at}]`));
    case 'object':
      return map(schema, value, path);
    case undefined:
    default:
      throw new Error(`${path} has a schema that nothing is checked by: ${JSON.stringify(schema)}`);
  }
};
