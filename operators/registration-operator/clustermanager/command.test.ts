import { expect, test } from '@jest/globals';
import { hubCommand, pullSecretName } from './command.ts';

test('operator.md 2: the flags of `hub` and their defaults', () => {
  const defaults = Object.fromEntries(
    Object.entries(hubCommand.flags).map(([name, flag]) => [name, [flag.type, flag.default]]),
  );
  expect(defaults).toEqual({
    'skip-remove-crds': ['bool', false],
    'image-pull-secret-name': ['string', 'open-cluster-management-image-pull-credentials'],
    'control-plane-node-label-selector': ['string', 'node-role.kubernetes.io/master='],
    'deployment-replicas': ['int', 0],
    'enable-sync-labels': ['bool', false],
  });
  expect(hubCommand.component).toBe('clustermanager');
});

test.each([
  [' x ', 'x'],
  ['', 'open-cluster-management-image-pull-credentials'],
  [' ', 'open-cluster-management-image-pull-credentials'],
  ['x', 'x'],
])('since-1.3.1.md 39: the pull Secret of flag "%s" is %s', (flag, name) => {
  expect(pullSecretName(flag)).toBe(name);
});
