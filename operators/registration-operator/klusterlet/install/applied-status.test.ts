import { describe, expect, test } from '@jest/globals';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { deployments } from '../../../runtime/client/kubernetes.ts';
import { klusterletOf } from '../klusterlet-fixture.ts';
import { InstallError, isInstalled, statusAfter } from './applied-status.ts';

describe('the status of a Klusterlet', () => {
  const applied = (name: string, generation = 5) => ({
    ref: { resource: deployments, name, namespace: 'ns' },
    written: true,
    generation,
  });
  const before: Klusterlet = {
    ...klusterletOf('k'),
    status: {
      observedGeneration: 1,
      relatedResources: [
        { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'ns', name: 'k-agent' },
        { group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'ns', name: 'k-work-sa' },
        { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', name: 'a.b' },
      ],
    },
  };

  test('after success lists what is installed and nothing else (operator.md D23)', () => {
    const status = statusAfter(before, [applied('k-work-agent')], []);
    expect(status.relatedResources?.map(({ name }) => name)).toEqual(['k-work-agent']);
    expect(status.generations).toEqual([
      {
        group: 'apps',
        version: 'v1',
        resource: 'deployments',
        namespace: 'ns',
        name: 'k-work-agent',
        lastGeneration: 5,
      },
    ]);
    expect(status.conditions?.[0]).toMatchObject({ type: 'Applied', status: 'True', observedGeneration: 2 });
  });

  test('after a failure keeps the lists and says of which generation it speaks (operator.md D16, D22)', () => {
    const status = statusAfter(before, new InstallError('CRDApplyFailed', 'no'), []);
    expect(status.relatedResources).toBe(before.status?.relatedResources);
    expect(status.observedGeneration).toBe(2);
    expect(status.conditions?.[0]).toMatchObject({
      type: 'Applied',
      status: 'False',
      reason: 'CRDApplyFailed',
      message: 'no',
      observedGeneration: 2,
    });
  });

  test.each([
    ['never', undefined, false],
    ['of the generation before', { observedGeneration: 1, conditions: [{ status: 'True' }] }, false],
    ['but failed', { observedGeneration: 2, conditions: [{ status: 'False' }] }, false],
    ['applied and observed', { observedGeneration: 2, conditions: [{ status: 'True' }] }, true],
  ])('old namespaces go only after the new one is installed: %s (operator.md 115)', (_, status, expected) => {
    const conditions = status?.conditions.map((each) => ({ type: 'Applied', ...each }));
    expect(
      isInstalled({ ...klusterletOf('k'), status: status && ({ ...status, conditions } as never) }),
    ).toBe(expected);
  });
});
