import { describe, expect, test } from '@jest/globals';
import { secretOf } from './secret-fixture.ts';
import { copiedAnnotation, copyOf } from './sync-secret.ts';

describe('copies of secrets (operator.md 128)', () => {
  const target = { name: 'copy', namespace: 'there' };
  test('carry type, data and where they are from', () => {
    const source = secretOf({ a: '1' }, { type: 'kubernetes.io/dockerconfigjson' });
    source.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' };
    source.metadata.labels = { l: 'v' };
    expect(copyOf(source, target, { by: 'us' })).toMatchObject({
      type: 'kubernetes.io/dockerconfigjson',
      data: source.data,
      metadata: {
        ...target,
        labels: { l: 'v', by: 'us' },
        annotations: { mine: 'yes', [copiedAnnotation]: 'ns/source' },
      },
    });
    expect(copyOf(source, target).metadata.annotations).not.toHaveProperty(
      'kubectl.kubernetes.io/last-applied-configuration',
    );
  });

  test('of tokens are plain secrets, and wait for the token', () => {
    const type = 'kubernetes.io/service-account-token';
    const annotations = {
      'kubernetes.io/service-account.name': 'a',
      'kubernetes.io/service-account.uid': 'u',
    };
    const metadata = { name: 'source', namespace: 'ns', annotations };
    const copy = copyOf(secretOf({ token: 't' }, { type, metadata }), target);
    expect(copy.type).toBe('Opaque');
    expect(Object.keys(copy.metadata.annotations ?? {})).toEqual([copiedAnnotation]);
    expect(() => copyOf(secretOf({}, { type, metadata }), target)).toThrow(/has no token yet/);
  });
});
