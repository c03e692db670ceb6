import { describe, expect, test } from '@jest/globals';
import type { Node } from '../../../runtime/client/kubernetes.ts';
import { availabilityTracker } from './availability.ts';
import { claimsOf } from './claims.ts';
import { formatQuantity, parseQuantity } from '../../../runtime/client/quantity.ts';
import { resourcesOf } from './resources.ts';

describe('availability', () => {
  const down = { ok: false, code: 500, detail: 'boom' } as const;

  test('registration.md 68: a failure counts after twenty seconds, a success at once, and starts anew', () => {
    let now = 0;
    const track = availabilityTracker(() => now);
    const statusAt = (ms: number, health: Parameters<typeof track>[0]) => {
      now = ms;
      return track(health).observed?.status;
    };

    expect(statusAt(0, { ok: true })).toBe('True');
    expect(statusAt(1_000, down)).toBeUndefined();
    for (let ms = 1_000; ms < 1_020; ms++) expect(statusAt(ms, down)).toBeUndefined();
    expect(statusAt(20_999, down)).toBeUndefined();
    expect(statusAt(21_000, down)).toBe('False');
    expect(statusAt(22_000, { ok: true })).toBe('True');
    expect(statusAt(23_000, down)).toBeUndefined();
  });

  test('the condition says what the API server said', () => {
    const track = availabilityTracker(() => 30_000);
    expect(track({ ok: true }).observed).toEqual({
      type: 'ManagedClusterConditionAvailable',
      status: 'True',
      reason: 'ManagedClusterAvailable',
      message: 'Managed cluster is available',
    });
  });
});

describe('resources', () => {
  const node = (capacity: Record<string, string>, unschedulable = false): Node => ({
    metadata: { name: 'n' },
    spec: { unschedulable },
    status: { capacity, allocatable: capacity },
  });

  test('registration.md 71: capacity of all nodes, allocatable of schedulable ones, foreign kinds kept', () => {
    const nodes = [node({ cpu: '4', memory: '8Gi' }), node({ cpu: '500m', memory: '512Mi' }, true)];
    expect(resourcesOf(nodes, { gpu: '3', cpu: '1' })).toEqual({
      capacity: { gpu: '3', cpu: '4500m', memory: '8704Mi' },
      allocatable: { cpu: '4', memory: '8Gi' },
    });
  });

  test.each([
    ['1500m', '1500m'],
    ['1.5', '1500m'],
    ['2000m', '2'],
    ['1e3', '1k'],
    ['1024Ki', '1Mi'],
    ['1536Mi', '1536Mi'],
    ['1000', '1k'],
    ['0', '0'],
    ['-5', '-5'],
    ['7', '7'],
    ['1.5Gi', '1536Mi'],
    ['100n', '100n'],
    [3, '3'],
  ])('the quantity %s is %s', (text, canonical) => {
    expect(formatQuantity(parseQuantity(text))).toBe(canonical);
  });

  test.each(['', 'Gi', '1x', '1.2.3', '--1'])('%j is no quantity', (text) => {
    expect(() => parseQuantity(text)).toThrow('is not a quantity');
  });
});

describe('claims', () => {
  const claim = (name: string, value = name, labels?: Record<string, string>) => ({
    metadata: { name, labels },
    spec: { value },
  });
  const limits = { maxCustom: 20, reservedSuffixes: [] };

  test('registration.md 74: a property outdoes a claim', () => {
    expect(claimsOf([claim('a', 'property')], [claim('a', 'claim')], limits).reported).toEqual([
      { name: 'a', value: 'property' },
    ]);
  });

  test('registration.md 75: reserved ones first and all, then custom ones in order up to the limit', () => {
    const reserved = [
      'product.open-cluster-management.io',
      'id.k8s.io',
      'platform.open-cluster-management.io',
      'kubeversion.open-cluster-management.io',
    ];
    const custom = Array.from(
      { length: 25 },
      (_, index) => `c${String(index).padStart(2, '0')}`,
    ).toReversed();
    const { reported, truncated } = claimsOf(
      [],
      [...custom, ...reserved, 'x.suffix'].map((name) => claim(name)),
      { maxCustom: 20, reservedSuffixes: ['.suffix'] },
    );
    expect(reported.map(({ name }) => name)).toEqual([
      ...[...reserved, 'x.suffix'].toSorted(),
      ...custom.toReversed().slice(0, 20),
    ]);
    expect(truncated).toBe(5);
  });

  test('registration.md 76: labelled ones stay on the cluster', () => {
    const hidden = { 'open-cluster-management.io/spoke-only': '' };
    expect(claimsOf([], [claim('a', 'v', hidden), claim('b')], limits).reported).toEqual([
      { name: 'b', value: 'b' },
    ]);
  });
});
