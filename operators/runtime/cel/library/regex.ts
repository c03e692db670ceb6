import { RE2JS } from 're2js';
import { perSize, sizeOfResult } from '../evaluate/call.ts';
import { Budget, perCallLimits } from '../evaluate/budget.ts';
import type { Call } from '../syntax/expression.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { Failure, failed } from '../values/value.ts';
import { declare, global, member } from './declare.ts';

/** Patterns that were used last; an expression is evaluated again and again with the same. */
const compiled = new Map<string, RE2JS>();
const kept = 50;

/** RE2 takes a time in proportion to the text, whatever the pattern. */
const compile = (pattern: string, budget: Budget): RE2JS | Failure => {
  const known = compiled.get(pattern);
  if (known) return known;
  budget.work(pattern.length * 100);
  try {
    const made = RE2JS.compile(pattern);
    compiled.set(pattern, made);
    if (compiled.size > kept) compiled.delete(compiled.keys().next().value!);
    return made;
  } catch (error) {
    return new Failure((error as Error).message);
  }
};

/** Each character may be met in every state of the pattern. */
const searchWork = (pattern: RE2JS, length: number): number => pattern.programSize() * (length + 1);

const searched: CostOf = ([text, pattern]) =>
  perSize(0.1, 1, sizeOfResult(text!)) * perSize(0.25, sizeOfResult(pattern!));

const matches: Run = ([text, pattern], budget) => {
  const found = compile(pattern as string, budget);
  if (failed(found)) return found;
  // Whether there is a match at all is found several times faster than where.
  budget.work(searchWork(found, (text as string).length) / 8);
  return found.test(text as string);
};

const findAll: Run = ([value, pattern, count = -1n], budget) => {
  const found = compile(pattern as string, budget);
  if (failed(found)) return new Failure(`Illegal regex: ${found.message}`);
  const text = value as string;
  const results: string[] = [];
  const matcher = found.matcher(text);
  const limit = (count as bigint) < 0n ? Infinity : Number(count);
  let from = 0;
  while (results.length < limit) {
    budget.work(searchWork(found, text.length - from));
    if (!matcher.find()) break;
    const piece = matcher.group() ?? '';
    // Nothing, right behind what was found, is no find of its own.
    const isNew = piece !== '' || matcher.end() !== from || results.length === 0;
    from = matcher.end();
    if (!isNew) continue;
    budget.build(1);
    results.push(piece);
  }
  return results;
};

const find: Run = (args, budget) => {
  const found = findAll([...args, 1n], budget);
  return failed(found) ? found : ((found as string[])[0] ?? '');
};

/** A pattern that is written out is compiled with the expression. */
const prepare = ({ args: [pattern] }: Call): string | undefined => {
  if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return undefined;
  const found = compile(pattern.value, new Budget(perCallLimits));
  return failed(found) ? found.message : undefined;
};

const s = t.string;

export const regex: readonly FunctionDeclaration[] = [
  declare('matches', [
    global('matches', [s, s], t.bool, matches),
    member('matches_string', [s, s], t.bool, matches, searched),
  ]),
  declare('find', [member('string_find_string', [s, s], s, find)], { cost: searched, prepare }),
  declare(
    'findAll',
    [
      member('string_find_all_string', [s, s], t.listOf(s), findAll),
      member('string_find_all_string_int', [s, s, t.int], t.listOf(s), findAll),
    ],
    { cost: searched, prepare },
  ),
];
