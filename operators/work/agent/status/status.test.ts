import { describe, expect, test } from '@jest/globals';
import type {
  ManifestConfig,
  ManifestWorkStatus,
  ResourceMeta,
  ResourceStatusManifest,
} from '../../../api/generated/work.ts';
import { ApiError } from '../../../runtime/client/errors.ts';
import type { Condition, UnknownObject } from '../../../runtime/client/object.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';
import { IgnoreFieldError } from '../strategy/ignore-fields.ts';
import { aggregated } from './aggregate.ts';
import { withOutcomes } from './applied.ts';
import { explain } from './explain.ts';
import { type Observation, observed } from './observe.ts';
import { evaluateRules } from './rules.ts';

const earlier = new Date('2026-01-01T00:00:00Z');
const now = new Date('2026-01-02T00:00:00Z');
const [before, present] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];

const meta = (ordinal: number, name: string, rest: Partial<ResourceMeta> = {}): ResourceMeta => ({
  ordinal,
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespace: 'n',
  name,
  ...rest,
});
const limits = { rawJson: false, maxRawLength: 1024 };

const conditionsOf = (entry: ResourceStatusManifest | undefined): Record<string, string> =>
  Object.fromEntries((entry?.conditions ?? []).map(({ type, status }) => [type, status]));

describe('Applied', () => {
  test('work.md 3: one failure fails the work, each manifest speaks for itself', () => {
    const status = withOutcomes(
      {},
      [{ meta: meta(0, 'a'), error: new Error('no') }, { meta: meta(1, 'b') }],
      { generation: 1, now },
    );
    expect(status.resourceStatus?.manifests?.map(({ conditions }) => conditions[0])).toEqual([
      {
        type: 'Applied',
        status: 'False',
        reason: 'AppliedManifestFailed',
        message: 'Failed to apply manifest: no',
        observedGeneration: 1,
        lastTransitionTime: present,
      },
      {
        type: 'Applied',
        status: 'True',
        reason: 'AppliedManifestComplete',
        message: 'Apply manifest complete',
        observedGeneration: 1,
        lastTransitionTime: present,
      },
    ]);
    expect(status.conditions).toEqual([
      {
        type: 'Applied',
        status: 'False',
        reason: 'AppliedManifestWorkFailed',
        message: 'Failed to apply manifest work',
        observedGeneration: 1,
        lastTransitionTime: present,
      },
    ]);
  });

  test('work.md 44: a failure of ignoreFields has a reason of its own', () => {
    const status = withOutcomes(
      {},
      [{ meta: meta(0, 'a'), error: new IgnoreFieldError('JQ expression error') }],
      { generation: 1, now },
    );
    expect(status.resourceStatus?.manifests?.[0]?.conditions[0]).toMatchObject({
      reason: 'AppliedManifestSSAIgnoreFieldError',
      message: 'Failed to process ignoreFields: JQ expression error',
    });
  });

  test('work.md 17: a new generation moves the time of the manifest, not that of the work', () => {
    const first = withOutcomes({}, [{ meta: meta(0, 'a') }], { generation: 1, now: earlier });
    const same = withOutcomes(first, [{ meta: meta(0, 'a') }], { generation: 1, now });
    expect(same).toEqual(first);
    const next = withOutcomes(first, [{ meta: meta(0, 'a') }], { generation: 2, now });
    expect(next.resourceStatus?.manifests?.[0]?.conditions[0]).toMatchObject({
      lastTransitionTime: present,
      observedGeneration: 2,
    });
    expect(next.conditions?.[0]).toMatchObject({ lastTransitionTime: before, observedGeneration: 2 });
  });

  test('work.md 10: a moved manifest keeps what was known of it, a renamed one begins anew', () => {
    const feedback = { values: [{ name: 'v', fieldValue: { type: 'String' as const, string: 'x' } }] };
    const old: Condition = {
      type: 'Available',
      status: 'True',
      reason: 'ResourceAvailable',
      message: '',
      lastTransitionTime: before,
    };
    const status: ManifestWorkStatus = {
      resourceStatus: {
        manifests: [
          { resourceMeta: meta(0, 'a'), conditions: [old], statusFeedback: feedback },
          { resourceMeta: meta(1, 'b'), conditions: [old] },
        ],
      },
    };
    const { resourceStatus } = withOutcomes(status, [{ meta: meta(0, 'c') }, { meta: meta(1, 'a') }], {
      generation: 1,
      now,
    });
    expect(resourceStatus?.manifests?.map(({ resourceMeta }) => resourceMeta)).toEqual([
      meta(0, 'c'),
      meta(1, 'a'),
    ]);
    expect(conditionsOf(resourceStatus?.manifests?.[0])).toEqual({ Applied: 'True' });
    expect(conditionsOf(resourceStatus?.manifests?.[1])).toEqual({ Available: 'True', Applied: 'True' });
    expect(resourceStatus?.manifests?.[1]?.statusFeedback).toEqual(feedback);
  });

  test('work.md 3.3.2: a work without manifests gets no Applied', () => {
    expect(withOutcomes({}, [], { generation: 1, now }).conditions).toBeUndefined();
  });

  test('a message never grows beyond what the hub can hold', () => {
    const status = withOutcomes({}, [{ meta: meta(0, 'a'), error: new Error('x'.repeat(100_000)) }], {
      generation: 1,
      now,
    });
    expect(status.resourceStatus?.manifests?.[0]?.conditions[0]?.message.length).toBe(4096);
  });
});

