import { describe, expect, test } from '@jest/globals';
import type { AppliedManifestWork, ManifestWork } from '../../api/generated/work.ts';
import { InvalidExecutorError, NotAllowedError } from './executor/executor.ts';
import { type Step, retryAfter } from './apply-pass.ts';
import { endlessGraceMs, evictionStep } from './eviction.ts';
import { UnknownKindError } from './manifest/manifest.ts';
import { hubHashOf, requireClusterName, validateWorkAgentFlags, type WorkAgentFlags } from './start.ts';
import { FieldConflictError } from './strategy/declare.ts';
import { breadthFor, scopesFor } from './watch/scopes.ts';
import { WorkState } from './work-state.ts';

describe('eviction', () => {
  const at = Date.parse('2026-01-01T01:00:00Z');
  const hour = 3_600_000;
  const applied = (evictionStartTime?: string, deletionTimestamp?: string): AppliedManifestWork => ({
    metadata: { name: 'h-w', deletionTimestamp },
    status: { evictionStartTime },
  });
  const held = (value: string): AppliedManifestWork => ({
    metadata: { name: 'h-w', annotations: { 'work.open-cluster-management.io/eviction': value } },
  });
  test.each<[string, AppliedManifestWork, boolean, number, object]>([
    ['work.md 58: begins when the work is gone', applied(), false, hour, { do: 'start' }],
    [
      '58: waits for the rest of the grace period',
      applied('2026-01-01T00:30:00Z'),
      false,
      hour,
      { do: 'wait', ms: hour / 2 },
    ],
    ['work.md 58: ends exactly after it', applied('2026-01-01T00:00:00Z'), false, hour, { do: 'delete' }],
    [
      'work.md 59: is called off when the work is back',
      applied('2026-01-01T00:30:00Z'),
      true,
      hour,
      { do: 'clear' },
    ],
    ['work.md 5.3: leaves what has a work alone', applied(), true, hour, { do: 'nothing' }],
    ['work.md 62: is switched off by a hundred years', applied(), false, endlessGraceMs, { do: 'nothing' }],
    [
      'work.md 62: and called off by them',
      applied('2026-01-01T00:00:00Z'),
      false,
      endlessGraceMs,
      { do: 'clear' },
    ],
    [
      'work.md 5.3: leaves what is being deleted alone',
      applied(undefined, 'now'),
      false,
      hour,
      { do: 'nothing' },
    ],
    ['faults R16: is not begun while it is held', held('held'), false, hour, { do: 'nothing' }],
    ['faults R16: is held no more when the work is back', held('held'), true, hour, { do: 'clear' }],
    ['faults R16: begins once it is confirmed', held('confirmed'), false, hour, { do: 'start' }],
    [
      'faults R16: is of no matter for a work that is there',
      held('confirmed'),
      true,
      hour,
      { do: 'nothing' },
    ],
  ])('%s', (_, object, isManaged, grace, expected) => {
    expect(evictionStep(object, isManaged, grace, at)).toEqual(expected);
  });
});

describe('when a pass is repeated', () => {
  const target = {
    resource: { group: '', version: 'v1', plural: 'x', kind: 'X', namespaced: false },
    object: { metadata: { name: 'a' } },
    action: 'ReadOnly' as const,
  };
  const denied = new NotAllowedError(target, { namespace: 'n', name: 's' });
  test.each<[string, (Error | undefined)[], string]>([
    ['all is well', [undefined, undefined], 'resync'],
    ['work.md 93: the executor is refused', [denied, undefined], 'executor'],
    ['work.md 100: the executor is nobody', [new InvalidExecutorError('x'), denied], 'backoff'],
    ['work.md 37: a field belongs to somebody else', [new FieldConflictError('x')], 'resync'],
    ['work.md 5: a kind is unknown', [new UnknownKindError('v1', 'X'), denied], 'backoff'],
  ])('%s', (_, errors, expected) => {
    expect(retryAfter(errors.map((error) => ({ error }) as Step))).toBe(expected);
  });
});

