import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { load } from 'js-yaml';

/** The part of a structural schema that says which values a field may have. */
interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

/** A value for one field of a spec, in the smallest spec that has the field. */
export interface Input {
  /** `deployOption.mode`, `featureGates[].feature` */
  field: string;
  spec: Record<string, unknown>;
}

/** The schema of `spec` in a file of crds/. */
export const specSchema = (crd: string): Schema => {
  const text = readFileSync(join(import.meta.dirname, `../../../crds/${crd}.yaml`), 'utf8');
  const { spec } = load(text) as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: Schema } } } }[] };
  };
  return spec.versions[0]!.schema.openAPIV3Schema.properties.spec;
};

/** Any address satisfies the patterns that there are; of those, the one for IPv4 is the strictest. */
const address = '10.0.0.1';
const arn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub';

/** Some value that a field may have: for what must be there beside the field in question. */
const example = (schema: Schema): unknown => {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'object') return complete(schema, {});
  if (schema.type === 'array') return [];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return schema.minimum ?? 1;
  return schema.pattern?.includes('arn') ? arn : address;
};

/** The fields given, and those that are required beside them. */
const complete = ({ required = [], properties = {} }: Schema, given: Record<string, unknown>) => ({
  ...Object.fromEntries(required.map((name) => [name, example(properties[name]!)])),
  ...given,
});

/** What tends to be forgotten about strings. JSON.parse, unlike a literal, makes a key of `__proto__`. */
const strings = [
  '',
  ' ',
  'ünïcödé-☃-\u202e',
  '__proto__',
  'constructor',
  '${hubNamespace}',
  'a: b\n- c',
  '--flag=1,--other',
  'example.com/a@sha256:0',
  'UPPER/Case:Tag:Tag',
  '-1',
  'x'.repeat(300),
  'x'.repeat(40_000),
];
const oddMap = JSON.parse('{"__proto__":"a","constructor":"b","":"c","a/b/c":"d"}') as object;

const candidates = (schema: Schema): unknown[] => {
  const { type, minimum, maximum, items } = schema;
  if (schema.enum) return [...schema.enum, 'unlisted', '', 'DEFAULT'];
  if (type === 'boolean') return [true, false, 'true'];
  if (type === 'integer') {
    const edges = [minimum, maximum].flatMap((edge) =>
      edge === undefined ? [] : [edge - 1, edge, edge + 1],
    );
    return [...edges, 0, -1, -(2 ** 31), 2 ** 31 - 1, 2 ** 31, '1'];
  }
  if (type === 'array') {
    const one = example(items ?? {});
    return [[], [one], [one, one], Array.from({ length: 50 }, () => one), 'a', [null]];
  }
  if (type === 'object') return [{}, oddMap, { a: 'x'.repeat(300) }, []];
  return [...strings, 1];
};

/** Every field below a schema with the inputs that are tried for it; `wrap` puts a value at the schema's place. */
const fieldsOf = (
  schema: Schema,
  path: string,
  wrap: (value: unknown) => Record<string, unknown>,
): { field: string; inputs: Input[] }[] => {
  const here = candidates(schema).map((value) => ({ field: path, spec: wrap(value) }));
  const own = path && !(schema.type === 'object' && schema.properties) ? [{ field: path, inputs: here }] : [];
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    fieldsOf(child, path ? `${path}.${name}` : name, (value) => wrap(complete(schema, { [name]: value }))),
  );
  const inItems = schema.items
    ? fieldsOf(schema.items, `${path}[]`, (value) => wrap([value])).filter(
        ({ field }) => field !== `${path}[]`,
      )
    : [];
  return [...own, ...below, ...inItems];
};

/**
 * Inputs for fields of a spec, drawn by a seed: a value for each of `count` fields, or every value of every field.
 * @param fixed fields that each spec has unless the input is about them
 */
export const inputsOf = (crd: string, count: number | 'all', seed: number, fixed: object = {}): Input[] => {
  const wrap = (value: unknown) => ({ ...fixed, ...(value as object) });
  const fields = fieldsOf(specSchema(crd), '', wrap);
  if (count === 'all') return fields.flatMap(({ inputs }) => inputs);
  const [chosen = []] = fc.sample(
    fc.shuffledSubarray(fields, { minLength: Math.min(count, fields.length) }),
    {
      seed,
      numRuns: 1,
    },
  );
  return chosen
    .slice(0, count)
    .flatMap(({ inputs }, at) => fc.sample(fc.constantFrom(...inputs), { seed: seed + at, numRuns: 1 }));
};
