import { perSize, sizeOfResult } from '../evaluate/call.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { isList, lengthOf } from '../values/kind.ts';
import { charactersOf, characterIndex, slice, unitIndex } from '../values/text.ts';
import { Failure, type Result, type Value } from '../values/value.ts';
import { declare, global, member } from './declare.ts';
import { traversed } from './lists.ts';
import { formatIssue, formatString } from './string-format.ts';

const once: CostOf = ([text]) => perSize(0.1, sizeOfResult(text!));
const twice: CostOf = ([text]) => perSize(0.2, sizeOfResult(text!));
const joinedCost: CostOf = (_, result) => perSize(0.2, sizeOfResult(result));
const searched: CostOf = ([text, part]) =>
  perSize(0.1, sizeOfResult(text!)) * perSize(0.1, sizeOfResult(part!));

/** A function of strings and integers, given as those. */
const on =
  <Args extends [text: string, ...rest: (string | bigint | undefined)[]]>(
    run: (...args: Args) => Result,
  ): Run =>
  (args, budget) => {
    // What is made is at most as long as what it is made of.
    budget.build((args[0] as string).length);
    return run(...(args as unknown as Args));
  };

const outOfRange = (index: bigint): Failure => new Failure(`index out of range: ${index}`);

const charAt = (text: string, index: bigint): Result => {
  const length = BigInt(lengthOf(text));
  if (index < 0n || index > length) return outOfRange(index);
  return slice(text, Number(index), Number(index) + 1);
};

const indexOf = (text: string, part: string, from = 0n): Result => {
  if (part === '') return from;
  if (from < 0n) return outOfRange(from);
  if (from >= BigInt(lengthOf(text))) return -1n;
  return BigInt(characterIndex(text, text.indexOf(part, unitIndex(text, Number(from)))));
};

const lastIndexOf = (text: string, part: string, from?: bigint): Result => {
  const length = BigInt(lengthOf(text));
  if (part === '') return from ?? length;
  if (from !== undefined && from < 0n) return outOfRange(from);
  if (from !== undefined && from >= length) return -1n;
  const limit = from === undefined ? undefined : unitIndex(text, Number(from));
  return BigInt(characterIndex(text, text.lastIndexOf(part, limit)));
};

const substring = (text: string, from: bigint, to?: bigint): Result => {
  const length = BigInt(lengthOf(text));
  if (to !== undefined && from > to)
    return new Failure(`invalid substring range. start: ${from}, end: ${to}`);
  if (from < 0n || from > length) return outOfRange(from);
  if (to !== undefined && (to < 0n || to > length)) return outOfRange(to);
  return slice(text, Number(from), to === undefined ? undefined : Number(to));
};

/** Pieces between separators: none for 0, all for a negative number. */
const split = (text: string, separator: string, count: bigint): string[] => {
  if (count === 0n) return [];
  const all = separator === '' ? [...text] : text.split(separator);
  if (count < 0n || BigInt(all.length) <= count) return all;
  const last = Number(count) - 1;
  return [...all.slice(0, last), all.slice(last).join(separator)];
};

const splitting: Run = ([text, separator, count = -1n], budget) => {
  budget.build((text as string).length + 1);
  return split(text as string, separator as string, count as bigint);
};

const replacing: Run = ([text, old, by, count = -1n], budget) => {
  const [from, pattern, replacement] = [text as string, old as string, by as string];
  const pieces = pattern === '' ? ['', ...from, ''] : from.split(pattern);
  const places = pieces.length - 1;
  const wanted = count as bigint;
  const times = wanted < 0n || wanted > BigInt(places) ? places : Number(wanted);
  const kept = pattern === '' ? pieces.length : from.length;
  budget.build(kept + times * replacement.length);
  const head = pieces.slice(0, times + 1).join(replacement);
  const tail = pieces.slice(times + 1);
  return tail.length === 0 ? head : [head, ...tail].join(pattern);
};

const joining: Run = ([list, separator = ''], budget) => {
  const parts = isList(list) ? list : [];
  const texts = parts.filter((part) => typeof part === 'string');
  if (texts.length < parts.length) return new Failure('join: invalid input: not all elements are strings');
  budget.build(length(texts) + texts.length * (separator as string).length);
  return texts.join(separator as string);
};

