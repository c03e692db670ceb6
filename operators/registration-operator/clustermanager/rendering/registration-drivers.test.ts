import { describe, expect, test } from '@jest/globals';
import { clusterManager } from '../cluster-manager-fixture.ts';
import { creatorRoleArn, registrationDrivers } from './registration-drivers.ts';

describe('drivers', () => {
  const withDrivers = (...registrationDriversOf: object[]) =>
    registrationDrivers(
      clusterManager({ registrationConfiguration: { registrationDrivers: registrationDriversOf } }),
    );

  test.each([
    ['no block', { authType: 'awsirsa' }],
    ['no ARN', { authType: 'awsirsa', awsirsa: {} }],
    ['empty ARN', { authType: 'awsirsa', awsirsa: { hubClusterArn: '' } }],
  ])('operator.md 32: awsirsa with %s is left out and reported', (_, driver) => {
    const result = withDrivers({ authType: 'csr' }, driver);
    expect(result.names).toEqual(['csr']);
    expect(result.hubClusterArn).toBeUndefined();
    expect(result.problems[0]).toContain('hubClusterArn');
  });

  test('the creator role is named after account and cluster', () => {
    expect(creatorRoleArn('arn:aws:eks:us-west-2:123456789012:cluster/hub')).toBe(
      'arn:aws:iam::123456789012:role/hub_managed-cluster-identity-creator',
    );
  });
});