describe('when a work is due', () => {
  const work = (generation: number, labels?: Record<string, string>): ManifestWork => ({
    metadata: { name: 'w', generation, labels },
  });
  const applied = () => {
    const state = new WorkState('1');
    state.begin(0);
    state.finished(work(1), 'owner', 'resync', 0);
    return state;
  };

  test('work.md 13: by its generation, its labels or its owner, not by its status', () => {
    const state = applied();
    expect(state.isApplyDue(work(1), 'owner', 1000)).toBe(false);
    expect(state.isApplyDue(work(2), 'owner', 1000)).toBe(true);
    expect(state.isApplyDue(work(1, { a: 'b' }), 'owner', 1000)).toBe(true);
    expect(state.isApplyDue(work(1), undefined, 1000)).toBe(true);
  });

  test('work.md 8: and again after four to six minutes', () => {
    const state = applied();
    expect(state.isApplyDue(work(1), 'owner', 4 * 60_000 - 1)).toBe(false);
    expect(state.isApplyDue(work(1), 'owner', 6 * 60_000)).toBe(true);
  });

  test('work.md 12: a changed spec does not wait for the back-off, which stays below half a minute', () => {
    const state = applied();
    for (let round = 0; round < 20; round++) state.finished(work(1), 'owner', 'backoff', 0);
    expect(state.isApplyDue(work(1), 'owner', 29_999)).toBe(false);
    expect(state.isApplyDue(work(1), 'owner', 30_000)).toBe(true);
    expect(state.isApplyDue(work(2), 'owner', 1)).toBe(true);
    state.finished(work(2), 'owner', 'backoff', 0);
    expect(state.isApplyDue(work(2), 'owner', 50)).toBe(true);
  });

  test('work.md 93: a refused executor is asked about within a minute', () => {
    const state = applied();
    state.finished(work(1), 'owner', 'executor', 0);
    expect(state.isApplyDue(work(1), 'owner', 60_000)).toBe(true);
  });

  test('work.md 18: drift is repaired at once, and ever more slowly against somebody who persists', () => {
    const state = applied();
    const waits: number[] = [];
    let now = 1000;
    for (let round = 0; round < 6; round++) {
      expect(state.heard('k', 'drift')).toBe(true);
      state.beginLook(now);
      const wait = state.waitMs(now, false);
      waits.push(state.isApplyDue(work(1), 'owner', now) ? 0 : wait);
      now += wait;
      state.begin(now);
      state.repaired(now);
      state.finished(work(1), 'owner', 'resync', now);
      state.polled(1_000_000, now);
    }
    expect(waits[0]).toBe(0);
    expect(waits.slice(1)).toEqual(waits.slice(1).toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBeGreaterThan(10_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5 * 60_000);
  });

  test('work.md 24: the wait for what is on its way out grows', () => {
    const state = applied();
    state.polled(1_000_000, 0);
    const waits = [1, 2, 3, 4].map(() => {
      state.finished(work(1), 'owner', 'resync', 0);
      state.awaitRemoval(true, 0);
      return state.waitMs(0, false);
    });
    expect(waits).toEqual([50, 100, 200, 400]);
  });

  /** A state of a settled work, with an object `k` whose feedback is reported. */
  const reporting = () => {
    const state = applied();
    state.polled(1_000_000, 0);
    state.report(new Set(['k']));
    return state;
  };

  test('work.md 74: what a controller writes matters at once where rules report it, and nowhere else', () => {
    const state = reporting();
    expect(state.heard('other', 'status')).toBe(false);
    expect(state.isStatusDue(1)).toBe(false);
    expect(state.heard('k', 'status')).toBe(true);
    expect(state.isStatusDue(1)).toBe(true);
    expect(state.waitMs(1, false)).toBe(1);
    expect([...state.beginLook(1).news]).toEqual(['k']);
    expect(state.isStatusDue(1)).toBe(false);
  });

  test('work.md 74: what is heard during a look asks for another, and what a failed look took up too', () => {
    const state = reporting();
    state.heard('k', 'status');
    const first = state.beginLook(1);
    expect(state.isStatusDue(10_000)).toBe(false);
    state.heard('k', 'status');
    expect(state.isStatusDue(10_000)).toBe(true);
    state.beginLook(10_000);
    state.failed(first);
    expect(state.isStatusDue(20_000)).toBe(true);
    expect([...state.beginLook(20_000).news]).toEqual(['k']);
  });

  test('work.md 74: a failed pass over drift is as due as before', () => {
    const state = reporting();
    state.heard('k', 'drift');
    const taken = state.begin(1);
    expect(taken).toEqual({ news: new Set(['k']), isRepair: true, isShown: true });
    expect(state.isApplyDue(work(1), 'owner', 10_000)).toBe(false);
    state.failed(taken);
    expect(state.isApplyDue(work(1), 'owner', 10_000)).toBe(true);
  });

  /** Answers an object that changes every 100 ms at the state's pace; the times at which it is answered. */
  const answered = (state: WorkState, sign: 'drift' | 'status', untilMs: number): number[] => {
    const times: number[] = [];
    for (let now = 1; now <= untilMs; now += 100) {
      state.heard('k', sign);
      const isDue = sign === 'drift' ? state.isApplyDue(work(1), 'owner', now) : state.isStatusDue(now);
      if (!isDue) continue;
      times.push(now);
      if (sign === 'drift') state.begin(now);
      else state.beginLook(now);
    }
    return times;
  };

  test.each(['drift', 'status'] as const)(
    'work.md 74: an object that never rests (%s) is looked at once at first, then ever less, then every five seconds',
    (sign) => {
      const state = reporting();
      const times = answered(state, sign, 60_000);
      expect(times[0]).toBe(1);
      const pauses = times.slice(1).map((time, index) => time - times[index]!);
      expect(pauses.slice(0, 4)).toEqual(pauses.slice(0, 4).toSorted((a, b) => a - b));
      expect(pauses.slice(5).every((pause) => pause >= 5_000 && pause <= 5_100)).toBe(true);
      expect(times.length).toBeLessThanOrEqual(5 + 60_000 / 5_000);
      // The last change is answered even though none follows it.
      state.heard('k', sign);
      const wait = state.waitMs(60_000, false);
      expect(wait).toBeLessThanOrEqual(5_000);
      expect(state.isStatusDue(60_000 + wait)).toBe(true);
    },
  );

  test('work.md 18: a chatty controller does not put off the repair of an edit', () => {
    const state = reporting();
    answered(state, 'status', 30_000);
    state.heard('k', 'drift');
    expect(state.isApplyDue(work(1), 'owner', 30_000)).toBe(true);
    // What the repair has seen is shown when the pace of the status allows it.
    expect(state.begin(30_000)).toEqual({ news: new Set(), isRepair: true, isShown: false });
    expect(state.isStatusDue(35_000)).toBe(true);
  });

  test('a work whose status somebody took away is not looked at in circles', () => {
    const state = reporting();
    state.heard('k', 'status');
    state.leaveOut(10_000, 1);
    expect(state.waitMs(1, false)).toBeGreaterThan(1_000);
  });
});

describe('watches', () => {
  const names = (counts: Record<string, number>) =>
    new Map(
      Object.entries(counts).map(([namespace, count]) => [
        namespace,
        new Set(Array.from({ length: count }, (_, i) => `n${i}`)),
      ]),
    );

  test('few objects are watched by name, more by namespace, many namespaces as a whole', () => {
    expect(breadthFor(names({ a: 4 }), undefined)).toBe('name');
    expect(breadthFor(names({ a: 5 }), 'name')).toBe('namespace');
    expect(
      breadthFor(names(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`ns${i}`, 1]))), 'namespace'),
    ).toBe('cluster');
  });

  test('a watch that is wide stays so until half as many remain', () => {
    expect(breadthFor(names({ a: 4 }), 'namespace')).toBe('namespace');
    expect(breadthFor(names({ a: 2 }), 'namespace')).toBe('name');
    expect(
      breadthFor(names(Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`ns${i}`, 2]))), 'cluster'),
    ).toBe('cluster');
  });

  test('cluster-scoped objects are watched without a namespace', () => {
    expect([...scopesFor(names({ '': 1 }), 'name').values()]).toEqual([{ name: 'n0' }]);
    expect([...scopesFor(names({ '': 9 }), 'namespace').values()]).toEqual([{}]);
    expect([...scopesFor(names({ a: 9, b: 9 }), 'namespace').values()]).toEqual([
      { namespace: 'a' },
      { namespace: 'b' },
    ]);
  });
});

