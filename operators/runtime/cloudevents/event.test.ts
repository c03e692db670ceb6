import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type AttributeValue,
  type CloudEvent,
  decodeEvent,
  decodePublishRequest,
  decodeSubscriptionRequest,
  encodeEvent,
  encodePublishRequest,
  encodeSubscriptionRequest,
  newEvent,
  textAttribute,
} from './event.ts';
import { formatEventType, parseDataType, parseEventType } from './event-type.ts';
import { WireError } from './protobuf.ts';

const values: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.boolean(),
  fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

const events: fc.Arbitrary<CloudEvent> = fc.record({
  id: fc.string({ unit: 'binary' }),
  source: fc.string({ unit: 'binary' }),
  type: fc.string({ unit: 'binary' }),
  attributes: fc.array(fc.tuple(fc.string(), values)).map((pairs) => new Map(pairs)),
  contentType: fc.constantFrom('', 'application/json'),
  data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
});

describe('CloudEvents in protobuf', () => {
  test('whatever is written is read', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(decodeEvent(encodeEvent(event))).toEqual(event);
        expect(decodePublishRequest(encodePublishRequest(event))).toEqual(event);
      }),
    );
  });

  test('a request to subscribe is read as it was written', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.record({ source: text, clusterName: text, dataType: text }), (request) => {
        expect(decodeSubscriptionRequest(encodeSubscriptionRequest(request))).toEqual(request);
      }),
    );
  });

  test('any bytes are read or refused, and nothing else happens', () => {
    const outcome = (read: () => unknown): string => {
      try {
        read();
        return 'read';
      } catch (error) {
        return error instanceof WireError ? 'refused' : String(error);
      }
    };
    const seen = new Set<string>();
    const tries = (bytes: Buffer) => {
      for (const decode of [decodeEvent, decodePublishRequest, decodeSubscriptionRequest]) {
        const what = outcome(() => decode(bytes));
        seen.add(what);
        expect(['read', 'refused']).toContain(what);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => tries(Buffer.from(bytes))));
    const spoilt = fc.tuple(events, fc.nat(), fc.nat({ max: 255 }), fc.nat());
    fc.assert(
      fc.property(spoilt, ([event, at, byte, end]) => {
        const bytes = encodePublishRequest(event);
        bytes[at % bytes.length] = byte;
        tries(bytes.subarray(0, end % (bytes.length + 1)));
      }),
      { numRuns: 500 },
    );
    expect(seen).toEqual(new Set(['read', 'refused']));
  });

  test.each<[string, string, RegExp]>([
    ['a field that is cut short', '0a05aabb', /ends within a field/],
    ['a number without end', '08ffffffffffffffffffffff01', /more than ten bytes/],
    ['a group', '0b0c', /wire type 3/],
    ['the field 0', '0000', /no field 0/],
    ['text that is no UTF-8', '0a02c328', /no UTF-8/],
    ['a number where text stands', '0801', /wrong wire type/],
    ['a length beyond all memory', '0affffffffffffffff7f', /ends within a field/],
    ['data in protobuf', '4200', /send JSON/],
  ])('%s is refused', (_what, hex, message) => {
    expect(() => decodeEvent(Buffer.from(hex, 'hex'))).toThrow(message);
  });

  test('a request to publish without an event is refused', () => {
    expect(() => decodePublishRequest(Buffer.alloc(0))).toThrow(WireError);
  });

  test('fields that nobody knows are passed over', () => {
    const more = Buffer.from('9a0603616263', 'hex'); // field 99, text
    const event = newEvent({ source: 's', type: 't' }, { clustername: 'c1' }, { a: 1 });
    expect(decodeEvent(Buffer.concat([more, encodeEvent(event), more]))).toEqual(event);
  });

  test('only text counts as text', () => {
    const event = newEvent({ source: 's', type: 't' }, { clustername: 5, resourceid: 'u' });
    expect(textAttribute(event, 'clustername')).toBeUndefined();
    expect(textAttribute(event, 'resourceid')).toBe('u');
    expect(textAttribute(event, '__proto__')).toBeUndefined();
  });
});

describe('types of events', () => {
  const clusters = {
    group: 'cluster.open-cluster-management.io',
    version: 'v1',
    resource: 'managedclusters',
  };

  test('a type is read as it was written', () => {
    const type = { dataType: clusters, subresource: 'status', action: 'update_request' } as const;
    expect(formatEventType(type)).toBe(
      'cluster.open-cluster-management.io.v1.managedclusters.status.update_request',
    );
    expect(parseEventType(formatEventType(type))).toEqual(type);
  });

  test.each(['', 'a', 'a.b', '..', '.v1.leases', 'g.v1.'])('%j names no data type', (text) => {
    expect(parseDataType(text)).toBeUndefined();
  });

  test.each([
    'g.v1.leases',
    'g.v1.leases.spec',
    'g.v1.leases.spec.drop',
    'g.v1.leases.scale.update_request',
    'v1.leases.spec.update_request',
  ])('%j names no type of events', (text) => {
    expect(parseEventType(text)).toBeUndefined();
  });
});
