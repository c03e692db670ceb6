import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../../api/generated/work.ts';
import type { RolloutState } from '../../../fleet/rollout/cluster-status.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { rolloutStatusOf } from './rollout-status.ts';

describe('the state of a cluster', () => {
  const at = '2026-01-01T00:00:00Z';
  const condition = (type: string, status: Condition['status'], observedGeneration = 2): Condition => ({
    type,
    status,
    reason: 'x',
    message: '',
    lastTransitionTime: at,
    observedGeneration,
  });
  const work = (...conditions: Condition[]): ManifestWork => ({
    metadata: { name: 'w', namespace: 'c', generation: 2 },
    status: { conditions },
  });
  const applied = condition('Applied', 'True');
  test.each<[string, Condition[], RolloutState]>([
    ['nothing yet', [], 'ToApply'],
    ['not applied', [condition('Applied', 'False')], 'ToApply'],
    [
      'applied in an earlier generation',
      [condition('Applied', 'True', 1), condition('Progressing', 'False')],
      'ToApply',
    ],
    ['no progress reported', [applied], 'ToApply'],
    ['progress of an earlier generation', [applied, condition('Progressing', 'False', 1)], 'ToApply'],
    [
      'degradation of an earlier generation',
      [applied, condition('Progressing', 'True'), condition('Degraded', 'True', 1)],
      'ToApply',
    ],
    ['in progress', [applied, condition('Progressing', 'True')], 'Progressing'],
    [
      'in progress, not degraded',
      [applied, condition('Progressing', 'True'), condition('Degraded', 'False')],
      'Progressing',
    ],
    [
      'in progress and degraded',
      [applied, condition('Progressing', 'True'), condition('Degraded', 'True')],
      'Failed',
    ],
    ['done', [applied, condition('Progressing', 'False')], 'Succeeded'],
    [
      'done though degraded',
      [applied, condition('Progressing', 'False'), condition('Degraded', 'True')],
      'Succeeded',
    ],
    ['unknown', [applied, condition('Progressing', 'Unknown')], 'Progressing'],
  ])('work.md 117: %s', (_, conditions, expected) =>
    expect(rolloutStatusOf(work(...conditions), true).state).toBe(expected),
  );

  test.each<[string, Condition[], RolloutState]>([
    ['applied', [applied], 'Progressing'],
    ['applied and available', [applied, condition('Available', 'True')], 'Succeeded'],
    ['applied and not available', [applied, condition('Available', 'False')], 'Progressing'],
    ['available in an earlier generation', [applied, condition('Available', 'True', 1)], 'Progressing'],
    [
      'a Progressing of its own',
      [applied, condition('Available', 'True'), condition('Progressing', 'True')],
      'Progressing',
    ],
  ])('work.md 121: without a rule for Progressing, %s', (_, conditions, expected) =>
    expect(rolloutStatusOf(work(...conditions), false).state).toBe(expected),
  );
});
