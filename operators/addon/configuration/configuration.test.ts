import { describe, expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { RolloutStrategy } from '../../api/generated/work.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import type { Selection } from '../install/selection.ts';
import { configNodes } from './desired.ts';
import {
  type AddonFacts,
  addonOn,
  config,
  managementAddon,
  now,
  reference,
  selectionWith,
  settled,
} from './fixture.ts';
import { heldUp, planNode } from './plan.ts';
import { progressionAfter, withSelection } from './progressions.ts';
import { rolloutStateOf } from './rollout-state.ts';

/** What each add-on is to have: `resource/name@hash`, by its cluster. */
const desired = (
  addon: Parameters<typeof configNodes>[0],
  addons: ManagedClusterAddOn[],
  selections: Selection[] = [],
): Record<string, string> =>
  Object.fromEntries(
    configNodes(addon, addons, selections).flatMap((node) =>
      node.addons.map((each) => [
        each.cluster,
        each.desired.map(({ resource, name, specHash }) => `${resource}/${name}@${specHash}`).join(' '),
      ]),
    ),
  );

describe('desired configurations', () => {
  const placed = (...names: string[]) =>
    managementAddon(
      ['default'],
      names.map((name) => ({ entry: { name }, references: [`of-${name}`] })),
    );
  const p1 = selectionWith({ name: 'p1' }, [['c1', 'c2']]);
  const p2 = selectionWith({ name: 'p2' }, [['c2', 'c3']]);
  const clusters = (...names: string[]) => names.map((name) => addonOn(name));

  test('addon.md 34: the defaults for all, with their hashes', () => {
    expect(desired(managementAddon(['x']), clusters('c1', 'c2'))).toEqual({
      c1: 'configs/x@hash-x',
      c2: 'configs/x@hash-x',
    });
    expect(desired(managementAddon(['x']), [])).toEqual({});
  });

  test('addon.md 35, 36: of the last placement that selects the cluster, or the defaults', () => {
    const all = clusters('c1', 'c2', 'c3', 'c4');
    expect(desired(placed('p1', 'p2'), all, [p1, p2])).toEqual({
      c1: 'configs/of-p1@hash-of-p1',
      c2: 'configs/of-p2@hash-of-p2',
      c3: 'configs/of-p2@hash-of-p2',
      c4: 'configs/default@hash-default',
    });
  });

  test('addon.md 37: its own, several of a kind, each once; a hash that it knows', () => {
    const own = [config('o1'), config('o2'), config('o1')];
    const addon = addonOn('c1', { configs: own, references: [reference('o2')] });
    expect(desired(managementAddon(['x']), [addon])).toEqual({ c1: 'configs/o1@ configs/o2@hash-o2' });
  });

  test('addon.md 25 (A19): what it does not support is not desired', () => {
    const facts = { configs: [config('o'), config('u', 'unknown')] };
    expect(desired(managementAddon([]), [addonOn('c1', { ...facts, supported: ['configs'] })])).toEqual({
      c1: 'configs/o@',
    });
    expect(desired(managementAddon([]), [addonOn('c1', facts)])).toEqual({ c1: 'configs/o@ unknown/u@' });
  });

  test('addon.md 50 (A1, A10): a placement that is missing holds up nobody, and takes nothing from who is configured', () => {
    const missing = selectionWith({ name: 'p1' }, [], { placement: undefined, problem: 'PlacementNotFound' });
    const all = [addonOn('c1', { references: [settled('of-p1')] }), addonOn('c2'), addonOn('new')];
    expect(desired(placed('p1', 'p2'), all, [missing, p2])).toEqual({
      c2: 'configs/of-p2@hash-of-p2',
      new: 'configs/default@hash-default',
    });
  });
});

describe('how far an add-on has come', () => {
  const wanted = [{ ...config('x'), specHash: 'hash-x' }];
  const stateOf = (facts: AddonFacts, want = wanted) =>
    rolloutStateOf({ addon: addonOn('c1', facts), cluster: 'c1', desired: want });
  const since = (secondsAgo: number) => now.getTime() - secondsAgo * 1000;

  test.each<[string, AddonFacts, object]>([
    ['nothing yet', {}, { state: 'ToApply' }],
    ['another name', { references: [settled('y')] }, { state: 'ToApply' }],
    ['another hash', { references: [reference('x', { hash: 'old' })] }, { state: 'ToApply' }],
    ['one more', { references: [settled('x'), settled('y')] }, { state: 'ToApply' }],
    ['(A14) nothing desired', { references: [{ group: 'g', resource: 'configs' }] }, { state: 'ToApply' }],
    ['not applied', { references: [reference('x')] }, { state: 'Progressing' }],
    [
      'on its way',
      { references: [reference('x', { applied: 'y' })], progress: ['Progressing', 9] },
      { state: 'Progressing', since: since(9) },
    ],
    [
      'failed',
      { references: [reference('x')], progress: ['Failed', 9] },
      { state: 'Failed', since: since(9) },
    ],
    [
      'done',
      { references: [settled('x')], progress: ['Completed', 9] },
      { state: 'Succeeded', since: since(9) },
    ],
    [
      'done, and degraded since',
      { references: [settled('x')], progress: ['Failed', 9] },
      { state: 'Succeeded' },
    ],
  ])('addon.md 40: %s', (_, facts, expected) => {
    expect(stateOf(facts)).toEqual({ cluster: 'c1', ...expected });
  });

  test('addon.md 39: neither references nor desired ones', () => {
    expect(stateOf({}, [])).toEqual({ cluster: 'c1', state: 'Succeeded' });
  });
});

/** Rolls `x` out to add-ons by one placement; the outcome by cluster, and what the progression says. */
const rolledOut = (
  strategy: RolloutStrategy | undefined,
  addons: ManagedClusterAddOn[],
  groups: string[][] = [addons.map(({ metadata }) => metadata.namespace!)],
  taken: string[] = [],
) => {
  const selection = selectionWith({ rolloutStrategy: strategy }, groups);
  const addon = managementAddon(['default'], [{ references: ['x'] }]);
  const [, node] = configNodes(addon, addons, [selection]);
  const own = { ...node!, addons: node!.addons.filter(({ cluster }) => !taken.includes(cluster)) };
  const plan = planNode(own, new Set(taken), now);
  const [progression] = addon.status!.installProgressions!;
  const after = progressionAfter(progression!, plan.counts, now);
  const condition = after.conditions![0]!;
  const batch = plan.changes.filter(
    ({ status }) => status.configReferences?.[0]?.desiredConfig?.name === 'x',
  );
  return {
    batch: batch.map(({ addon: { metadata } }) => metadata.namespace),
    configured: Object.fromEntries(
      plan.changes.map(({ addon: { metadata }, status }) => [
        metadata.namespace,
        status.conditions?.find(({ type }) => type === 'Configured')?.reason,
      ]),
    ),
    says: `${condition.reason}: ${condition.message}`,
    after,
    recheckMs: plan.recheckMs,
    plan,
  };
};

const old = (cluster: string) => addonOn(cluster, { references: [settled('default')] });
const done = (cluster: string, secondsAgo = 3600) =>
  addonOn(cluster, { references: [settled('x')], progress: ['Completed', secondsAgo] });
const busy = (cluster: string, secondsAgo = 1) =>
  addonOn(cluster, {
    references: [reference('x', { applied: 'default' })],
    progress: ['Progressing', secondsAgo],
  });
const failed = (cluster: string, secondsAgo = 1) =>
  addonOn(cluster, { references: [reference('x')], progress: ['Failed', secondsAgo] });
const progressive = (rest: RolloutStrategy['progressive']): RolloutStrategy => ({
  type: 'Progressive',
  progressive: rest,
});

describe('rollout of configurations', () => {
  const configuredOne = 'ConfigurationsConfigured';
  const waiting = 'ConfigurationsNotConfigured';

  test('addon.md 41: one at a time, the others are told to wait', () => {
    const { batch, configured } = rolledOut(progressive({ maxConcurrency: 1 }), [
      old('c1'),
      old('c2'),
      old('c3'),
    ]);
    expect(batch).toEqual(['c1']);
    expect(configured).toEqual({ c1: configuredOne, c2: waiting, c3: waiting });
  });

  test('addon.md 41: half of two is one; without a limit all', () => {
    expect(rolledOut(progressive({ maxConcurrency: '50%' }), [old('c1'), old('c2')]).batch).toEqual(['c1']);
    expect(rolledOut(progressive({}), [old('c1'), old('c2')]).batch).toEqual(['c1', 'c2']);
    expect(rolledOut(undefined, [old('c1'), old('c2')]).batch).toEqual(['c1', 'c2']);
  });

  test('addon.md 42, 52: mandatory groups first, by name or by index', () => {
    const groups = [['c1'], ['c2']];
    const clusters = [old('c1'), old('c2')];
    for (const mandatory of [{ groupName: 'group1' }, { groupIndex: 1 }])
      expect(
        rolledOut(progressive({ mandatoryDecisionGroups: [mandatory] }), clusters, groups).batch,
      ).toEqual(['c2']);
    expect(rolledOut({ type: 'ProgressivePerGroup' }, clusters, groups).batch).toEqual(['c1']);
    const perGroup = { type: 'ProgressivePerGroup' as const };
    expect(rolledOut(perGroup, [done('c1'), old('c2')], groups).batch).toEqual(['c1', 'c2']);
    const last = { ...perGroup, progressivePerGroup: { mandatoryDecisionGroups: [{ groupIndex: 1 }] } };
    expect(rolledOut(last, clusters, groups).batch).toEqual(['c2']);
  });

  test('addon.md 43: beyond maxFailures nobody new; a percentage is rounded up', () => {
    const clusters = [failed('c1'), failed('c2'), old('c3')];
    const newOnes = (maxFailures: number | string) =>
      rolledOut(progressive({ maxFailures }), clusters).plan.changes[2]!.status.conditions![0]!.reason;
    expect(newOnes(1)).toBe(waiting);
    expect(newOnes(2)).toBe(configuredOne);
    expect(newOnes('34%')).toBe(configuredOne);
    expect(newOnes('33%')).toBe(waiting);
  });

  test('addon.md 44: who has just succeeded keeps its turn for minSuccessTime', () => {
    const strategy = progressive({ maxConcurrency: 1, minSuccessTime: '5m' });
    const { configured, recheckMs, says } = rolledOut(strategy, [done('c1', 60), old('c2')]);
    expect(configured).toEqual({ c1: configuredOne, c2: waiting });
    expect(recheckMs).toBe(240_000);
    expect(says).toContain('1/2 progressing...');
    expect(rolledOut(strategy, [done('c1', 300), old('c2')]).configured).toEqual({
      c1: configuredOne,
      c2: configuredOne,
    });
  });

  test('addon.md 45, 48, 101: past progressDeadline its turn ends, and it counts as timed out', () => {
    const strategy = progressive({ maxConcurrency: 1, progressDeadline: '10s', maxFailures: 1 });
    const { configured, says } = rolledOut(strategy, [busy('c1', 10), old('c2')]);
    expect(configured).toEqual({ c1: undefined, c2: configuredOne });
    expect(says).toBe(
      'Progressing: selected clusters 2. configured addons 1/2 progressing..., 0 failed 1 timeout.',
    );
    expect(rolledOut(strategy, [busy('c1', 9), old('c2')])).toMatchObject({
      configured: { c1: configuredOne, c2: waiting },
      recheckMs: 1_000,
    });
  });

  test('addon.md 46: a strategy that cannot be followed', () => {
    expect(() => rolledOut({ type: 'Canary' as never }, [old('c1')])).toThrow(
      'incorrect rollout strategy type',
    );
    const node = (addon: ManagedClusterAddOn) => ({
      addons: [{ addon, cluster: 'c1', desired: [{ ...config('one'), specHash: 'hash-one' }] }],
    });
    const [change] = heldUp(node(old('c1')), now);
    expect(change!.status.configReferences).toEqual(old('c1').status!.configReferences);
    expect(findCondition(change!.status.conditions, 'Configured')).toMatchObject({
      status: 'False',
      reason: 'ConfigurationsNotConfigured',
    });
  });

  test('addon.md 47: what an add-on overrides does not keep it from having succeeded', () => {
    const own = addonOn('c1', { configs: [config('o')], references: [settled('o')] });
    expect(rolledOut(undefined, [own]).says).toContain('1/1 completed with no errors');
  });

  test.each<[string, ManagedClusterAddOn[], string]>([
    [
      'being installed',
      [addonOn('c1'), addonOn('c2')],
      'Progressing: selected clusters 2. configured addons 2/2 progressing..., 0 failed 0 timeout.',
    ],
    [
      'installed',
      [done('c1'), done('c2')],
      'Completed: selected clusters 2. configured addons 2/2 completed with no errors, 0 failed 0 timeout.',
    ],
    [
      'being upgraded',
      [done('c1'), busy('c2')],
      'Progressing: selected clusters 2. configured addons 2/2 progressing..., 0 failed 0 timeout.',
    ],
    [
      'failed',
      [done('c1'), failed('c2')],
      'Progressing: selected clusters 2. configured addons 2/2 progressing..., 1 failed 0 timeout.',
    ],
  ])('addon.md 48: %s', (_, addons, message) => {
    expect(rolledOut(undefined, addons).says).toBe(message);
  });

  test('addon.md 48: when all is done, that is what was applied and is known to be good', () => {
    expect(rolledOut(undefined, [done('c1')]).after.configReferences).toEqual([
      { ...settled('x'), lastKnownGoodConfig: settled('x').desiredConfig },
    ]);
  });

  test('addon.md 36, 48: a cluster that a later placement takes is selected and not configured', () => {
    expect(rolledOut(undefined, [done('c1'), done('c2')], undefined, ['c2']).says).toBe(
      'Completed: selected clusters 2. configured addons 1/1 completed with no errors, 0 failed 0 timeout.',
    );
  });

  test('addon.md 49: of none configured, nothing is complete', () => {
    expect(rolledOut(undefined, [], [['c1']]).says).toBe(
      'Progressing: selected clusters 1. configured addons 0/0 progressing..., 0 failed 0 timeout.',
    );
  });

  test('addon.md 38, 51: until its turn the old hash stays; then what was applied is kept for the same identity', () => {
    const before = [reference('x', { hash: 'old', applied: 'x' })];
    const [first, second] = ['c1', 'c2'].map((cluster) => addonOn(cluster, { references: before }));
    const { plan } = rolledOut(progressive({ maxConcurrency: 1 }), [first!, second!]);
    expect(plan.changes.map(({ status }) => status.configReferences)).toEqual([[settled('x')], before]);
    const renamed = addonOn('c1', { references: [settled('default')] });
    expect(rolledOut(undefined, [renamed]).plan.changes[0]!.status.configReferences).toEqual([
      reference('x'),
    ]);
  });

  test('addon.md 34, 39: who is not selected gets the defaults at once', () => {
    const [node] = configNodes(managementAddon(['x']), [addonOn('c1'), addonOn('c2')], []);
    const { changes } = planNode(node!, new Set(), now);
    expect(changes.map(({ status }) => status.configReferences)).toEqual([
      [reference('x')],
      [reference('x')],
    ]);
    const [none] = configNodes(managementAddon([]), [addonOn('c1')], []);
    expect(planNode(none!, new Set(), now).changes[0]!.status.conditions).toMatchObject([
      { type: 'Configured', status: 'True', reason: 'ConfigurationsConfigured' },
    ]);
  });
});

test('addon.md 2 (A1, A10): a placement that cannot be relied on is told of, and no more once it can', () => {
  const progression = { name: 'p', namespace: 'n' };
  const told = withSelection(progression, selectionWith({}, [], { problem: 'PlacementEmpty' }), now);
  expect(told.conditions).toMatchObject([
    { type: 'PlacementUsable', status: 'False', reason: 'PlacementEmpty' },
  ]);
  expect(withSelection(told, selectionWith({}, [['c1']]), now).conditions).toEqual([]);
});
