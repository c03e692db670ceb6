import { Cidr, Ip } from '../../../operators/runtime/cel/kubernetes/network.ts';
import { NamedFormat } from '../../../operators/runtime/cel/kubernetes/formats.ts';
import { Quantity } from '../../../operators/runtime/cel/kubernetes/quantity.ts';
import { Semver } from '../../../operators/runtime/cel/kubernetes/semver.ts';
import { Url } from '../../../operators/runtime/cel/kubernetes/urls.ts';
import { isList } from '../../../operators/runtime/cel/values/kind.ts';
import {
  CelMap,
  Duration,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../../../operators/runtime/cel/values/value.ts';

/** A value in the words of controlplane/cel-oracle. */
export const describeValue = (value: Value): unknown[] => {
  if (value === null) return ['null'];
  if (typeof value === 'boolean') return ['bool', value];
  if (typeof value === 'bigint') return ['int', String(value)];
  if (typeof value === 'number') return ['double', Object.is(value, -0) ? '-0' : String(value)];
  if (typeof value === 'string') return ['string', value];
  if (isList(value)) return ['list', value.map(describeValue)];
  if (value instanceof CelMap) {
    const entries = value.keys().map((key) => [describeValue(key), describeValue(value.get(key)!)]);
    return ['map', entries.toSorted((left, right) => compare(text(left[0]), text(right[0])))];
  }
  return describeObject(value);
};

const describeObject = (value: object): unknown[] => {
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('base64')];
  if (value instanceof Uint) return ['uint', String(value.value)];
  if (value instanceof Duration) return ['duration', String(value.nanos)];
  if (value instanceof Timestamp) return ['timestamp', String(value.nanos)];
  if (value instanceof TypeValue) return ['type', value.name];
  if (value instanceof Optional)
    return value.value === undefined ? ['optional'] : ['optional', describeValue(value.value)];
  if (value instanceof Quantity) return ['quantity', decimal(value.value, value.scale)];
  if (value instanceof Semver) return ['semver', value.source.replace(/^v/, '')];
  if (value instanceof Ip) return ['ip', value.text()];
  if (value instanceof Cidr) return ['cidr', value.text()];
  if (value instanceof Url) return ['url'];
  return value instanceof NamedFormat ? ['format', value.name] : ['other'];
};

/** value × 10^scale in digits alone. */
const decimal = (value: bigint, scale: number): string => {
  if (scale >= 0) return String(value * 10n ** BigInt(scale));
  const digits = String(value < 0n ? -value : value).padStart(1 - scale, '0');
  const whole = digits.slice(0, scale);
  const fraction = digits.slice(scale).replace(/0+$/, '');
  const unsigned = fraction === '' ? whole : `${whole}.${fraction}`;
  return value < 0n ? `-${unsigned}` : unsigned;
};

const text = (described: unknown): string => JSON.stringify(described);
const compare = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

/** What the oracle says in another notation than JavaScript's, in ours. */
export const normalized = (described: unknown): unknown => {
  if (!Array.isArray(described)) return described;
  const [type, content, nanos] = described as [unknown, unknown, unknown];
  switch (type) {
    case 'double':
      return ['double', content === '-0e+00' ? '-0' : String(numberOf(content as string))];
    case 'timestamp':
      return ['timestamp', String(BigInt(content as string) * 1_000_000_000n + BigInt(nanos as number))];
    case 'quantity':
      return ['quantity', withoutZeros(content as string)];
    case 'url':
      return ['url'];
    default:
      return described.map(normalized);
  }
};

const numberOf = (written: string): number => {
  if (written === 'NaN') return Number.NaN;
  return written.endsWith('Inf') ? Number(`${written.replace(/\+?Inf/, '')}Infinity`) : Number(written);
};

const withoutZeros = (digits: string): string =>
  digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
