/**
 * JSONPath as kubectl reads it: `.status.conditions[?(@.type=="Ready")].status`, `['a.b']`, `\.` for a dot within a
 * name, `[-1]`, `[1:3]`, unions, `..` and `*`. No part of a path is ever run as code, and a path from a tenant of the
 * hub costs at most time in proportion to its length and to the nodes that it visits.
 */

import { exactNumber } from '../json.ts';

export type Step =
  | { type: 'field'; name: string }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'slice'; from?: number; to?: number; step?: number; single: boolean }
  | { type: 'union'; branches: Step[][] }
  | { type: 'filter'; left: Step[]; operator: Operator; right: Step[] }
  | { type: 'literal'; value: string | number | bigint | boolean };

export type Operator = 'exists' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A path that cannot be read, or that cannot be followed in the object at hand. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

const maxLength = 4096;
const maxNesting = 16;
const terminators = new Set([' ', '\t', '\r', '\n', '.', ',', '[', ']', '$', '@', '{', '}']);
const slicePattern = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/;
const operators = new Set<string>(['==', '!=', '<', '<=', '>', '>=']);

/**
 * Reads a path written without its outer braces.
 * @throws JsonPathError that says what is wrong and where
 */
export const parseJsonPath = (text: string): Step[] => {
  if (text.length > maxLength) throw new JsonPathError(`the path is longer than ${maxLength} characters`);
  return new Parser(text, 0).parse();
};

class Parser {
  readonly #text: string;
  readonly #depth: number;
  #at = 0;

  constructor(text: string, depth: number) {
    if (depth > maxNesting) throw new JsonPathError(`filters are nested deeper than ${maxNesting}`);
    this.#text = text;
    this.#depth = depth;
  }

  parse(): Step[] {
    const steps: Step[] = [];
    while (this.#at < this.#text.length) this.#step(steps);
    return steps;
  }

  #step(steps: Step[]): void {
    const text = this.#text;
    const char = text[this.#at]!;
    if (text.startsWith('[?(', this.#at)) steps.push(this.#filter());
    else if (text.startsWith('..', this.#at)) this.#recursive(steps);
    else if (char === ' ' || char === '@' || char === '$') this.#at++;
    else if (char === '[') steps.push(...this.#brackets());
    else if (char === '"' || char === "'") steps.push({ type: 'literal', value: this.#quoted(char) });
    else if (char === '.') {
      this.#at++;
      steps.push(this.#field());
    } else if (/[-+0-9]/.test(char)) steps.push({ type: 'literal', value: this.#number() });
    else if (/[\p{L}_]/u.test(char)) steps.push(this.#word());
    else this.#fail(`unrecognized character ${JSON.stringify(char)}`);
  }

  #recursive(steps: Step[]): void {
    if (steps.at(-1)?.type === 'recursive') this.#fail('invalid multiple recursive descent');
    this.#at += 2;
    steps.push({ type: 'recursive' });
    if (/[\p{L}\p{N}_]/u.test(this.#text[this.#at] ?? '')) steps.push(this.#field());
  }

  #field(): Step {
    const start = this.#at;
    while (this.#at < this.#text.length && !terminators.has(this.#text[this.#at]!))
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    const name = this.#text.slice(start, this.#at);
    return name === '*' ? { type: 'wildcard' } : { type: 'field', name: name.replaceAll('\\', '') };
  }

  #word(): Step {
    const start = this.#at;
    while (this.#at < this.#text.length && !terminators.has(this.#text[this.#at]!)) this.#at++;
    const word = this.#text.slice(start, this.#at);
    if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true' };
    return this.#fail(`unrecognized identifier ${JSON.stringify(word)}; start a field with a dot`);
  }

  #number(): number | bigint {
    const start = this.#at++;
    while (/[0-9.]/.test(this.#text[this.#at] ?? '')) this.#at++;
    const written = this.#text.slice(start, this.#at);
    const value = exactNumber(written);
    return Number.isNaN(value) ? this.#fail(`cannot parse number ${written}`) : value;
  }

  #quoted(quote: string): string {
    const start = ++this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote)
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    if (this.#at >= this.#text.length) this.#fail('unterminated quoted string');
    return unquote(this.#text.slice(start, this.#at++));
  }

  #brackets(): Step[] {
    const end = this.#closing();
    const inner = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    const parts = splitUnquoted(inner);
    if (parts.length > 1)
      return [{ type: 'union', branches: parts.map((part) => this.#subscript(part.trim())) }];
    return this.#subscript(inner);
  }

  /** Where the bracket opened here closes; brackets within quotes do not count. */
  #closing(): number {
    let quote = '';
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const char = this.#text[i]!;
      if (quote) {
        if (char === quote) quote = '';
      } else if (char === "'" || char === '"') quote = char;
      else if (char === ']') return i;
    }
    return this.#fail('unterminated array');
  }

  #subscript(inner: string): Step[] {
    if (inner === '*') return [{ type: 'slice', single: false }];
    const key = /^'([^']*)'$/.exec(inner) ?? /^"([^"]*)"$/.exec(inner);
    if (key) return [{ type: 'field', name: key[1]!.replaceAll('\\', '') }];
    const range = slicePattern.exec(inner);
    if (!range || (range[1] === '' && !inner.includes(':')))
      return this.#fail(`invalid array index ${inner}`);
    const [from, to, step] = range.slice(1).map((part) => this.#index(part));
    return [{ type: 'slice', from, to, step, single: !inner.includes(':') }];
  }

  #index(written: string | undefined): number | undefined {
    if (written === undefined || written === '') return undefined;
    const value = Number(written);
    return Number.isSafeInteger(value) ? value : this.#fail(`array index ${written} is not a number`);
  }

  #filter(): Step {
    this.#at += '[?('.length;
    const start = this.#at;
    let quote = '';
    let open = 0;
    for (; ; this.#at++) {
      const char = this.#text[this.#at];
      if (char === undefined) return this.#fail('unterminated filter');
      if (quote) {
        if (char === '\\') this.#at++;
        else if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '(') open++;
      else if (char === ')' && open-- === 0) break;
    }
    const inner = this.#text.slice(start, this.#at++);
    if (this.#text[this.#at++] !== ']') return this.#fail('unclosed array, expected ]');
    const comparison = /^([^!<>=]+)([!<>=~]+)(.+)$/s.exec(inner);
    if (!comparison) return { type: 'filter', left: this.#nested(inner), operator: 'exists', right: [] };
    const [, left = '', operator = '', right = ''] = comparison;
    if (!operators.has(operator)) return this.#fail(`unrecognized filter operator ${operator}`);
    return {
      type: 'filter',
      left: this.#nested(left),
      operator: operator as Operator,
      right: this.#nested(right),
    };
  }

  #nested(text: string): Step[] {
    return new Parser(text, this.#depth + 1).parse();
  }

  #fail(what: string): never {
    throw new JsonPathError(`${what} at position ${this.#at} of ${JSON.stringify(this.#text)}`);
  }
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07' };
const unquote = (text: string): string => text.replace(/\\(.)/gs, (_, char: string) => escapes[char] ?? char);

/** Splits at commas that stand outside quotes. */
const splitUnquoted = (text: string): string[] => {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote) {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === ',') {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
};
