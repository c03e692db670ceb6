import { SyntaxFault } from './fault.ts';

const simple: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

/** Reads the string or bytes literal that begins with `opening`: its prefixes and its quotes. */
export const readString = (
  source: string,
  at: number,
  opening: string,
): { text: string; value: string | Uint8Array } => {
  const prefix = opening.replace(/["'].*/, '').toLowerCase();
  const quotes = opening.slice(prefix.length);
  const isRaw = prefix.includes('r');
  const start = at + opening.length;
  const end = endOf(source, start, quotes, isRaw);
  if (end === undefined)
    throw new SyntaxFault(at, `Syntax error: token recognition error at: '${source.slice(at, at + 20)}'`);
  const text = source.slice(at, end + quotes.length);
  const body = source.slice(start, end).replaceAll(/\r\n?/g, '\n');
  const isBytes = prefix.includes('b');
  if (isBytes) return { text, value: isRaw ? Buffer.from(body) : bytesOf(body, at) };
  return { text, value: isRaw ? body : unescaped(body, at) };
};

/** Where the closing quotes are. */
const endOf = (source: string, start: number, quotes: string, isRaw: boolean): number | undefined => {
  for (let at = start; at < source.length; at++) {
    if (source.startsWith(quotes, at)) return at;
    if (source[at] === '\\' && !isRaw) at++;
    else if (quotes.length === 1 && (source[at] === '\n' || source[at] === '\r')) return undefined;
  }
  return undefined;
};

const escape =
  /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]|$))/gu;

/** The code that an escape stands for, and whether it may stand in bytes only for a byte. */
interface Escape {
  code: number;
  isByte: boolean;
}

const readEscape = (groups: readonly (string | undefined)[], at: number): Escape => {
  const [x, bigX, u, bigU, octal, other = ''] = groups;
  if (x ?? bigX) return { code: Number.parseInt((x ?? bigX)!, 16), isByte: true };
  if (octal) return { code: Number.parseInt(octal, 8), isByte: true };
  if (u ?? bigU) {
    const code = Number.parseInt((u ?? bigU)!, 16);
    if (code > 0x10_ffff || (code >= 0xd800 && code < 0xe000))
      throw new SyntaxFault(at, 'invalid unicode code point');
    return { code, isByte: false };
  }
  const found = simple[other];
  if (found === undefined) throw new SyntaxFault(at, `unable to unescape string: \\${other}`);
  return { code: found.codePointAt(0)!, isByte: true };
};

const unescaped = (body: string, at: number): string =>
  body.replaceAll(escape, (_, ...groups) =>
    String.fromCodePoint(readEscape(groups.slice(0, 6) as (string | undefined)[], at).code),
  );

const bytesOf = (body: string, at: number): Uint8Array => {
  const parts: Uint8Array[] = [];
  let last = 0;
  for (const match of body.matchAll(escape)) {
    const { code, isByte } = readEscape(match.slice(1), at);
    if (!isByte) throw new SyntaxFault(at, `unable to unescape string: ${match[0]} in bytes`);
    parts.push(Buffer.from(body.slice(last, match.index)), Uint8Array.of(code));
    last = match.index + match[0].length;
  }
  return Buffer.concat([...parts, Buffer.from(body.slice(last))]);
};
