import { describe, expect, test } from '@jest/globals';
import type { ManifestWorkStatus, ResourceStatusManifest } from '../../../api/generated/work.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { jsonSize } from '../../../fleet/manifest-size.ts';
import { fitted } from './fit.ts';

const condition = (type: string, status: Condition['status'], message: string, reason = 'R'): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const entry = (ordinal: number, ...conditions: Condition[]): ResourceStatusManifest => ({
  resourceMeta: {
    ordinal,
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    resource: 'configmaps',
    name: `c${ordinal}`,
  },
  conditions,
});
const well = (ordinal: number) =>
  entry(
    ordinal,
    condition('Applied', 'True', 'Apply manifest complete'),
    condition('Available', 'True', 'Resource is available'),
    condition('StatusFeedbackSynced', 'True', '', 'NoStatusFeedbackSynced'),
  );
const failed = (ordinal: number, message = 'no') =>
  entry(ordinal, condition('Applied', 'False', message), condition('Available', 'False', 'gone'));
const finished = (ordinal: number) =>
  entry(
    ordinal,
    ...well(ordinal).conditions,
    condition('Complete', 'True', 'Job is finished', 'ConditionRuleEvaluated'),
  );
const statusOf = (manifests: ResourceStatusManifest[]): ManifestWorkStatus => ({
  conditions: [
    condition('Applied', 'True', 'Apply manifest work complete'),
    condition('Available', 'True', 'x'),
  ],
  resourceStatus: { manifests },
});
const ordinals = ({ resourceStatus }: ManifestWorkStatus): number[] =>
  resourceStatus!.manifests!.map(({ resourceMeta }) => resourceMeta.ordinal);
const appliedMessage = ({ conditions }: ManifestWorkStatus): string => conditions![0]!.message;
const many = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));

describe('a status that has to fit', () => {
  test('is left as it is when it does', () => {
    const status = statusOf([well(0), failed(1)]);
    expect(fitted(status, jsonSize(status))).toBe(status);
  });

  test('loses the ends of its messages first', () => {
    const status = statusOf(many(100, (index) => failed(index, `${index} ${'x'.repeat(4_000)}`)));
    const shown = fitted(status, 100_000);
    expect(jsonSize(shown)).toBeLessThanOrEqual(100_000);
    expect(ordinals(shown)).toHaveLength(100);
    expect(shown.resourceStatus!.manifests![7]!.conditions[0]!.message).toMatch(/^7 x{509}…$/);
  });

  test('then the words that all is well', () => {
    const status = statusOf(many(100, well));
    const room = jsonSize(status) - 1;
    const shown = fitted(status, room);
    expect(ordinals(shown)).toHaveLength(100);
    const types = shown.resourceStatus!.manifests![0]!.conditions.map(({ type, message }) => [type, message]);
    expect(types).toEqual([
      ['Applied', ''],
      ['Available', ''],
    ]);
  });

  test('then entries: those that are well first, finished ones last, in the order of the manifests', () => {
    const manifests = many(100, (index) =>
      index % 10 === 3 ? failed(index) : index % 10 === 7 ? finished(index) : well(index),
    );
    const shown = fitted(statusOf(manifests), 10_000);
    expect(jsonSize(shown)).toBeLessThanOrEqual(10_000);
    const left = ordinals(shown);
    expect(left).toEqual(left.toSorted((a, b) => a - b));
    expect(left.filter((ordinal) => ordinal % 10 === 3 || ordinal % 10 === 7)).toHaveLength(20);
    expect(left.length).toBeLessThan(100);
    expect(appliedMessage(shown)).toBe(
      `Apply manifest work complete; the status has room for ${left.length} of 100 manifests, so divide the work to see all`,
    );
    const few = ordinals(fitted(statusOf(manifests), 4_000));
    expect(few.every((ordinal) => ordinal % 10 === 7)).toBe(true);
  });

  test('an entry too large by itself goes without its feedback', () => {
    const values = many(200, (index) => ({
      name: `v${index}`,
      fieldValue: { type: 'String' as const, string: 'x'.repeat(1_000) },
    }));
    const shown = fitted(statusOf([{ ...well(0), statusFeedback: { values } }, well(1)]), 10_000);
    expect(ordinals(shown)).toEqual([0, 1]);
    expect(shown.resourceStatus!.manifests![0]!.statusFeedback).toBeUndefined();
  });

  test('keeps its conditions when there is room for nothing else', () => {
    const shown = fitted(statusOf(many(3_000, (index) => failed(index, 'x'.repeat(4_000)))), 10);
    expect(ordinals(shown)).toEqual([]);
    expect(appliedMessage(shown)).toContain('room for 0 of 3000');
  });

  test('is the same each time', () => {
    const status = statusOf(
      many(3_000, (index) => (index % 2 ? well(index) : failed(index, 'x'.repeat(900)))),
    );
    expect(fitted(status, 500_000)).toEqual(fitted(structuredClone(status), 500_000));
  });
});
