import { describe, expect, test } from '@jest/globals';
import type { Placement, PlacementDecision } from '../../../api/generated/cluster.ts';
import type {
  ManifestWorkReplicaSet,
  ManifestWorkSpec,
  RolloutStrategy,
} from '../../../api/generated/work.ts';
import { label } from '../../../api/names.ts';
import { workSpecHash } from '../../../fleet/work-spec-hash.ts';
import { ApiError } from '../../../runtime/client/errors.ts';
import { labelValue } from '../../../runtime/client/legal-name.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';
import { type Failure, failureOf, failuresText } from './failures.ts';
import { type PlacementView, planFor, stillUnselected } from './plan.ts';
import { statusFor, statusWithoutPlacement } from './status.ts';
import { type TrimmedWork, replicaSetLabel, trimmed, workLabels, workNameOf } from './works.ts';

const now = new Date('2026-01-01T00:00:00Z');
const template: ManifestWorkSpec = {
  workload: { manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'n' } }] },
};
const set = (
  placements: string[] = ['p'],
  labels?: Record<string, string>,
  strategy?: RolloutStrategy,
): ManifestWorkReplicaSet => ({
  metadata: { name: 'set', namespace: 'ns', labels },
  spec: {
    cascadeDeletionPolicy: 'Background',
    placementRefs: placements.map((name) => ({ name, rolloutStrategy: strategy })),
    manifestWorkTemplate: template,
  },
});
const decision = (clusters: string[], index = '0'): PlacementDecision => ({
  metadata: { name: `d${index}`, labels: { [label.decisionGroupIndex]: index } },
  status: { decisions: clusters.map((clusterName) => ({ clusterName, reason: '' })) },
});
const view = (name: string, decisions: PlacementDecision[], of = set()): PlacementView => {
  const placement: Placement = {
    metadata: { name, namespace: 'ns' },
    spec: {},
    status: { decisionGroups: [{}], numberOfSelectedClusters: 0 },
  };
  return { ref: of.spec!.placementRefs.find((ref) => ref.name === name) ?? { name }, placement, decisions };
};
const condition = (type: string, status: Condition['status']): Condition => ({
  type,
  status,
  reason: 'x',
  message: '',
  lastTransitionTime: '2025-01-01T00:00:00Z',
  observedGeneration: 1,
});
const work = (
  cluster: string,
  rest: Partial<TrimmedWork> = {},
  placement = 'p',
  conditions: Condition[] = [],
): TrimmedWork => ({
  metadata: { name: `w-${cluster}`, namespace: cluster, generation: 1, labels: workLabels(set(), placement) },
  hash: workSpecHash(template),
  status: { conditions },
  ...rest,
});
const finished = [
  condition('Applied', 'True'),
  condition('Available', 'True'),
  condition('Progressing', 'False'),
];
const plan = (views: PlacementView[], works: TrimmedWork[], of = set()) =>
  planFor(of, views, works, now.getTime());
const applied = (result: ReturnType<typeof planFor>) =>
  result.placements.map(({ apply }) => apply.map(({ cluster }) => cluster));

