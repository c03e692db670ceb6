/** PEM (RFC 7468), as far as certificates, keys and requests use it. */

export const encodePem = (type: string, der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ''].join('\n');
};

const block = /-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]*?)-----END \1-----/g;

/** All blocks of this type, in order. */
export const decodePemAll = (text: string, type: string): Buffer[] =>
  [...text.matchAll(block)]
    .filter((match) => match[1] === type)
    .map((match) => Buffer.from(match[2] ?? '', 'base64'));

/** The first block, which must have this type. Throws when there is none. */
export const decodePem = (text: string, type: string): Buffer => {
  const first = text.matchAll(block).next().value;
  if (first?.[1] !== type) throw new Error(`PEM block type must be ${type}`);
  return Buffer.from(first[2] ?? '', 'base64');
};