describe('explanations name the object, the cause and what to do', () => {
  test.each<[number, string, string, RegExp]>([
    [
      403,
      'Forbidden',
      'configmaps "a" is forbidden',
      /^configmaps "a" is forbidden; grant the right to the work agent/,
    ],
    [
      404,
      'NotFound',
      'namespaces "n" not found',
      /^ConfigMap n\/a: namespaces "n" not found; create namespace n first/,
    ],
    [
      422,
      'Invalid',
      'ConfigMap "a" is invalid: data: Too long',
      /; correct the manifest in the ManifestWork$/,
    ],
    [
      422,
      'Invalid',
      'Job "a" is invalid: spec: field is immutable',
      /; restore the old value, or delete the object/,
    ],
    [500, 'InternalError', 'etcd is ill', /^ConfigMap n\/a: etcd is ill$/],
  ])('%i %s: %s', (code, reason, message, expected) => {
    const error = new ApiError(code, { code, reason, message }, 'POST /x');
    expect(explain(error, meta(0, 'a'))).toMatch(expected);
  });
});

const job = (...conditions: object[]): UnknownObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j' },
  status: { conditions },
});
const pod = (phase?: string): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  status: { phase },
});

describe('condition rules', () => {
  const complete = [{ type: 'WellKnownConditions' as const, condition: 'Complete' }];
  test.each([
    ['a running Job', job(), 'False', 'Job is not finished'],
    ['a complete Job', job({ type: 'Complete', status: 'True' }), 'True', 'Job is finished'],
    ['a failed Job', job({ type: 'Failed', status: 'True' }), 'True', 'Job is finished'],
    ['a Job that may fail', job({ type: 'Failed', status: 'False' }), 'False', 'Job is not finished'],
    ['a Job with odd conditions', job(null as unknown as object), 'False', 'Job is not finished'],
    ['a running Pod', pod('Running'), 'False', 'Pod is in phase Running'],
    ['a Pod that succeeded', pod('Succeeded'), 'True', 'Pod is in phase Succeeded'],
    ['a Pod that failed', pod('Failed'), 'True', 'Pod is in phase Failed'],
  ])('work.md 81, 82: %s', (_, object, status, message) => {
    expect(evaluateRules(object, complete, 3)).toEqual([
      { type: 'Complete', status, message, reason: 'ConditionRuleEvaluated', observedGeneration: 3 },
    ]);
  });

  test('work.md 4.3: a message of the rule replaces the built-in one', () => {
    expect(evaluateRules(pod('Running'), [{ ...complete[0]!, message: 'mine' }], 1)[0]?.message).toBe('mine');
  });

  test.each([
    ['an unknown name', pod('Running'), 'Ready'],
    ['another kind', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }, 'Complete'],
  ])('work.md 92: %s gives no condition', (_, object, condition) => {
    expect(evaluateRules(object, [{ type: 'WellKnownConditions', condition }], 1)).toEqual([]);
  });
});

