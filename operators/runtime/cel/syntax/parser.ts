import { maxInt, maxUint, Uint } from '../values/value.ts';
import {
  type Expression,
  call,
  identifier,
  list,
  type ListExpression,
  literal,
  map,
  type MapExpression,
  select,
  structure,
} from './expression.ts';
import { SyntaxFault } from './fault.ts';
import { type Token, tokenize } from './lexer.ts';
import { expand } from './macros.ts';

/** Longer expressions and deeper ones are refused, as cel-go does. */
const maxLength = 100_000;
const maxDepth = 250;

const reserved = new Set(
  (
    'as break const continue else false for function if import in let loop package namespace null return true var ' +
    'void while'
  ).split(' '),
);

const constants = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const binary: Record<string, { name: string; level: number }> = {
  '<': { name: '_<_', level: 1 },
  '<=': { name: '_<=_', level: 1 },
  '>': { name: '_>_', level: 1 },
  '>=': { name: '_>=_', level: 1 },
  '==': { name: '_==_', level: 1 },
  '!=': { name: '_!=_', level: 1 },
  in: { name: '@in', level: 1 },
  '+': { name: '_+_', level: 2 },
  '-': { name: '_-_', level: 2 },
  '*': { name: '_*_', level: 3 },
  '/': { name: '_/_', level: 3 },
  '%': { name: '_%_', level: 3 },
};