describe('start', () => {
  test('work.md 122: drivers that do not exist are refused before anything starts', () => {
    const flags = (driver: string) =>
      ({ 'workload-source-driver': driver, 'workload-agent-workers': 1 }) as WorkAgentFlags;
    expect(() => validateWorkAgentFlags(flags('kube'))).not.toThrow();
    expect(() => validateWorkAgentFlags(flags('grpc'))).not.toThrow();
    expect(() => validateWorkAgentFlags(flags('kafka'))).toThrow('unsupported config type kafka');
    expect(() => validateWorkAgentFlags(flags('mqtt'))).toThrow(
      '--workload-source-driver=mqtt is not supported',
    );
  });

  test.each([0, -3])('since-1.3.1.md 51: %d workers are refused', (workers) => {
    const flags = { 'workload-source-driver': 'kube', 'workload-agent-workers': workers } as WorkAgentFlags;
    expect(() => validateWorkAgentFlags(flags)).toThrow(
      `workload-agent-workers must be >= 1, got ${workers}`,
    );
  });

  test('an agent without the name of its cluster is refused', () => {
    const flags = (name: string) => ({ 'spoke-cluster-name': name }) as WorkAgentFlags;
    expect(() => requireClusterName(flags('cluster1'))).not.toThrow();
    expect(() => requireClusterName(flags(''))).toThrow('--spoke-cluster-name is required');
  });

  test('work.md 1.7: the hash of a hub', () => {
    // printf 'https://hub.example.com:6443' | sha256sum
    expect(hubHashOf('https://hub.example.com:6443')).toBe(
      'badbd4de19b639898c31f168ba913abc5d9e2bbcf25d70e3ee016190492578ae',
    );
  });
});
