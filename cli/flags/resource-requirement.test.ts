import { describe, expect, test } from '@jest/globals';
import { resourceRequirement } from './resource-requirement.ts';

describe('resourceRequirement (cli.md 8)', () => {
  test.each(['Default', 'BestEffort'])('%s alone', (type) => {
    expect(resourceRequirement(type, undefined, undefined)).toEqual({ type });
  });

  test.each([
    [{ cpu: '1' }, { cpu: '500m' }],
    [{ cpu: '1' }, { cpu: '1' }],
    [{ cpu: '1' }, undefined],
    [undefined, { memory: '1Gi' }],
  ])('limits %j with requests %j', (limits, requests) => {
    expect(resourceRequirement('ResourceRequirement', limits, requests)).toEqual({
      type: 'ResourceRequirement',
      resourceRequirements: { ...(limits && { limits }), ...(requests && { requests }) },
    });
  });

  test.each([
    ['ResourceRequirement', undefined, undefined, 'both limits and requests are not set'],
    [
      'Default',
      { cpu: '1' },
      undefined,
      'must be ResourceRequirement when resource limits or requests are set',
    ],
    ['BestEffort', undefined, { cpu: '1' }, 'must be ResourceRequirement'],
    [
      'ResourceRequirement',
      { memory: '1Gi' },
      { memory: '1025Mi' },
      'requests 1025Mi must be less than or equal to limits 1Gi',
    ],
    ['ResourceRequirement', { cpu: 'lots' }, undefined, '"lots" is not a quantity'],
    ['', undefined, { cpu: '1x' }, '"1x" is not a quantity'],
  ] as const)('%s with limits %j and requests %j is refused', (type, limits, requests, message) => {
    expect(() => resourceRequirement(type, limits, requests)).toThrow(message);
  });
});