describe('what is seen of one object', () => {
  const entry = (...conditions: Condition[]): ResourceStatusManifest => ({
    resourceMeta: meta(0, 'a'),
    conditions,
  });
  const see = (
    from: ResourceStatusManifest,
    observation: Observation,
    options: Partial<ManifestConfig> = {},
    generation = 1,
  ) => observed(from, observation, options, { generation, limits, now });
  const found: Observation = { state: 'found', object: { ...pod('Running'), metadata: { name: 'p' } } };
  const values = (name: string, string: string) => ({
    values: [{ name, fieldValue: { type: 'String' as const, string } }],
  });

  test.each<[string, Observation, string, string, string]>([
    ['found', found, 'True', 'ResourceAvailable', 'Resource is available'],
    ['missing', { state: 'missing' }, 'False', 'ResourceNotAvailable', 'Resource is not available'],
    [
      'unreadable',
      { state: 'failed', error: new Error('down') },
      'Unknown',
      'FetchingResourceFailed',
      'Failed to fetch resource: down',
    ],
    ['unnamed', { state: 'incomplete' }, 'Unknown', 'IncompleteResourceMeta', 'Resource meta is incomplete'],
  ])('work.md 78, 80: an object that is %s', (_, observation, status, reason, message) => {
    expect(findCondition(see(entry(), observation).conditions, 'Available')).toEqual({
      type: 'Available',
      status,
      reason,
      message,
      lastTransitionTime: present,
    });
  });

  test('work.md 72: no rules', () => {
    const seen = see({ ...entry(), statusFeedback: values('old', 'x') }, found);
    expect(findCondition(seen.conditions, 'StatusFeedbackSynced')).toMatchObject({
      status: 'True',
      reason: 'NoStatusFeedbackSynced',
      message: '',
    });
    expect(seen.statusFeedback).toBeUndefined();
  });

  test('work.md 71: the time of StatusFeedbackSynced moves with the values', () => {
    const rules = { feedbackRules: [{ type: 'WellKnownStatus' as const }] };
    const first = observed(entry(), found, rules, { generation: 1, limits, now: earlier });
    expect(first.statusFeedback).toEqual(values('PodPhase', 'Running'));
    expect(see(first, found, rules)).toEqual(first);
    const changed = see(first, { state: 'found', object: pod('Failed') }, rules);
    expect(findCondition(changed.conditions, 'StatusFeedbackSynced')?.lastTransitionTime).toBe(present);
    expect(findCondition(changed.conditions, 'Available')?.lastTransitionTime).toBe(before);
  });

  test('work.md 88: the condition of a rule that is gone goes', () => {
    const rules = { conditionRules: [{ type: 'WellKnownConditions' as const, condition: 'Complete' }] };
    const first = see(entry(), found, rules, 1);
    expect(conditionsOf(first)).toMatchObject({ Complete: 'False' });
    expect(conditionsOf(see(first, found, {}, 2))).not.toHaveProperty('Complete');
  });

  test('work.md 13, 9: feedback and rules of a missing object go, but not that it was Complete', () => {
    const rules = {
      feedbackRules: [{ type: 'WellKnownStatus' as const }],
      conditionRules: [{ type: 'WellKnownConditions' as const, condition: 'Complete' }],
    };
    const running = see(entry(), found, rules);
    expect(see(running, { state: 'missing' }, rules).statusFeedback).toBeUndefined();
    expect(conditionsOf(see(running, { state: 'missing' }, rules))).toEqual({ Available: 'False' });
    const finished = see(entry(), { state: 'found', object: pod('Succeeded') }, rules);
    expect(conditionsOf(see(finished, { state: 'missing' }, rules))).toEqual({
      Available: 'False',
      Complete: 'True',
    });
    expect(conditionsOf(see(finished, { state: 'missing' }, {}))).toEqual({ Available: 'False' });
  });
});

