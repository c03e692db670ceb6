import { describe, expect, test } from '@jest/globals';
import type { FeedbackRule, JsonPath } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { readFeedback } from './feedback.ts';

const off = { rawJson: false, maxRawLength: 1024 };
const on = { rawJson: true, maxRawLength: 1024 };
const wellKnown: FeedbackRule[] = [{ type: 'WellKnownStatus' }];
const paths = (...jsonPaths: JsonPath[]): FeedbackRule[] => [{ type: 'JSONPaths', jsonPaths }];

const object = (apiVersion: string, kind: string, rest: object): UnknownObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x' },
  ...rest,
});

test.each([9007199254740993n, 1234567890123456789n, 9223372036854775807n, -9223372036854775808n])(
  'the integer %s is reported exactly',
  (integer) => {
    const { values, errors } = readFeedback(
      object('example.com/v1', 'Big', { spec: { integer } }),
      paths({ name: 'value', path: '.spec.integer' }),
      off,
    );
    expect(errors).toEqual([]);
    expect(values).toEqual([{ name: 'value', fieldValue: { type: 'Integer', integer } }]);
    expect(JSON.stringify(values)).toContain(`"integer":${integer}}`);
  },
);

describe('well-known values', () => {
  test.each<[string, UnknownObject, object]>([
    [
      'Deployment',
      object('apps/v1', 'Deployment', { status: { readyReplicas: 1, replicas: 2, availableReplicas: 3 } }),
      { ReadyReplicas: 1, Replicas: 2, AvailableReplicas: 3 },
    ],
    [
      'a Deployment that has none yet',
      object('apps/v1', 'Deployment', { status: { replicas: 0 } }),
      { Replicas: 0 },
    ],
    [
      'DaemonSet',
      object('apps/v1', 'DaemonSet', {
        status: { numberReady: 1, desiredNumberScheduled: 2, numberAvailable: 3 },
      }),
      { NumberReady: 1, DesiredNumberScheduled: 2, NumberAvailable: 3 },
    ],
    [
      'Job',
      object('batch/v1', 'Job', {
        status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] },
      }),
      { JobComplete: 'True', JobSucceeded: 1 },
    ],
    [
      'Pod',
      object('v1', 'Pod', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] } }),
      { PodReady: 'False', PodPhase: 'Running' },
    ],
  ])('work.md 64: %s', (_, live, expected) => {
    const { values, errors } = readFeedback(live, wellKnown, off);
    expect(errors).toEqual([]);
    const found = values.map(({ name, fieldValue: { integer, string } }) => [name, integer ?? string]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  test('work.md 65: a kind without well-known values', () => {
    expect(readFeedback(object('v1', 'ConfigMap', {}), wellKnown, off)).toEqual({
      values: [],
      errors: [
        expect.stringContaining(
          'cannot find the wellknown statuses for resource with gvk /v1, Kind=ConfigMap',
        ),
      ],
    });
  });
});

const thing = object('example.com/v1beta1', 'Thing', {
  status: { text: 'a', count: 3, ok: true, ratio: 1.5, list: [1, 2], map: { b: '<', a: 1 }, empty: null },
});

describe('values by path', () => {
  test.each<[string, object | undefined, object | undefined]>([
    ['.status.text', { type: 'String', string: 'a' }, { type: 'String', string: 'a' }],
    ['.status.count', { type: 'Integer', integer: 3 }, { type: 'Integer', integer: 3 }],
    ['.status.ok', { type: 'Boolean', boolean: true }, { type: 'Boolean', boolean: true }],
    ['.status.ratio', undefined, { type: 'JsonRaw', jsonRaw: '1.5' }],
    ['.status.list', undefined, { type: 'JsonRaw', jsonRaw: '[1,2]' }],
    ['.status.map', undefined, { type: 'JsonRaw', jsonRaw: String.raw`{"a":1,"b":"\u003c"}` }],
    ['.status.list[*]', { type: 'Integer', integer: 1 }, { type: 'JsonRaw', jsonRaw: '[1,2]' }],
  ])('work.md 67, 68: %s', (path, withoutGate, withGate) => {
    const rules = paths({ name: 'v', path });
    const expected = (fieldValue: object | undefined, errors: unknown) => ({
      values: fieldValue ? [{ name: 'v', fieldValue }] : [],
      errors,
    });
    const refusal = [expect.stringMatching(/^the type \w+ of the value for v is not found$/)];
    expect(readFeedback(thing, rules, off)).toEqual(expected(withoutGate, withoutGate ? [] : refusal));
    expect(readFeedback(thing, rules, on)).toEqual(expected(withGate, []));
  });

  test.each(['.status.missing', '.status.empty'])('work.md 64: %s gives no value', (path) => {
    expect(readFeedback(thing, paths({ name: 'v', path }), on)).toEqual({ values: [], errors: [] });
  });

  test('work.md 69: a raw value over the limit', () => {
    const { values, errors } = readFeedback(thing, paths({ name: 'v', path: '.status.list' }), {
      rawJson: true,
      maxRawLength: 4,
    });
    expect(values).toEqual([]);
    expect(errors).toEqual([
      'the length of returned json raw string for name v is larger than the maximum length 4',
    ]);
  });

  test('work.md 66, 70: one path that fails leaves the others alone', () => {
    const { values, errors } = readFeedback(
      thing,
      paths(
        { name: 'other', path: '.status.text', version: 'v1' },
        { name: 'same', path: '.status.text', version: 'v1beta1' },
        { name: 'bad', path: '.status[' },
        { name: 'beyond', path: '.status.list[7]' },
      ),
      off,
    );
    expect(values.map(({ name }) => name)).toEqual(['same']);
    expect(errors).toEqual([
      'version set in the path other is not matched for the related resource',
      expect.stringMatching(/^failed to parse json path \.status\[ of bad with error: unterminated array/),
      expect.stringMatching(/^failed to find value for beyond with error: array index out of bounds/),
    ]);
  });

  test('work.md 12: a name used twice keeps the status valid for the hub', () => {
    const rules = [
      ...paths({ name: 'v', path: '.status.text' }),
      ...paths({ name: 'v', path: '.status.count' }),
    ];
    expect(readFeedback(thing, rules, off)).toEqual({
      values: [{ name: 'v', fieldValue: { type: 'String', string: 'a' } }],
      errors: ['the name v is used by more than one path; give each its own'],
    });
  });
});
