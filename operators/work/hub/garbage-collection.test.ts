import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import { timeToLive, trimmedForCollection } from './garbage-collection.ts';

const completed = '2026-01-01T00:00:00Z';
const at = (seconds: number) => Date.parse(completed) + seconds * 1000;
const work = (
  ttl: number | undefined,
  status: 'True' | 'False' = 'True',
  metadata: object = {},
): ManifestWork => ({
  metadata: { name: 'w', ...metadata },
  spec: {
    deleteOption: { propagationPolicy: 'Foreground', ttlSecondsAfterFinished: ttl },
    workload: { manifests: [{ kind: 'X' }] },
  },
  status: {
    conditions: [{ type: 'Complete', status, reason: 'x', message: '', lastTransitionTime: completed }],
  },
});

describe('complete works', () => {
  test.each<[string, ManifestWork, number, number | undefined]>([
    ['waits for the rest of its time', work(5), 2, 3000],
    ['goes when its time is over', work(5), 5, 0],
    ['goes at once with no time', work(0), -10, 0],
    ['goes at once with less than no time', work(-1), -10, 0],
    ['stays when nothing is configured', work(undefined), 100, undefined],
    ['stays while it is not complete', work(0, 'False'), 100, undefined],
    [
      'stays when a replica set made it',
      work(0, 'True', { labels: { 'work.open-cluster-management.io/manifestworkreplicaset': 'a.b' } }),
      100,
      undefined,
    ],
    ['goes whatever other labels it has', work(0, 'True', { labels: { other: 'x' } }), 100, 0],
    [
      'is left alone while it is being deleted',
      work(0, 'True', { deletionTimestamp: 'now' }),
      100,
      undefined,
    ],
  ])('work.md 105: %s', (_, object, seconds, expected) => {
    expect(timeToLive(object, at(seconds))).toBe(expected);
    expect(timeToLive(trimmedForCollection(object), at(seconds))).toBe(expected);
  });

  test('manifests are not kept', () => {
    expect(JSON.stringify(trimmedForCollection(work(5)))).not.toContain('workload');
  });
});
