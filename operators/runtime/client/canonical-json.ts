/**
 * JSON as Go's encoding/json writes it: keys sorted by their UTF-8 bytes, no spaces, HTML characters escaped. Hashes and
 * raw feedback values must be the same characters whichever agent wrote them.
 */

const escapes: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

const scalar = (value: unknown): string | undefined =>
  (JSON.stringify(value) as string | undefined)?.replace(/[<>&\u2028\u2029]/g, (char) => escapes[char]!);

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;
const compareKeys = (a: string, b: string): number => {
  if (!isAscii(a) || !isAscii(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
};

const write = (value: unknown): string | undefined => {
  if (Array.isArray(value)) return `[${value.map((item) => write(item) ?? 'null').join(',')}]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const members: string[] = [];
  for (const key of Object.keys(value).toSorted(compareKeys)) {
    const member = write((value as Record<string, unknown>)[key]);
    if (member !== undefined) members.push(`${scalar(key)}:${member}`);
  }
  return `{${members.join(',')}}`;
};

/** The canonical text of a JSON value; undefined members are left out. */
export const canonicalJson = (value: unknown): string => write(value) ?? 'null';