describe('which works there are', () => {
  test('work.md 106: one for each selected cluster', () => {
    const result = plan([view('p', [decision(['c1', 'c2']), decision(['c3'], '1')])], []);
    expect(applied(result)).toEqual([['c1', 'c2', 'c3']]);
    expect([...result.unselected, ...result.doubles]).toEqual([]);
  });

  test('is not written again while its agent has not reported', () => {
    expect(applied(plan([view('p', [decision(['c1'])])], [work('c1')]))).toEqual([[]]);
  });

  test('work.md 107: none in a cluster that is not selected any more', () => {
    const works = [work('c1'), work('c2')];
    expect(plan([view('p', [decision(['c1'])])], works).unselected).toEqual([works[1]]);
  });

  test('work.md 129: nor one with an earlier template', () => {
    const outdated = work('c2', { hash: 'earlier' });
    expect(plan([view('p', [decision(['c1'])])], [outdated]).unselected).toEqual([outdated]);
  });

  test('work.md 110: a work changes hands with its placement', () => {
    const of = set(['q']);
    const result = plan([view('q', [decision(['c1'])], of)], [work('c1'), work('c2')], of);
    expect(applied(result)).toEqual([['c1']]);
    expect(result.placements[0]!.apply[0]!.work?.metadata.name).toBe('w-c1');
    expect(result.unselected.map(({ metadata }) => metadata.namespace)).toEqual(['c2']);
  });

  test('work.md 128: two placements that select one cluster give it one work', () => {
    const of = set(['p', 'q']);
    const views = [view('p', [decision(['c1'])], of), view('q', [decision(['c1', 'c2'])], of)];
    expect(applied(plan(views, [], of))).toEqual([['c1'], ['c2']]);
    const works = [
      work('c1', {}, 'p', finished),
      work('c1', { metadata: { ...work('c1').metadata, name: 'double' } }, 'q'),
      work('c2', {}, 'q', finished),
    ];
    works[1]!.metadata.labels = workLabels(of, 'q');
    const result = plan(views, works, of);
    expect(applied(result)).toEqual([[], []]);
    expect(result.doubles.map(({ metadata }) => metadata.name)).toEqual(['double']);
  });

  test('work.md 13, 13: labels of the set reach works that are done', () => {
    const of = set(['p'], { team: 'a' });
    expect(applied(plan([view('p', [decision(['c1'])], of)], [work('c1', {}, 'p', finished)], of))).toEqual([
      ['c1'],
    ]);
    const labelled = work('c1', {}, 'p', finished);
    labelled.metadata.labels = workLabels(of, 'p');
    expect(applied(plan([view('p', [decision(['c1'])], of)], [labelled], of))).toEqual([[]]);
  });

  test('work.md 116: a new template begins the rollout anew', () => {
    const of = set(['p'], undefined, { type: 'Progressive', progressive: { maxConcurrency: 1 } });
    const works = ['c1', 'c2', 'c3'].map((cluster) => work(cluster, { hash: 'earlier' }, 'p', finished));
    const result = plan([view('p', [decision(['c1', 'c2', 'c3'])], of)], works, of);
    expect(applied(result)).toEqual([['c1']]);
    expect(result.placements[0]!.current).toEqual([]);
    expect(result.unselected).toEqual([]);
  });

  test.each<[string, string]>([
    ['short', 'p'],
    ['as long as it may be', `${'p.'.repeat(126)}p`],
  ])(
    'a work stays where fresh decisions select its cluster after all: a placement of a name that is %s',
    (_, name) => {
      const of = set([name]);
      const works = [work('c1', {}, name), work('c2', {}, name)];
      const owner = { apiVersion: 'cluster.open-cluster-management.io/v1beta1', kind: 'Placement', uid: 'u' };
      const named = (clusters: string[], placement: string, namespace: string, isLabelled: boolean) => ({
        ...decision(clusters),
        metadata: {
          name: 'd',
          namespace,
          ...(isLabelled
            ? { labels: { [label.placement]: labelValue(placement) } }
            : { ownerReferences: [{ ...owner, name: placement }] }),
        },
      });
      for (const isLabelled of [true, false]) {
        const fresh = named(['c1'], name, 'ns', isLabelled);
        expect(stillUnselected(of, works, [fresh])).toEqual([works[1]]);
      }
      const others = [named(['c1'], 'other', 'ns', true), named(['c1'], name, 'elsewhere', true)];
      expect(stillUnselected(of, works, others)).toEqual(works);
    },
  );

  test('work.md 12: decisions that cannot be read leave everything as it is', () => {
    const result = plan([view('p', [decision(['c1'], 'x')])], [work('c1'), work('c2')]);
    expect(applied(result)).toEqual([[]]);
    expect([...result.unselected, ...result.doubles]).toEqual([]);
    expect(result.placements[0]!.error?.message).toMatch(/^incorrect group index/);
  });
});

