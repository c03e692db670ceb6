import { randomUUID } from 'node:crypto';
import {
  type Field,
  WireError,
  bytesField,
  bytesOf,
  fieldsOf,
  numberOf,
  stringField,
  textOf,
  varintField,
} from './protobuf.ts';

/**
 * CloudEvents 1.0 in the protobuf format, and the two requests of `io.cloudevents.v1.CloudEventService`. Attributes travel
 * as the field's services name them: `ce-` before each one but the content type, which is `contenttype`.
 */

export type AttributeValue = string | number | boolean | Date | Buffer;

export interface CloudEvent {
  id: string;
  source: string;
  type: string;
  /** Extensions, and `time`, `subject` and the like, by their own names. */
  attributes: ReadonlyMap<string, AttributeValue>;
  /** Of data; empty when the event carries none. */
  contentType: string;
  data: Buffer;
}

export interface SubscriptionRequest {
  source: string;
  clusterName: string;
  dataType: string;
}

const specVersion = '1.0';
const prefix = 'ce-';
const contentTypeName = 'contenttype';
const jsonType = 'application/json';

/** An event of now with JSON as its data, or with none. */
export const newEvent = (
  { source, type }: Pick<CloudEvent, 'source' | 'type'>,
  attributes: Record<string, AttributeValue | undefined>,
  data?: object,
): CloudEvent => ({
  id: randomUUID(),
  source,
  type,
  attributes: new Map<string, AttributeValue>([
    ['time', new Date()],
    ...Object.entries(attributes).filter((pair): pair is [string, AttributeValue] => pair[1] !== undefined),
  ]),
  contentType: data === undefined ? '' : jsonType,
  data: data === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(data)),
});

/** An attribute that is text; undefined when it is missing or anything else. */
export const textAttribute = ({ attributes }: CloudEvent, name: string): string | undefined => {
  const value = attributes.get(name);
  return typeof value === 'string' ? value : undefined;
};

const milliseconds = 1000n;
const nanoseconds = 1_000_000;

const encodeTimestamp = (time: Date): Buffer => {
  const ms = BigInt(time.getTime());
  const seconds = (ms - (((ms % milliseconds) + milliseconds) % milliseconds)) / milliseconds;
  const rest = Number(ms - seconds * milliseconds);
  return Buffer.concat([
    ...(seconds === 0n ? [] : [varintField(1, seconds)]),
    ...(rest === 0 ? [] : [varintField(2, BigInt(rest * nanoseconds))]),
  ]);
};

const decodeTimestamp = (bytes: Buffer): Date => {
  let [seconds, nanos] = [0n, 0n];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) seconds = BigInt.asIntN(64, numberOf(field));
    if (field.number === 2) nanos = BigInt.asIntN(32, numberOf(field));
  }
  const time = new Date(Number(seconds) * 1000 + Math.floor(Number(nanos) / nanoseconds));
  if (Number.isNaN(time.getTime())) throw new WireError('a timestamp is out of range');
  return time;
};

/** A member of a oneof stands on the wire even when it is empty. */
const encodeValue = (value: AttributeValue): Buffer => {
  if (typeof value === 'boolean') return varintField(1, value ? 1n : 0n);
  if (typeof value === 'number') return varintField(2, BigInt(value));
  if (typeof value === 'string') return stringField(3, value);
  if (value instanceof Date) return bytesField(7, encodeTimestamp(value));
  return bytesField(4, value);
};

const decodeValue = (bytes: Buffer): AttributeValue | undefined => {
  let value: AttributeValue | undefined;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) value = numberOf(field) !== 0n;
    else if (field.number === 2) value = Number(BigInt.asIntN(32, numberOf(field)));
    else if (field.number === 4) value = bytesOf(field);
    else if (field.number === 7) value = decodeTimestamp(bytesOf(field));
    else if ([3, 5, 6].includes(field.number)) value = textOf(field); // text, a URI, a reference to one
  }
  return value;
};

const decodeAttribute = (bytes: Buffer): [string, AttributeValue | undefined] => {
  let [name, value]: [string, AttributeValue | undefined] = ['', undefined];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) name = textOf(field);
    if (field.number === 2) value = decodeValue(bytesOf(field));
  }
  return [name, value];
};

const text = (number: number, value: string): Buffer[] => (value === '' ? [] : [stringField(number, value)]);

export const encodeEvent = ({ id, source, type, attributes, contentType, data }: CloudEvent): Buffer => {
  const named = [...attributes].map(([name, value]): [string, AttributeValue] => [prefix + name, value]);
  if (contentType !== '') named.push([contentTypeName, contentType]);
  return Buffer.concat([
    ...text(1, id),
    ...text(2, source),
    stringField(3, specVersion),
    ...text(4, type),
    ...named.map(([name, value]) =>
      bytesField(5, Buffer.concat([stringField(1, name), bytesField(2, encodeValue(value))])),
    ),
    ...(data.length === 0 ? [] : [bytesField(6, data)]),
  ]);
};

const dataOf = (field: Field): Buffer => {
  if (field.number === 8) throw new WireError('data in protobuf is not understood here: send JSON');
  return field.number === 7 ? Buffer.from(textOf(field)) : bytesOf(field);
};

/** Reads an event. Throws a WireError where the bytes are none. */
export const decodeEvent = (bytes: Buffer): CloudEvent => {
  const event = { id: '', source: '', type: '', contentType: '', data: Buffer.alloc(0) as Buffer };
  const attributes = new Map<string, AttributeValue>();
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) event.id = textOf(field);
    else if (field.number === 2) event.source = textOf(field);
    else if (field.number === 4) event.type = textOf(field);
    else if (field.number === 5) {
      const [name, value] = decodeAttribute(bytesOf(field));
      if (name === contentTypeName && typeof value === 'string') event.contentType = value;
      else if (name.startsWith(prefix) && value !== undefined)
        attributes.set(name.slice(prefix.length), value);
    } else if (field.number >= 6 && field.number <= 8) event.data = dataOf(field);
  }
  return { ...event, attributes };
};

export const encodePublishRequest = (event: CloudEvent): Buffer => bytesField(1, encodeEvent(event));

/** The event of a request to publish. Throws a WireError where there is none. */
export const decodePublishRequest = (bytes: Buffer): CloudEvent => {
  const [field] = fieldsOf(bytes)
    .filter(({ number }) => number === 1)
    .slice(-1);
  if (!field) throw new WireError('the request has no event');
  return decodeEvent(bytesOf(field));
};

export const encodeSubscriptionRequest = ({ source, clusterName, dataType }: SubscriptionRequest): Buffer =>
  Buffer.concat([...text(1, source), ...text(2, clusterName), ...text(3, dataType)]);

/** Reads a request to subscribe. Throws a WireError where the bytes are none. */
export const decodeSubscriptionRequest = (bytes: Buffer): SubscriptionRequest => {
  const request = { source: '', clusterName: '', dataType: '' };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) request.source = textOf(field);
    if (field.number === 2) request.clusterName = textOf(field);
    if (field.number === 3) request.dataType = textOf(field);
  }
  return request;
};