describe('aggregation', () => {
  const rule = (type: string, status: Condition['status'], message = ''): Condition => ({
    type,
    status,
    message,
    reason: 'ConditionRuleEvaluated',
    observedGeneration: 2,
    lastTransitionTime: before,
  });
  const available = (status: Condition['status']): Condition => ({
    type: 'Available',
    status,
    reason: 'x',
    message: '',
    lastTransitionTime: before,
  });
  const statusOf = (manifests: Condition[][], conditions?: Condition[]) =>
    aggregated(
      {
        conditions,
        resourceStatus: {
          manifests: manifests.map((all, index) => ({
            resourceMeta: meta(index, `${index}`),
            conditions: all,
          })),
        },
      },
      2,
      now,
    ).conditions;

  test.each<[string, Condition['status'][], string, string, string]>([
    [
      'work.md 78',
      ['True', 'False', 'Unknown'],
      'False',
      'ResourcesNotAvailable',
      '1 of 3 resources are not available',
    ],
    [
      'work.md 80',
      ['True', 'Unknown'],
      'Unknown',
      'ResourcesStatusUnknown',
      '1 of 2 resources have unknown status',
    ],
    ['work.md 79', [], 'Unknown', 'ResourcesStatusUnknown', 'cannot get any available resource '],
    ['work.md 1', ['True', 'True'], 'True', 'ResourcesAvailable', 'All resources are available'],
  ])('%s: Available over %j', (_, states, status, reason, message) => {
    const conditions = statusOf(states.map((each) => [available(each)]));
    expect(conditions).toEqual([
      { type: 'Available', status, reason, message, observedGeneration: 2, lastTransitionTime: present },
    ]);
  });

  test.each<[string, string, Condition['status'][], string]>([
    ['work.md 89', 'Complete', ['True', 'True'], 'True'],
    ['work.md 89', 'Complete', ['True', 'False'], 'False'],
    ['work.md 89', 'Complete', ['True', 'Unknown'], 'Unknown'],
    ['work.md 90', 'Progressing', ['False', 'True'], 'True'],
    ['work.md 90', 'Progressing', ['False', 'False'], 'False'],
    ['work.md 90', 'Progressing', ['False', 'Unknown'], 'Unknown'],
    ['work.md 134', 'Degraded', ['False', 'True'], 'True'],
    ['work.md 134', 'Degraded', ['False', 'False'], 'False'],
  ])('%s: %s over %j', (_, type, states, expected) => {
    const manifests = [
      ...states.map((status) => [available('True'), rule(type, status)]),
      [available('True')],
    ];
    expect(findCondition(statusOf(manifests), type)).toMatchObject({
      status: expected,
      reason: 'ConditionRulesAggregated',
      message: 'Aggregated from 2 manifest conditions',
      observedGeneration: 2,
    });
  });

  test('work.md 4.4: a single contributor lends its message', () => {
    expect(
      findCondition(statusOf([[rule('Complete', 'True', 'Job is finished')]]), 'Complete')?.message,
    ).toBe('Job is finished');
  });

  test('work.md 88: an aggregate whose rules are gone is pruned', () => {
    const old: Condition = {
      ...rule('Complete', 'True'),
      reason: 'ConditionRulesAggregated',
      observedGeneration: 1,
    };
    expect(findCondition(statusOf([[available('True')]], [old]), 'Complete')).toBeUndefined();
  });
});

describe('faults B4: of a Secret', () => {
  const secret: UnknownObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'a',
      namespace: 'n',
      labels: { app: 'x' },
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"token":"aHVudGVyMg=="}}',
      },
    },
    type: 'Opaque',
    data: { token: 'aHVudGVyMg==' },
  };
  const entry: ResourceStatusManifest = { resourceMeta: meta(0, 'a'), conditions: [] };
  const look = (options: Partial<ManifestConfig>, rawJson = false) => {
    const context = { generation: 1, limits: { rawJson, maxRawLength: 1024 }, now };
    return observed(entry, { state: 'found', object: secret }, options as never, context);
  };
  const byPath = (path: string) => ({
    feedbackRules: [{ type: 'JSONPaths' as const, jsonPaths: [{ name: 'v', path }] }],
  });

  test.each(['.data.token', '.data', '.data.*', '..token', '@', '.metadata.annotations'])(
    'nothing is reported that leads to its data: %s',
    (path) => {
      for (const rawJson of [false, true]) {
        const { statusFeedback, conditions } = look(byPath(path), rawJson);
        expect(JSON.stringify(statusFeedback ?? {})).not.toMatch(/aHVudGVyMg|hunter2/);
        expect(JSON.stringify(conditions)).not.toContain('aHVudGVyMg');
      }
    },
  );

  test('whose data is asked for hears why it is not there', () => {
    const { statusFeedback, conditions } = look(byPath('.data.token'));
    expect(statusFeedback).toBeUndefined();
    expect(findCondition(conditions, 'StatusFeedbackSynced')).toMatchObject({
      status: 'False',
      message:
        'Sync status feedback failed with error the value for v is of a Secret, whose data stays on its cluster',
    });
  });

  test('the rest is told', () => {
    const type = { name: 'v', fieldValue: { type: 'String', string: 'Opaque' } };
    expect(look(byPath('.type')).statusFeedback).toEqual({ values: [type] });
    const label = { name: 'v', fieldValue: { type: 'String', string: 'x' } };
    expect(look(byPath('.metadata.labels.app')).statusFeedback).toEqual({ values: [label] });
  });
});
