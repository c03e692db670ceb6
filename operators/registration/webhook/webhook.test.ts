import { describe, expect, test } from '@jest/globals';
import type { ManagedCluster, ManagedClusterTaint } from '../../api/generated/cluster.ts';
import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import { mutateCluster, stampTaints } from './mutate-cluster.ts';
import { problemsOf } from './validate-cluster.ts';

const now = '2026-01-02T03:04:05Z';
const before = '2025-01-01T00:00:00Z';

const taint = (key: string, more: Partial<ManagedClusterTaint> = {}): ManagedClusterTaint => ({
  key,
  effect: 'NoSelect',
  ...more,
});

describe('times of taints', () => {
  test.each<
    [string, ManagedClusterTaint[], ManagedClusterTaint[] | undefined, (string | undefined)[], string[]]
  >([
    ['on create', [taint('a', { timeAdded: before }), taint('b')], undefined, [now, now], []],
    ['of a new key', [taint('a')], [], [now], []],
    ['of a new key with a time', [taint('a', { timeAdded: before })], [], [now], ['a']],
    [
      'left as it was',
      [taint('a', { timeAdded: before })],
      [taint('a', { timeAdded: before })],
      [before],
      [],
    ],
    ['changed', [taint('a', { timeAdded: now })], [taint('a', { timeAdded: before })], [now], ['a']],
    ['left out', [taint('a')], [taint('a', { timeAdded: before })], [undefined], ['a']],
    [
      'of a changed effect',
      [taint('a', { effect: 'PreferNoSelect' })],
      [taint('a', { timeAdded: before })],
      [now],
      [],
    ],
    [
      'of a changed value, with a time',
      [taint('a', { value: 'v', timeAdded: before })],
      [taint('a', { timeAdded: before })],
      [now],
      ['a'],
    ],
    ['the zero time', [taint('a', { timeAdded: '0001-01-01T00:00:00Z' })], [], [now], []],
  ])('registration.md 109: %s', (_what, taints, old, times, refused) => {
    const stamped = stampTaints(taints, old, now);
    expect(stamped.refused).toEqual(refused);
    expect(stamped.taints.map(({ timeAdded }) => timeAdded)).toEqual(times);
  });

  test('registration.md 116: one key with two effects', () => {
    const both = [taint('a', { timeAdded: before }), taint('a', { effect: 'NoSelectIfNew', timeAdded: now })];
    expect(stampTaints(both, both, now)).toEqual({ taints: both, refused: [] });
    const added = [both[0]!, taint('a', { effect: 'NoSelectIfNew' })];
    expect(stampTaints(added, [both[0]!], now)).toEqual({ taints: both, refused: [] });
  });
});

describe('the default set', () => {
  const key = 'cluster.open-cluster-management.io/clusterset';
  const review = (labels: Record<string, string> | undefined): AdmissionRequest => ({
    uid: 'u',
    kind: { group: '', version: '', kind: '' },
    resource: { group: '', version: '', resource: '' },
    operation: 'CREATE',
    userInfo: {},
    object: { metadata: { name: 'c1', labels } },
  });
  const decide = (labels: Record<string, string> | undefined, gate = true) =>
    mutateCluster(gate)(review(labels), new AbortController().signal);
  const path = '/metadata/labels/cluster.open-cluster-management.io~1clusterset';

  test.each([
    ['no labels', undefined, [{ op: 'add', path: '/metadata/labels', value: { [key]: 'default' } }]],
    ['other labels', { a: '1' }, [{ op: 'add', path, value: 'default' }]],
    ['an empty set', { [key]: '' }, [{ op: 'add', path, value: 'default' }]],
  ])('registration.md 107: %s', async (_what, labels, patch) => {
    expect(await decide(labels)).toEqual({ allowed: true, patch });
  });

  test('registration.md 107: a set stays, and without the gate nothing is done', async () => {
    expect(await decide({ [key]: 's1' })).toEqual({ allowed: true });
    expect(await decide(undefined, false)).toEqual({ allowed: true });
  });
});

describe('clusters that make no sense', () => {
  const cluster = (name: string, ...urls: string[]): ManagedCluster => ({
    metadata: { name },
    spec: { managedClusterClientConfigs: urls.map((url) => ({ url })) },
  });

  test.each([
    ['c1', [], []],
    ['c1', ['https://a'], []],
    [
      'c1',
      ['http://a', '', 'x'],
      ['http://a', '', 'x'].map((url) => `url "${url}" is invalid in client configs`),
    ],
  ])('registration.md 110: %s %j', (name, urls, problems) => {
    expect(problemsOf(cluster(name, ...urls))).toEqual(problems);
  });

  test('registration.md 111: the name is checked with and without client configurations', () => {
    expect(problemsOf(cluster('with.dots'))[0]).toContain('metadata.name format is not correct');
    expect(problemsOf(cluster('with.dots', 'https://a'))).toHaveLength(1);
  });
});
