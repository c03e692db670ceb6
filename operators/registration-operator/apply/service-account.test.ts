import { describe, expect, test } from '@jest/globals';
import { serviceAccountOf, withServiceAccountUid } from './service-account.ts';

const deployment = (serviceAccountName?: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'agent', namespace: 'agents' },
  spec: {
    replicas: 1,
    template: {
      metadata: { labels: { app: 'agent' }, annotations: { kept: 'yes' } },
      spec: { containers: [], serviceAccountName },
    },
  },
});

describe('the ServiceAccount of a Deployment', () => {
  test('is named by its Pods', () => {
    expect(serviceAccountOf(deployment('agent-sa'))).toMatchObject({ name: 'agent-sa', namespace: 'agents' });
  });

  test('is nobody when the Pods use the default account, or for another kind', () => {
    expect(serviceAccountOf(deployment())).toBeUndefined();
    expect(serviceAccountOf({ ...deployment('agent-sa'), kind: 'Service' })).toBeUndefined();
  });

  test('leaves its uid on the Pods, whose other annotations stay', () => {
    const given = deployment('agent-sa');
    const marked = withServiceAccountUid(given, 'u1');
    expect(marked.spec).toMatchObject({
      replicas: 1,
      template: {
        metadata: {
          labels: { app: 'agent' },
          annotations: { kept: 'yes', 'operator.open-cluster-management.io/service-account-uid': 'u1' },
        },
      },
    });
    expect(given.spec.template.metadata.annotations).toEqual({ kept: 'yes' });
  });
});
