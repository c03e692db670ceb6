/** The little of ASN.1's DER encoding that certificates and certificate requests are made of. */

const tlv = (tag: number, content: Uint8Array): Buffer => {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = Buffer.from(
    length.toString(16).padStart(length < 0x100 ? 2 : length < 0x10000 ? 4 : 6, '0'),
    'hex',
  );
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, content]);
};

export const sequence = (...items: Uint8Array[]): Buffer => tlv(0x30, Buffer.concat(items));
/** The members of a SET OF stand in the order of their encodings. */
export const setOf = (...items: Uint8Array[]): Buffer =>
  tlv(0x31, Buffer.concat(items.toSorted((a, b) => Buffer.compare(a, b))));
export const octetString = (content: Uint8Array): Buffer => tlv(0x04, content);
export const bitString = (content: Uint8Array, unusedBits = 0): Buffer =>
  tlv(0x03, Buffer.concat([Buffer.from([unusedBits]), content]));
export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
/** `[number]` of its context: constructed, or holding plain content (an implicit tag). */
export const explicitTag = (number: number, ...items: Uint8Array[]): Buffer =>
  tlv(0xa0 | number, Buffer.concat(items));
export const implicitTag = (number: number, content: Uint8Array): Buffer => tlv(0x80 | number, content);

/** A non-negative integer, big-endian. */
export const integer = (bytes: Uint8Array | number): Buffer => {
  let content = Buffer.from(typeof bytes === 'number' ? [bytes] : bytes);
  while (content.length > 1 && content[0] === 0 && content[1]! < 0x80) content = content.subarray(1);
  return tlv(0x02, content[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), content]) : content);
};

export const objectIdentifier = (dotted: string): Buffer => {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const bytes = [first! * 40 + second!];
  for (const part of rest) {
    const digits = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
};

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). */
export const time = (date: Date): Buffer => {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(digits.slice(2)))
    : tlv(0x18, Buffer.from(digits));
};

export const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
