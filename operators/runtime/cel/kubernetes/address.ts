/** IP addresses as numbers, as Go's net/netip reads and writes them. */

export interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

const octet = /^(?:0|[1-9]\d{0,2})$/;

const parse4 = (text: string): bigint | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => octet.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
};

const groupsOf = (text: string): bigint[] | undefined => {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
      continue;
    }
    const last = index === parts.length - 1 ? parse4(part) : undefined;
    if (last === undefined) return undefined;
    groups.push(last >> 16n, last & 0xffffn);
  }
  return groups;
};

const parse6 = (text: string): bigint | undefined => {
  const [front = '', back, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  // An IPv4 address stands at the end only.
  if (back !== undefined && front.includes('.')) return undefined;
  const [head, tail] = [groupsOf(front), groupsOf(back ?? '')];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (back === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | group, 0n);
};

/** Reads an address without a zone; undefined for anything else. */
export const parseAddress = (text: string): Address | undefined => {
  const isFour = text.includes('.') && !text.includes(':');
  const bits = isFour ? parse4(text) : parse6(text);
  if (bits === undefined || (!isFour && !text.includes(':'))) return undefined;
  return { family: isFour ? 4 : 6, bits };
};

/** Whether an IPv6 address stands for one of IPv4. */
export const isMapped = ({ family, bits }: Address): boolean => family === 6 && bits >> 32n === 0xffffn;

export const widthOf = ({ family }: Address): number => (family === 4 ? 32 : 128);

/** The address with all but the first bits zero. */
export const masked = (address: Address, length: number): Address => {
  const rest = BigInt(widthOf(address) - length);
  return { ...address, bits: (address.bits >> rest) << rest };
};

/** The canonical text. */
export const addressText = ({ family, bits }: Address): string => {
  const count = family === 4 ? 4 : 8;
  const size = family === 4 ? 8n : 16n;
  const groups = Array.from({ length: count }, (_, index) =>
    Number((bits >> (size * BigInt(count - 1 - index))) & ((1n << size) - 1n)),
  );
  return family === 4 ? groups.join('.') : compressed(groups);
};

/** The first of the longest runs of two zeros and more becomes `::`. */
const compressed = (groups: readonly number[]): string => {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let { length } = { length: 0 };
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const texts = groups.map((group) => group.toString(16));
  if (best.length < 2) return texts.join(':');
  return `${texts.slice(0, best.start).join(':')}::${texts.slice(best.start + best.length).join(':')}`;
};

const within = (address: Address, family: 4 | 6, network: bigint, length: number): boolean =>
  address.family === family && address.bits >> BigInt(widthOf(address) - length) === network;

export const isUnspecified = ({ bits }: Address): boolean => bits === 0n;
export const isLoopback = (address: Address): boolean =>
  within(address, 4, 127n, 8) || within(address, 6, 1n, 128);
export const isLinkLocalMulticast = (address: Address): boolean =>
  within(address, 4, 0xe00000n, 24) || isScopedMulticast(address, 2n);
export const isLinkLocalUnicast = (address: Address): boolean =>
  within(address, 4, 0xa9fen, 16) || within(address, 6, 0xfe80n >> 6n, 10);

const isScopedMulticast = ({ family, bits }: Address, scope: bigint): boolean =>
  family === 6 && bits >> 120n === 0xffn && ((bits >> 112n) & 0xfn) === scope;

const isMulticast = (address: Address): boolean =>
  within(address, 4, 0xen, 4) || within(address, 6, 0xffn, 8);

/** Addresses that one machine is reached by, private ones among them. */
export const isGlobalUnicast = (address: Address): boolean =>
  !isUnspecified(address) &&
  !within(address, 4, 0xffff_ffffn, 32) &&
  !isLoopback(address) &&
  !isMulticast(address) &&
  !isLinkLocalUnicast(address);
