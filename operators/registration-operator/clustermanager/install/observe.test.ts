import { describe, expect, test } from '@jest/globals';
import { clusterManager } from '../cluster-manager-fixture.ts';
import type { Dependencies } from '../dependencies.ts';
import { caBundleOf } from './observe.ts';

describe('operator.md 14, 15: the CA bundle', () => {
  const bundleIn = (data?: Record<string, string>) => {
    const informer = { get: () => data && { metadata: { name: 'ca-bundle-configmap' }, data } };
    return caBundleOf({ caBundles: informer } as unknown as Dependencies, clusterManager());
  };

  test('missing: there is none yet; with content: that', () => {
    expect(bundleIn()).toBeUndefined();
    expect(bundleIn({ 'ca-bundle.crt': 'pem' })).toBe('pem');
  });

  test.each([{}, { 'ca-bundle.crt': '' }])('present but empty is an error: %p', (data) => {
    expect(() => bundleIn(data as Record<string, string>)).toThrow(
      'ConfigMap open-cluster-management-hub/ca-bundle-configmap has no ca-bundle.crt; delete it',
    );
  });
});
