/**
 * The part of the jq language that names places in an object: paths, iteration, pipes, commas, `select` with conditions.
 * What is left out (reduce, variables, arithmetic, definitions) is refused by name when it is met.
 */

import { exactNumber, isNumeric } from '../../../runtime/client/json.ts';

export type Expression =
  | { type: 'identity' }
  | { type: 'recurse' }
  | { type: 'literal'; value: string | number | bigint | boolean | null }
  | { type: 'index'; of: Expression; key: Expression }
  | { type: 'iterate'; of: Expression }
  | { type: 'try'; body: Expression }
  | { type: 'pipe'; from: Expression; to: Expression }
  | { type: 'comma'; parts: Expression[] }
  | { type: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { type: 'call'; name: string; arguments: Expression[] };

export type BinaryOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or' | '//';

export class JqError extends Error {
  override readonly name = 'JqError';
}

const maxLength = 4096;
const maxDepth = 64;
const tokenPattern =
  /\s*(?:(\.\.|==|!=|<=|>=|\/\/|[.[\](){}|,:;?<>+*/%$-])|(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*))/y;

interface Token {
  type: 'sign' | 'number' | 'string' | 'word' | 'end';
  text: string;
}

const tokenize = (source: string): Token[] => {
  if (source.length > maxLength) throw new JqError(`longer than ${maxLength} characters`);
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(source);
    if (!match) throw new JqError(`unexpected character at position ${at}`);
    const [, sign, number, string, word] = match;
    if (sign !== undefined) tokens.push({ type: 'sign', text: sign });
    else if (number !== undefined) tokens.push({ type: 'number', text: number });
    else if (string !== undefined) tokens.push({ type: 'string', text: string });
    else tokens.push({ type: 'word', text: word! });
  }
  return [...tokens, { type: 'end', text: 'the end' }];
};

/**
 * Reads a jq expression.
 * @throws JqError that says what is not understood
 */
export const parseJq = (source: string): Expression => {
  const parser = new Parser(tokenize(source));
  const expression = parser.pipe();
  parser.expectEnd();
  return expression;
};

const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  expectEnd(): void {
    if (this.#next.type !== 'end') this.#unexpected();
  }

  pipe(): Expression {
    if (++this.#depth > maxDepth) throw new JqError(`nested deeper than ${maxDepth}`);
    let expression = this.#comma();
    while (this.#take('|')) expression = { type: 'pipe', from: expression, to: this.#comma() };
    this.#depth--;
    return expression;
  }

  #comma(): Expression {
    const parts = [this.#alternative()];
    while (this.#take(',')) parts.push(this.#alternative());
    return parts.length === 1 ? parts[0]! : { type: 'comma', parts };
  }

  #alternative(): Expression {
    const left = this.#or();
    return this.#take('//') ? { type: 'binary', operator: '//', left, right: this.#alternative() } : left;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('or')) left = { type: 'binary', operator: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.#take('and')) left = { type: 'binary', operator: 'and', left, right: this.#comparison() };
    return left;
  }

  #comparison(): Expression {
    const left = this.#postfix();
    const operator = this.#next.text;
    if (this.#next.type !== 'sign' || !comparisons.has(operator)) return left;
    this.#at++;
    return { type: 'binary', operator: operator as BinaryOperator, left, right: this.#postfix() };
  }

  #postfix(): Expression {
    let expression = this.#primary();
    for (;;) {
      if (this.#take('?')) expression = { type: 'try', body: expression };
      else if (this.#take('[')) expression = this.#bracket(expression);
      else if (this.#next.text === '.' && this.#next.type === 'sign') {
        this.#at++;
        expression = this.#take('[') ? this.#bracket(expression) : this.#named(expression);
      } else return expression;
    }
  }

  #primary(): Expression {
    const token = this.#next;
    if (this.#take('..')) return { type: 'recurse' };
    if (this.#take('.')) {
      const following = this.#next;
      if (following.type === 'word' || following.type === 'string') return this.#named({ type: 'identity' });
      return { type: 'identity' };
    }
    if (this.#take('(')) {
      const inner = this.pipe();
      this.#expect(')');
      return inner;
    }
    if (this.#take('-')) {
      const number = this.#primary();
      if (number.type === 'literal' && isNumeric(number.value))
        return { type: 'literal', value: -number.value };
      throw new JqError('arithmetic is not supported');
    }
    if (token.type === 'number') return this.#literal(exactNumber(token.text));
    if (token.type === 'string') return this.#literal(stringOf(token.text));
    if (token.type === 'word') return this.#word(token.text);
    return this.#unexpected();
  }

  #literal(value: string | number | bigint | boolean | null): Expression {
    this.#at++;
    return { type: 'literal', value };
  }

  #word(name: string): Expression {
    if (name === 'true' || name === 'false') return this.#literal(name === 'true');
    if (name === 'null') return this.#literal(null);
    this.#at++;
    const given: Expression[] = [];
    if (this.#take('(')) {
      do given.push(this.pipe());
      while (this.#take(';'));
      this.#expect(')');
    }
    return { type: 'call', name, arguments: given };
  }

  #named(of: Expression): Expression {
    const token = this.#next;
    if (token.type !== 'word' && token.type !== 'string') return this.#unexpected();
    this.#at++;
    const value = token.type === 'word' ? token.text : stringOf(token.text);
    return { type: 'index', of, key: { type: 'literal', value } };
  }

  #bracket(of: Expression): Expression {
    if (this.#take(']')) return { type: 'iterate', of };
    if (this.#next.text === ':') throw new JqError('slices are not supported');
    const key = this.pipe();
    if (this.#next.text === ':') throw new JqError('slices are not supported');
    this.#expect(']');
    return { type: 'index', of, key };
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(text: string): boolean {
    if (this.#next.text !== text || (this.#next.type !== 'sign' && this.#next.type !== 'word')) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#unexpected();
  }

  #unexpected(): never {
    throw new JqError(`unexpected ${this.#next.text}`);
  }
}

const stringOf = (quoted: string): string => {
  if (quoted.includes('\\(')) throw new JqError('string interpolation is not supported');
  try {
    return JSON.parse(quoted) as string;
  } catch (error) {
    throw new JqError(`${quoted} is no string`, { cause: error });
  }
};
