import { expect, test } from '@jest/globals';
import { isAgentLabel } from './label-syntax.ts';

test.each<[string, string, boolean]>([
  ['environment', 'production', true],
  ['example.com/tier', '', true],
  ['A.b_c-1', 'x.y_z', true],
  ['agent.open-cluster-management.io/zone', 'a', true],
  ['cluster.open-cluster-management.io/clusterset', 'default', false],
  ['feature.open-cluster-management.io/addon-x', 'available', false],
  ['open-cluster-management.io/cluster-name', 'a', false],
  ['not-open-cluster-management.io/mine', 'a', true],
  ['', 'a', false],
  ['a/b/c', 'a', false],
  ['-a', 'a', false],
  ['/a', 'a', false],
  ['Example.com/a', 'a', false],
  ['a'.repeat(64), 'a', false],
  ['environment', 'two words', false],
  ['environment', 'a,b', false],
  ['environment', 'a'.repeat(64), false],
])('label %s=%s of an agent: %s', (key, value, expected) => {
  expect(isAgentLabel(key, value)).toBe(expected);
});
