/**
 * JSONPath as kubectl reads it: `.status.conditions[?(@.type=="Ready")].status`, `['a.b']`, `\.` for a dot within a
 * name, `[-1]`, `[1:3]`, unions, `..` and `*`. No part of a path is ever run as code, and a path from a tenant of the
 * hub costs at most time in proportion to its length and to the nodes that it visits.
 */

export type Step =
  | { type: 'field'; name: string }
  | { type: 'wildcard' }
  | { type: 'recursive' }
  | { type: 'slice'; from?: number; to?: number; step?: number; single: boolean }
  | { type: 'union'; branches: Step[][] }
  | { type: 'filter'; left: Step[]; operator: Operator; right: Step[] }
  | { type: 'literal'; value: string | number | boolean };

type Operator = 'exists' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** A path that cannot be read, or that cannot be followed in the object at hand. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

const maxLength = 4096;
const maxNesting = 16;
const maxVisited = 200_000;
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

  #number(): number {
    const start = this.#at++;
    while (/[0-9.]/.test(this.#text[this.#at] ?? '')) this.#at++;
    const written = this.#text.slice(start, this.#at);
    const value = Number(written);
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

/**
 * What a path finds in a value, in document order; nothing where a key is missing.
 * @throws JsonPathError when the path asks for an element of what is no array, or one beyond its end
 */
export const findByJsonPath = (steps: readonly Step[], root: unknown): unknown[] =>
  new Walk().follow(steps, [root]);

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const childrenOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isMap(value) ? Object.values(value) : [];

class Walk {
  #visited = 0;

  follow(steps: readonly Step[], input: unknown[]): unknown[] {
    return steps.reduce((values, step) => this.#apply(step, values), input);
  }

  #apply(step: Step, input: unknown[]): unknown[] {
    this.#visited += input.length;
    if (this.#visited > maxVisited)
      throw new JsonPathError(`the path visits more than ${maxVisited} values; make it narrower`);
    switch (step.type) {
      case 'field':
        return input.flatMap((value) =>
          isMap(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [],
        );
      case 'wildcard':
        return input.flatMap(childrenOf);
      case 'recursive':
        return input.flatMap((value) => this.#descend(value));
      case 'slice':
        return input.flatMap((value) => slice(value, step));
      case 'union':
        return step.branches.flatMap((branch) => this.follow(branch, input));
      case 'filter':
        return input.flatMap((value) => this.#filter(value, step));
      case 'literal':
        return input.map(() => step.value);
    }
  }

  /** The value and all that have children within it, each before its own children. */
  #descend(value: unknown): unknown[] {
    const found: unknown[] = [];
    const pending = [value];
    while (pending.length) {
      const next = pending.pop();
      const children = childrenOf(next);
      if (children.length === 0) continue;
      found.push(next);
      if (found.length + this.#visited > maxVisited)
        throw new JsonPathError(`the path visits more than ${maxVisited} values; make it narrower`);
      for (let i = children.length - 1; i >= 0; i--) pending.push(children[i]);
    }
    return found;
  }

  #filter(value: unknown, { left, operator, right }: Extract<Step, { type: 'filter' }>): unknown[] {
    if (!Array.isArray(value))
      throw new JsonPathError(`${describe(value)} is not an array and cannot be filtered`);
    return value.filter((item) => {
      const lefts = this.follow(left, [item]);
      if (operator === 'exists') return lefts.length > 0;
      const rights = this.follow(right, [item]);
      if (lefts.length > 1 || rights.length > 1)
        throw new JsonPathError('can only compare one element at a time');
      return lefts.length === 1 && rights.length === 1 && compare(lefts[0], operator, rights[0]);
    });
  }
}

const describe = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;

const slice = (value: unknown, step: Extract<Step, { type: 'slice' }>): unknown[] => {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${describe(value)} is not an array`);
  const { length } = value;
  const fromEnd = (index: number): number => (index < 0 ? index + length : index);
  const from = fromEnd(step.from ?? 0);
  const to = step.single ? from + 1 : fromEnd(step.to ?? length);
  if (from === to) return [];
  if (from < 0 || from >= length || to < 0 || to > length)
    throw new JsonPathError(`array index out of bounds: index ${step.from ?? 0}, length ${length}`);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  const stride = step.step ?? 1;
  if (stride <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(from, to).filter((_, i) => i % stride === 0);
};

const compare = (left: unknown, operator: Exclude<Operator, 'exists'>, right: unknown): boolean => {
  if (
    typeof left !== typeof right ||
    (typeof left !== 'string' && typeof left !== 'number' && typeof left !== 'boolean')
  )
    throw new JsonPathError('incompatible types for comparison');
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left === 'boolean') throw new JsonPathError('invalid type for comparison');
  const [a, b] = [left, right as typeof left];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
};
