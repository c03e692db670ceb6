import { describe, expect, test } from '@jest/globals';
import type { ManagedCluster, ManagedClusterTaint } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import type { MayUse } from './access.ts';
import { mutateCluster, stampTaints } from './mutate-cluster.ts';
import { agentRefusal, problemsOf } from './validate-cluster.ts';

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

  test('registration.md 116, D20: one key with two effects', () => {
    const both = [taint('a', { timeAdded: before }), taint('a', { effect: 'NoSelectIfNew', timeAdded: now })];
    expect(stampTaints(both, both, now)).toEqual({ taints: both, refused: [] });
    const added = [both[0]!, taint('a', { effect: 'NoSelectIfNew' })];
    expect(stampTaints(added, [both[0]!], now)).toEqual({ taints: both, refused: [] });
  });
});

describe('the default set', () => {
  const key = label.clusterSet;
  const inDefault = { [key]: 'default' };
  const path = '/metadata/labels/cluster.open-cluster-management.io~1clusterset';
  const added = [{ op: 'add', path, value: 'default' }];

  interface Case {
    labels?: Record<string, string>;
    /** Labels of the object before an update; none for a create. */
    before?: Record<string, string>;
    deleting?: boolean;
  }
  const decide = async ({ labels, before: old, deleting }: Case, mayJoin: boolean | Error, gate = true) => {
    const asked: string[] = [];
    const mayUse: MayUse = (_request, resource, name) => {
      asked.push(`${resource.verb} ${resource.resource}/${resource.subresource} ${name}`);
      return mayJoin instanceof Error ? Promise.reject(mayJoin) : Promise.resolve(mayJoin);
    };
    const deletionTimestamp = deleting ? now : undefined;
    const request: AdmissionRequest = {
      uid: 'u',
      kind: { group: '', version: '', kind: '' },
      resource: { group: '', version: '', resource: '' },
      operation: old ? 'UPDATE' : 'CREATE',
      userInfo: {},
      object: { metadata: { name: 'c1', labels, deletionTimestamp } },
      oldObject: old && { metadata: { name: 'c1', labels: old, deletionTimestamp } },
    };
    return { response: await mutateCluster(gate, mayUse)(request, new AbortController().signal), asked };
  };

  test.each<[string, Case, unknown]>([
    ['no labels', {}, [{ op: 'add', path: '/metadata/labels', value: inDefault }]],
    ['other labels', { labels: { a: '1' } }, added],
    ['an empty set', { labels: { [key]: '' } }, added],
    ['an edit of a cluster without a set', { labels: { a: '1' }, before: {} }, added],
    ['a set that is left for none', { labels: { a: '1' }, before: { [key]: 's1' } }, added],
  ])('registration.md 107: %s', async (_what, given, patch) => {
    expect(await decide(given, true)).toEqual({
      response: { allowed: true, patch },
      asked: ['create managedclustersets/join default'],
    });
    expect(await decide(given, false)).toMatchObject({ response: { allowed: true } });
    expect((await decide(given, false)).response).not.toHaveProperty('patch');
  });

  test('registration.md 107: a set stays, and without the gate nothing is done', async () => {
    const nothing = { response: { allowed: true }, asked: [] };
    expect(await decide({ labels: { [key]: 's1' } }, true)).toEqual(nothing);
    expect(await decide({}, true, false)).toEqual(nothing);
  });

  test.each([true, false])(
    'registration.md 107: the label of the default set cannot be taken off (requester may join: %s)',
    async (mayJoin) => {
      expect(await decide({ labels: { a: '1' }, before: inDefault }, mayJoin)).toEqual({
        response: { allowed: true, patch: added },
        asked: [],
      });
    },
  );

  test.each<[string, Record<string, string>]>([
    ['without a set', {}],
    ['of the default set', inDefault],
  ])('nothing is added to a cluster %s that is being deleted', async (_what, old) => {
    expect(await decide({ labels: { a: '1' }, before: old, deleting: true }, true)).toEqual({
      response: { allowed: true },
      asked: [],
    });
  });

  test('when nobody can say whether the requester may join, the refusal says why', async () => {
    const { response } = await decide({}, new Error('no answer'));
    expect(response).toMatchObject({
      allowed: false,
      code: 403,
      message: 'managedclustersets/join.cluster.open-cluster-management.io "default" is forbidden: no answer',
    });
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

  test('registration.md 111, D19: the name is checked with and without client configurations', () => {
    expect(problemsOf(cluster('with.dots'))[0]).toContain('metadata.name format is not correct');
    expect(problemsOf(cluster('with.dots', 'https://a'))).toHaveLength(1);
  });
});

describe('faults A5: what an agent may change of its cluster', () => {
  const agent = ['system:open-cluster-management:c1', 'system:open-cluster-management:managed-clusters'];
  const cluster = (
    more: ManagedCluster['metadata']['labels'],
    taints?: ManagedClusterTaint[],
  ): ManagedCluster => ({
    metadata: { name: 'c1', labels: more },
    spec: { hubAcceptsClient: true, ...(taints && { taints }) },
  });
  const plain = cluster({ zone: 'a' }, [taint('a')]);
  const withUrl = { ...plain, spec: { ...plain.spec!, managedClusterClientConfigs: [{ url: 'https://a' }] } };

  test.each<[string, string[], ManagedCluster | undefined, ManagedCluster, boolean]>([
    ['nothing that decides where workloads run', agent, plain, withUrl, true],
    ['no label', agent, plain, cluster({ zone: 'b' }, [taint('a')]), false],
    ['no new label', agent, plain, cluster({ zone: 'a', gpu: 'yes' }, [taint('a')]), false],
    ['no taint', agent, plain, cluster({ zone: 'a' }), false],
    ['no new taint', agent, plain, cluster({ zone: 'a' }, [taint('a'), taint('b')]), false],
    ['of another way to sign in', ['open-cluster-management:c1'], plain, cluster({}), false],
    ['as it makes itself known', agent, undefined, plain, true],
    ['others may', ['system:masters'], plain, cluster({}), true],
    ['no labels are as good as none', agent, cluster(undefined), cluster({}, []), true],
  ])('%s', (_what, groups, old, next, isAllowed) => {
    const refusal = agentRefusal({ userInfo: { username: 'u', groups } }, old, next);
    expect(refusal?.message).toEqual(
      isAllowed ? undefined : expect.stringContaining('have an administrator of the hub do it'),
    );
  });
});