/** Reads an expression. Throws SyntaxFault with the first thing that is wrong. */
export const parse = (source: string): Expression => {
  if (source.length > maxLength)
    throw new SyntaxFault(
      0,
      `expression code point size exceeds limit: size: ${source.length}, limit ${maxLength}`,
    );
  return new Parser(tokenize(source)).parse();
};

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const found = this.#expression();
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return found;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #unexpected(): SyntaxFault {
    const { text, at } = this.#token;
    return new SyntaxFault(at, `Syntax error: unexpected input '${text}'`);
  }

  /** Whether an operator or keyword comes next, which is then taken. */
  #take(text: string): boolean {
    const { kind, text: found } = this.#token;
    if (found !== text || (kind !== 'operator' && kind !== 'identifier')) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #shallow<Kind extends Expression>(found: Kind): Kind {
    if (found.depth > maxDepth) throw tooDeep(found.at);
    return found;
  }

  #expression(): Expression {
    if (++this.#depth > maxDepth) throw tooDeep(this.#token.at);
    const condition = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#binary(1)));
    const { at } = this.#token;
    let found = condition;
    if (this.#take('?')) {
      const then = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#binary(1)));
      this.#expect(':');
      found = this.#shallow(call(at, '_?_:_', [condition, then, this.#expression()]));
    }
    this.#depth--;
    return found;
  }

  /** A chain of one logical operator, as a balanced tree. */
  #logical(operator: string, name: string, term: () => Expression): Expression {
    const terms = [term()];
    const places: number[] = [];
    for (let { at } = this.#token; this.#take(operator); { at } = this.#token) {
      places.push(at);
      terms.push(term());
    }
    const balanced = (from: number, to: number): Expression => {
      if (from === to) return terms[from]!;
      const middle = Math.floor((from + to) / 2);
      return this.#shallow(call(places[middle]!, name, [balanced(from, middle), balanced(middle + 1, to)]));
    };
    return balanced(0, terms.length - 1);
  }

  #binary(level: number): Expression {
    if (level > 3) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { text, at, kind } = this.#token;
      const operator = kind === 'operator' || text === 'in' ? binary[text] : undefined;
      if (operator?.level !== level || kind === 'string') return left;
      this.#next++;
      left = this.#shallow(call(at, operator.name, [left, this.#binary(level + 1)]));
    }
  }

  #unary(): Expression {
    const { at, text } = this.#token;
    if (text !== '!' && text !== '-') return this.#member();
    let count = 0;
    while (this.#take(text)) count++;
    const { kind } = this.#token;
    if (text === '-' && count === 1 && (kind === 'int' || kind === 'double')) {
      this.#next--;
      count--;
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : this.#shallow(call(at, `${text}_`, [operand]));
  }

  #member(): Expression {
    let found = this.#primary();
    for (;;) {
      const { at } = this.#token;
      if (this.#take('.')) found = this.#field(found, at);
      else if (this.#take('[')) {
        const optional = this.#take('?');
        const index = this.#expression();
        this.#expect(']');
        found = call(at, optional ? '_[?_]' : '_[_]', [found, index]);
      } else return found;
      this.#shallow(found);
    }
  }

  #field(operand: Expression, at: number): Expression {
    const optional = this.#take('?');
    const { text, at: fieldAt } = this.#identifier();
    if (optional) return call(at, '_?._', [operand, literal(fieldAt, text)]);
    const { at: open } = this.#token;
    if (!this.#take('(')) return select(at, operand, text);
    return expand(this.#shallow(call(open, text, this.#arguments(')'), operand)));
  }

  #identifier(): Token {
    const found = this.#token;
    if (found.kind !== 'identifier') throw this.#unexpected();
    if (found.text === 'true' || found.text === 'false' || found.text === 'null' || found.text === 'in')
      throw this.#unexpected();
    this.#next++;
    return found;
  }

  #arguments(closing: string): Expression[] {
    const found: Expression[] = [];
    if (this.#take(closing)) return found;
    do found.push(this.#expression());
    while (this.#take(','));
    this.#expect(closing);
    return found;
  }

  #primary(): Expression {
    const { kind, text, at } = this.#token;
    if (kind === 'operator') return this.#grouped(text, at);
    if (kind === 'identifier') return this.#named(at, '');
    if (kind === 'end') throw this.#unexpected();
    return this.#literal();
  }

  #grouped(text: string, at: number): Expression {
    if (text === '-') return this.#literal();
    if (!['(', '[', '{', '.'].includes(text)) throw this.#unexpected();
    this.#next++;
    if (text === '.') return this.#named(at, '.');
    if (text === '[') return this.#shallow(list(at, this.#elements()));
    if (text === '{') return this.#shallow(map(at, this.#entries()));
    const found = this.#expression();
    this.#expect(')');
    return found;
  }

  #named(at: number, dot: string): Expression {
    const { text } = this.#token;
    if (dot === '') {
      const constant = constants.get(text);
      if (constant !== undefined) {
        this.#next++;
        return literal(at, constant);
      }
    }
    this.#identifier();
    const { at: open } = this.#token;
    if (this.#take('(')) return expand(this.#shallow(call(open, text, this.#arguments(')'))));
    if (reserved.has(text)) throw new SyntaxFault(at, `reserved identifier: ${text}`);
    return this.#message(at, text) ?? identifier(at, text);
  }

  /** `Name{…}`, or a name with dots before the brace. */
  #message(at: number, first: string): Expression | undefined {
    let end = this.#next;
    let name = first;
    while (this.#tokens[end]?.text === '.' && this.#tokens[end + 1]?.kind === 'identifier') {
      name += `.${this.#tokens[end + 1]!.text}`;
      end += 2;
    }
    if (this.#tokens[end]?.text !== '{') return undefined;
    this.#next = end + 1;
    this.#entries();
    return structure(at, name);
  }

  #elements(): ListExpression['elements'] {
    const found: { value: Expression; optional: boolean }[] = [];
    while (!this.#take(']')) {
      const optional = this.#take('?');
      found.push({ value: this.#expression(), optional });
      if (!this.#take(',')) {
        this.#expect(']');
        break;
      }
    }
    return found;
  }

  #entries(): MapExpression['entries'] {
    const found: { key: Expression; value: Expression; optional: boolean }[] = [];
    while (!this.#take('}')) {
      const optional = this.#take('?');
      const key = this.#expression();
      this.#expect(':');
      found.push({ key, value: this.#expression(), optional });
      if (!this.#take(',')) {
        this.#expect('}');
        break;
      }
    }
    return found;
  }

  #literal(): Expression {
    const { at } = this.#token;
    const sign = this.#take('-') ? '-' : '';
    const token = this.#token;
    this.#next++;
    switch (token.kind) {
      case 'string':
      case 'bytes':
        return literal(at, token.value);
      case 'int':
        return literal(at, intOf(at, sign, token.text));
      case 'uint': {
        const value = BigInt(token.text.slice(0, -1));
        if (value > maxUint) throw new SyntaxFault(at, 'invalid uint literal');
        return literal(at, new Uint(value));
      }
      case 'double': {
        const value = Number(sign + token.text);
        if (!Number.isFinite(value)) throw new SyntaxFault(at, 'invalid double literal');
        return literal(at, value);
      }
      default:
        this.#next--;
        throw this.#unexpected();
    }
  }
}

const intOf = (at: number, sign: string, text: string): bigint => {
  const value = BigInt(text);
  if (value > maxInt + (sign ? 1n : 0n)) throw new SyntaxFault(at, 'invalid int literal');
  return sign ? -value : value;
};

const tooDeep = (at: number): SyntaxFault =>
  new SyntaxFault(at, `expression recursion limit exceeded: ${maxDepth}`);
