import { SyntaxFault } from './fault.ts';
import { readString } from './literals.ts';

export type Token =
  | { kind: 'int' | 'uint' | 'double' | 'identifier' | 'operator'; text: string; at: number }
  | { kind: 'string'; text: string; value: string; at: number }
  | { kind: 'bytes'; text: string; value: Uint8Array; at: number }
  | { kind: 'end'; text: '<EOF>'; at: number };

const space = /(?:[\t\n\f\r ]|\/\/[^\n]*)*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const double = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y;
const integer = /(?:0x[0-9a-fA-F]+|\d+)[uU]?/y;
const operator = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;
const quote = /[bB]?[rR]?(?:"""|'''|"|')/y;

/** Splits a source into tokens. Throws SyntaxFault on what is none. */
export const tokenize = (source: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  for (;;) {
    at += match(space)?.length ?? 0;
    if (at >= source.length) return [...tokens, { kind: 'end', text: '<EOF>', at }];
    const token = stringAt(source, at, match(quote)) ?? plainAt(at, match);
    if (!token) {
      const [character = ''] = source.slice(at);
      throw new SyntaxFault(at, `Syntax error: token recognition error at: '${character}'`);
    }
    tokens.push(token);
    at += token.text.length;
  }
};

const stringAt = (source: string, at: number, opening: string | undefined): Token | undefined => {
  if (opening === undefined) return undefined;
  const { text, value } = readString(source, at, opening);
  return typeof value === 'string' ? { kind: 'string', text, value, at } : { kind: 'bytes', text, value, at };
};

const plainAt = (at: number, match: (pattern: RegExp) => string | undefined): Token | undefined => {
  const name = match(word);
  if (name !== undefined) return { kind: 'identifier', text: name, at };
  const number = match(double);
  if (number !== undefined) return { kind: 'double', text: number, at };
  const whole = match(integer);
  if (whole !== undefined) return { kind: /[uU]$/.test(whole) ? 'uint' : 'int', text: whole, at };
  const sign = match(operator);
  return sign === undefined ? undefined : { kind: 'operator', text: sign, at };
};