describe('what is shown', () => {
  const show = (views: PlacementView[], works: TrimmedWork[], of = set(), failures: Failure[] = []) =>
    statusFor({}, plan(views, works, of).placements, failures, now);
  const reasons = (status: ReturnType<typeof show>) =>
    Object.fromEntries(
      (status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]),
    );

  test('work.md 108: nothing selected', () => {
    const status = show([view('p', [])], []);
    expect(reasons(status)).toEqual({
      PlacementVerified: 'False PlacementDecisionEmpty',
      PlacementRolledOut: 'True Complete',
      ManifestworkApplied: 'False PlacementDecisionEmpty',
    });
    expect(status.summary).toEqual({ total: 0, applied: 0, available: 0, progressing: 0, degraded: 0 });
  });

  test('work.md 108: a placement that does not exist keeps the summary', () => {
    const status = statusWithoutPlacement({ summary: { total: 3 } }, 'p', now);
    expect(findCondition(status.conditions, 'PlacementVerified')).toMatchObject({
      status: 'False',
      reason: 'PlacementDecisionNotFound',
    });
    expect(status.summary).toEqual({ total: 3 });
  });

  test('work.md 109: all is done', () => {
    const status = show(
      [view('p', [decision(['c1', 'c2'])])],
      [work('c1', {}, 'p', finished), work('c2', {}, 'p', finished)],
    );
    expect(reasons(status)).toEqual({
      PlacementVerified: 'True AsExpected',
      PlacementRolledOut: 'True Complete',
      ManifestworkApplied: 'True AsExpected',
    });
    expect(status.summary).toEqual({ total: 2, applied: 2, available: 2, progressing: 0, degraded: 0 });
    expect(status.placementSummary).toEqual([
      { name: 'p', availableDecisionGroups: '1 (2 / 2 clusters applied)', summary: status.summary },
    ]);
  });

  test.each<[string, Condition[], string]>([
    [
      'in progress',
      [condition('Applied', 'True'), condition('Available', 'True'), condition('Progressing', 'True')],
      'False Processing',
    ],
    [
      'in progress and degraded',
      [condition('Applied', 'True'), condition('Progressing', 'True'), condition('Degraded', 'True')],
      'False NotAsExpected',
    ],
    ['not available', [condition('Applied', 'True')], 'False NotAsExpected'],
  ])('work.md 109: one work %s', (_, conditions, expected) => {
    const status = show(
      [view('p', [decision(['c1', 'c2'])])],
      [work('c1', {}, 'p', finished), work('c2', {}, 'p', conditions)],
    );
    expect(reasons(status)).toMatchObject({
      ManifestworkApplied: expected,
      PlacementRolledOut: 'False Progressing',
    });
  });

  test('work.md 119: placements are counted one by one and together', () => {
    const of = set(['p', 'q']);
    const status = show(
      [view('p', [decision(['c1'])], of), view('q', [decision(['c2', 'c3'])], of)],
      [work('c1', {}, 'p', finished), work('c2', {}, 'q', finished)],
      of,
    );
    expect(status.placementSummary?.map(({ summary }) => summary?.total)).toEqual([1, 1]);
    expect(status.summary?.total).toBe(2);
    expect(status.placementSummary?.[1]?.availableDecisionGroups).toBe('1 (1 / 2 clusters applied)');
  });

  test('work.md 13, 13: a placement that fails is said to, and its works count on', () => {
    const status = show([view('p', [decision(['c1'], 'x')])], [work('c1', {}, 'p', finished)]);
    expect(reasons(status)).toMatchObject({
      PlacementVerified: 'False NotAsExpected',
      PlacementRolledOut: 'False Progressing',
    });
    expect(findCondition(status.conditions, 'PlacementVerified')?.message).toContain(
      'Placement p: incorrect group index',
    );
    expect(status.summary?.total).toBe(1);
  });

  const refused = (cluster: string, message: string, code = 403): Failure =>
    failureOf(cluster, 'cannot create its ManifestWork', new ApiError(code, { code, message }, 'POST /x'));

  test('refused works are named with their cause, whether another cluster is fine or none', () => {
    const failures = [refused('c2', 'exceeded quota')];
    const message = 'cluster c2: cannot create its ManifestWork: exceeded quota';
    for (const works of [[], [work('c1', {}, 'p', finished)]]) {
      const status = show([view('p', [decision(['c1', 'c2'])])], works, set(), failures);
      expect(reasons(status)).toMatchObject({
        PlacementVerified: 'True AsExpected',
        PlacementRolledOut: 'False Progressing',
        ManifestworkApplied: 'False NotAsExpected',
      });
      expect(findCondition(status.conditions, 'ManifestworkApplied')?.message).toBe(message);
    }
  });

  test('a work that is only just made is not applied, though all others are', () => {
    const status = show([view('p', [decision(['c1', 'c2'])])], [work('c1', {}, 'p', finished)]);
    expect(reasons(status)).toMatchObject({ ManifestworkApplied: 'False Processing' });
  });

  test('the names are as many as there is room for, in order', () => {
    const many = Array.from({ length: 2_000 }, (_, index) =>
      refused(`c${String(index).padStart(4, '0')}`, 'x'.repeat(10_000)),
    );
    const text = failuresText(many.toReversed());
    expect(text.length).toBeLessThan(2_500);
    expect(text).toMatch(/^cluster c0000: cannot create its ManifestWork: x+…; .*; and 199\d more$/);
  });

  test('a cluster without a namespace', () => {
    expect(failuresText([refused('c1', 'namespaces "c1" not found', 404)])).toMatch(
      /namespaces "c1" not found; is the cluster accepted/,
    );
  });

  test('work.md 120: nothing new, nothing changed', () => {
    const views = [view('p', [decision(['c1'])])];
    const works = [work('c1', {}, 'p', finished)];
    const first = show(views, works);
    expect(statusFor(first, plan(views, works).placements, [], new Date('2027-01-01T00:00:00Z'))).toEqual(
      first,
    );
  });
});

