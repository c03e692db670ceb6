/** `parseJSON` of CEL (placement.md 6.1.1). */
import { perSize, sizeOfResult } from '../../../runtime/cel/evaluate/call.ts';
import { declare, member } from '../../../runtime/cel/library/declare.ts';
import type { CostOf, Run } from '../../../runtime/cel/types/declaration.ts';
import * as t from '../../../runtime/cel/types/type.ts';
import { isList } from '../../../runtime/cel/values/kind.ts';
import { EntriesMap } from '../../../runtime/cel/values/map.ts';
import { CelMap, Failure, type Value, failed } from '../../../runtime/cel/values/value.ts';

/** Numbers are doubles, as Go reads them where nothing says what they are; in objects whole ones are integers. */
const valueOf = (json: unknown): Value => {
  if (Array.isArray(json)) return json.map(valueOf);
  if (typeof json === 'number' && !Number.isFinite(json)) throw new SyntaxError('a number is too large');
  if (typeof json !== 'object' || json === null) return json as string | number | boolean | null;
  const map = new EntriesMap();
  for (const [key, value] of Object.entries(json)) map.set(key, valueOf(value));
  return map;
};

const parse: Run = ([text], budget) => {
  // Nothing that it makes has more parts than the text has characters.
  budget.build((text as string).length);
  try {
    return valueOf(JSON.parse(text as string));
  } catch (error) {
    if (error instanceof SyntaxError) return new Failure(`failed to parse json: ${error.message}`);
    throw error;
  }
};

/** A map costs 30 and a list 10, with what is in them; a scalar nothing. */
const structureCost = (value: Value): number => {
  const isMap = value instanceof CelMap;
  if (!isMap && !isList(value)) return 0;
  const parts = isMap ? value.keys().map((key) => value.get(key)!) : value;
  return parts.map(structureCost).reduce((sum, each) => sum + each, isMap ? 30 : 10);
};

const cost: CostOf = ([text], result) =>
  perSize(0.1, sizeOfResult(text!)) + (failed(result) ? 0 : structureCost(result));

export const parseJson = declare('parseJSON', [member('parse_json_string', [t.string], t.dyn, parse)], {
  cost,
});
