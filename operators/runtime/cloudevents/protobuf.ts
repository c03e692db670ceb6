/** The wire format of Protocol Buffers (proto3), as far as the messages of CloudEvents use it. */

/** The bytes are no message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** One field as it stands on the wire; which of both it holds follows from the wire type. */
export type Field =
  | { number: number; wire: 'varint'; value: bigint }
  | { number: number; wire: 'bytes'; value: Buffer }
  /** Eight or four bytes, which no message here has: skipped by readers. */
  | { number: number; wire: 'fixed' };

const mostVarintBytes = 10;
const mostFieldNumber = 2 ** 29 - 1;
const fixedSizes: Record<number, number> = { 1: 8, 5: 4 };

/** The fields of a message, in their order. Throws a WireError where the bytes are no message. */
export const fieldsOf = (bytes: Buffer): Field[] => {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let index = 0; index < mostVarintBytes; index++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new WireError('the message ends within a number');
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('a number has more than ten bytes');
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new WireError('the message ends within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    if (number < 1 || number > mostFieldNumber) throw new WireError(`there is no field ${number}`);
    const wire = key % 8;
    const fixed = fixedSizes[wire];
    if (wire === 0) fields.push({ number, wire: 'varint', value: varint() });
    else if (wire === 2) fields.push({ number, wire: 'bytes', value: take(Number(varint())) });
    else if (fixed !== undefined) {
      take(fixed);
      fields.push({ number, wire: 'fixed' });
    } else throw new WireError(`field ${number} has the wire type ${wire}, which proto3 does not have`);
  }
  return fields;
};

const encodeVarint = (value: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
};

/** A field with a number; negative ones have ten bytes. */
export const varintField = (number: number, value: bigint): Buffer =>
  Buffer.concat([encodeVarint(BigInt(number) << 3n), encodeVarint(value)]);

/** A field with bytes or with a message. */
export const bytesField = (number: number, value: Uint8Array): Buffer =>
  Buffer.concat([encodeVarint((BigInt(number) << 3n) | 2n), encodeVarint(BigInt(value.length)), value]);

export const stringField = (number: number, value: string): Buffer =>
  bytesField(number, Buffer.from(value, 'utf8'));

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a field. Throws a WireError where it is none. */
export const textOf = (field: Field): string => {
  try {
    return utf8.decode(bytesOf(field));
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError(`field ${field.number} is no UTF-8`);
  }
};

/** The bytes of a field. Throws a WireError where it has another wire type. */
export const bytesOf = (field: Field): Buffer => {
  if (field.wire !== 'bytes') throw new WireError(`field ${field.number} has the wrong wire type`);
  return field.value;
};

/** The number of a field, without its sign. Throws a WireError where it has another wire type. */
export const numberOf = (field: Field): bigint => {
  if (field.wire !== 'varint') throw new WireError(`field ${field.number} has the wrong wire type`);
  return field.value;
};