describe('names', () => {
  // Such a set has works and ends like any other; nothing is refused.
  test('work.md 13, 12, since-1.3.1.md 57 to 61: the label of a set, whatever dots and length its name has', () => {
    expect(replicaSetLabel({ name: 'a.b', namespace: 'ns' })).toBe('ns.a.b');
    const [one, two] = ['a', 'b'].map((end) =>
      replicaSetLabel({ name: `${'x.'.repeat(60)}${end}`, namespace: 'ns' }),
    );
    expect(one).toMatch(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9]$/);
    expect(one).not.toBe(two);
  });

  test('the label of a placement, also of one whose name is no value of a label', () => {
    const labelOf = (placement: string) => workLabels(set(), placement)[label.placementName];
    expect(labelOf('p.q')).toBe('p.q');
    const [one, two] = ['a', 'b'].map((end) => labelOf(`${'p'.repeat(252)}${end}`));
    expect(one).toMatch(/^p{52}-[0-9a-f]{10}$/);
    expect(one).not.toBe(two);
  });

  test('work.md 130: the name of a work is always the same', () => {
    expect(workNameOf(set())).toMatch(/^set[0-9a-f]{5}$/);
    expect(workNameOf(set())).toBe(workNameOf(set(['q'])));
    expect(workNameOf({ ...set(), metadata: { name: 'x'.repeat(200), namespace: 'ns' } }).length).toBe(63);
  });

  test('work.md 6.3: specs are compared by what they mean', () => {
    const manifest = template.workload!.manifests![0]!;
    const noisy: ManifestWorkSpec = {
      manifestConfigs: [],
      workload: {
        manifests: [
          { ...manifest, metadata: { ...manifest.metadata, creationTimestamp: null as unknown as string } },
        ],
      },
    };
    expect(workSpecHash(noisy)).toBe(workSpecHash(template));
    expect(workSpecHash({ ...template, deleteOption: { propagationPolicy: 'Orphan' } })).not.toBe(
      workSpecHash(template),
    );
    const kept = trimmed({ metadata: { name: 'w' }, spec: template });
    expect(kept).not.toHaveProperty('spec');
    expect(trimmed(kept)).toEqual(kept);
  });
});
