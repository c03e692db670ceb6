/** The little of DER (X.690) that certificates, certificate requests and their subjects are made of. */

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag of a context-specific value, such as `[0]`. */
export const contextTag = (number: number, constructed: boolean): number =>
  0x80 | number | (constructed ? 0x20 : 0);

const lengthOf = (size: number): Buffer => {
  if (size < 0x80) return Buffer.from([size]);
  const digits: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from([0x80 | digits.length, ...digits]);
};

/** One value: its tag, its length, and the concatenation of its parts. */
const encode = (valueTag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([valueTag]), lengthOf(content.length), content]);
};

export const sequence = (...items: Uint8Array[]): Buffer => encode(tag.sequence, ...items);
/** The members of a SET OF stand in the order of their encodings. */
export const setOf = (...items: Uint8Array[]): Buffer =>
  encode(tag.set, ...items.toSorted((a, b) => Buffer.compare(a, b)));
export const octetString = (content: Uint8Array): Buffer => encode(tag.octetString, content);
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  encode(tag.bitString, Buffer.from([unusedBits]), content);
export const utf8String = (text: string): Buffer => encode(tag.utf8String, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Buffer => encode(tag.boolean, Buffer.from([value ? 0xff : 0]));
/** `[number]` of its context: constructed, or holding plain content (an implicit tag). */
export const explicitTag = (number: number, ...items: Uint8Array[]): Buffer =>
  encode(contextTag(number, true), ...items);
export const implicitTag = (number: number, content: Uint8Array): Buffer =>
  encode(contextTag(number, false), content);

/** A non-negative integer: big-endian bytes, or a number below 256. */
export const integer = (bytes: Uint8Array | number): Buffer => {
  let content = Buffer.from(typeof bytes === 'number' ? [bytes] : bytes);
  while (content.length > 1 && content[0] === 0 && content[1]! < 0x80) content = content.subarray(1);
  return encode(tag.integer, ...(content[0]! >= 0x80 ? [Buffer.from([0])] : []), content);
};

/** An object identifier in dotted notation. */
export const objectIdentifier = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let more = arc >>> 7; more > 0; more >>>= 7) digits.unshift((more & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return encode(tag.objectIdentifier, Buffer.from(bytes));
};

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). */
export const time = (date: Date): Buffer => {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? encode(tag.utcTime, Buffer.from(digits.slice(2)))
    : encode(tag.generalizedTime, Buffer.from(digits));
};

export interface Value {
  tag: number;
  content: Buffer;
}

/** A value that was read, as it stood there: every length is minimal. */
export const encodeValue = ({ tag: valueTag, content }: Value): Buffer => encode(valueTag, content);

/** Bytes that are not the DER that was expected. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

const readLength = (bytes: Buffer, at: number): { size: number; next: number } => {
  const first = bytes[at];
  if (first === undefined) throw new DerError('a value ends before its length');
  if (first < 0x80) return { size: first, next: at + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + count >= bytes.length) throw new DerError('a length is malformed');
  const size = bytes.readUIntBE(at + 1, count);
  if (size < 0x80 || lengthOf(size).length !== count + 1) throw new DerError('a length is not minimal');
  return { size, next: at + 1 + count };
};

/** The values that follow one another in these bytes. Throws a DerError. */
export const decodeAll = (bytes: Buffer): Value[] => {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length;) {
    const valueTag = bytes[at]!;
    if ((valueTag & 0x1f) === 0x1f) throw new DerError('a tag is too large');
    const { size, next } = readLength(bytes, at + 1);
    if (next + size > bytes.length) throw new DerError('a value is longer than what holds it');
    values.push({ tag: valueTag, content: bytes.subarray(next, next + size) });
    at = next + size;
  }
  return values;
};

/** The parts of one constructed value that fills these bytes. Throws a DerError on another tag or trailing bytes. */
export const decode = (bytes: Buffer, expected: number): Value[] => {
  const values = decodeAll(bytes);
  if (values.length !== 1) throw new DerError('there is more than one value');
  return partsOf(values[0], expected);
};

/** The parts of a constructed value with the expected tag. Throws a DerError. */
export const partsOf = (value: Value | undefined, expected: number): Value[] => {
  if (value?.tag !== expected)
    throw new DerError(
      `expected tag 0x${expected.toString(16)}, found ${value?.tag.toString(16) ?? 'nothing'}`,
    );
  return decodeAll(value.content);
};

/** An object identifier in dotted notation. Throws a DerError. */
export const decodeOid = (value: Value | undefined): string => {
  if (value?.tag !== tag.objectIdentifier || value.content.length === 0)
    throw new DerError('expected an object identifier');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of value.content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(Math.floor(head / 40), 2);
  return [first, head - first * 40, ...rest].join('.');
};