const length = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);

const escapes: Record<string, string> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

// The control characters are those that have an escape of one letter.
const escaped = /[\u0007\b\f\n\r\t\v\\"]/g; // oxlint-disable-line no-control-regex

const quote = (text: string): string =>
  `"${text.toWellFormed().replaceAll(escaped, (character) => escapes[character]!)}"`;

const lowered = (text: string): string => text.replaceAll(/[A-Z]+/g, (found) => found.toLowerCase());
const uppered = (text: string): string => text.replaceAll(/[a-z]+/g, (found) => found.toUpperCase());
const reversed = (text: string): string => [...charactersOf(text)].toReversed().join('');

/** White space as Unicode has it, of which JavaScript trims U+FEFF too and U+0085 not. */
const trimmed = (text: string): string =>
  text.replaceAll(/^[\s\u0085]+|[\s\u0085]+$/g, (space) => (space.includes('\ufeff') ? keptMark(space) : ''));

const keptMark = (space: string): string => space.replaceAll(/[^\ufeff]/g, '');

const s = t.string;
const testing =
  (check: (text: string, part: string) => boolean): Run =>
  ([text, part], budget) => {
    budget.work(((text as string).length + (part as string).length) / 16);
    return check(text as string, part as string);
  };

export const strings: readonly FunctionDeclaration[] = [
  declare('contains', [
    member(
      'contains_string',
      [s, s],
      t.bool,
      testing((text, part) => text.includes(part)),
      searched,
    ),
  ]),
  declare('startsWith', [
    member(
      'starts_with_string',
      [s, s],
      t.bool,
      testing((text, part) => text.startsWith(part)),
      once,
    ),
  ]),
  declare('endsWith', [
    member(
      'ends_with_string',
      [s, s],
      t.bool,
      testing((text, part) => text.endsWith(part)),
      once,
    ),
  ]),
  declare('charAt', [member('string_char_at_int', [s, t.int], s, on(charAt))]),
  declare(
    'indexOf',
    [
      member('string_index_of_string', [s, s], t.int, on(indexOf)),
      member('string_index_of_string_int', [s, s, t.int], t.int, on(indexOf)),
    ],
    { cost: traversed },
  ),
  declare(
    'lastIndexOf',
    [
      member('string_last_index_of_string', [s, s], t.int, on(lastIndexOf)),
      member('string_last_index_of_string_int', [s, s, t.int], t.int, on(lastIndexOf)),
    ],
    { cost: traversed },
  ),
  declare('lowerAscii', [member('string_lower_ascii', [s], s, on(lowered))], { cost: once }),
  declare('upperAscii', [member('string_upper_ascii', [s], s, on(uppered))], { cost: once }),
  declare(
    'replace',
    [
      member('string_replace_string_string', [s, s, s], s, replacing),
      member('string_replace_string_string_int', [s, s, s, t.int], s, replacing),
    ],
    { cost: twice },
  ),
  declare(
    'split',
    [
      member('string_split_string', [s, s], t.listOf(s), splitting),
      member('string_split_string_int', [s, s, t.int], t.listOf(s), splitting),
    ],
    { cost: twice },
  ),
  declare(
    'substring',
    [
      member('string_substring_int', [s, t.int], s, on(substring)),
      member('string_substring_int_int', [s, t.int, t.int], s, on(substring)),
    ],
    { cost: once },
  ),
  declare('trim', [member('string_trim', [s], s, on(trimmed))], { cost: once }),
  declare(
    'join',
    [
      member('list_join', [t.listOf(s)], s, joining),
      member('list_join_string', [t.listOf(s), s], s, joining),
    ],
    { cost: joinedCost },
  ),
  declare('reverse', [member('string_reverse', [s], s, on(reversed))]),
  declare('strings.quote', [global('strings_quote', [s], s, on(quote), once)]),
  declare(
    'format',
    [
      member(
        'string_format',
        [s, t.listOf(t.dyn)],
        s,
        ([text, args], budget) => formatString(text as string, args as readonly Value[], budget),
        once,
      ),
    ],
    { inspect: formatIssue },
  ),
];
