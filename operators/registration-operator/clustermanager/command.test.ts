import { expect, test } from '@jest/globals';
import { hubCommand } from './command.ts';

test('operator.md 2: the flags of `hub` and their defaults', () => {
  const defaults = Object.fromEntries(
    Object.entries(hubCommand.flags).map(([name, flag]) => [name, [flag.type, flag.default]]),
  );
  expect(defaults).toEqual({
    'skip-remove-crds': ['bool', false],
    'control-plane-node-label-selector': ['string', 'node-role.kubernetes.io/master='],
    'deployment-replicas': ['int', 0],
    'enable-sync-labels': ['bool', false],
  });
  expect(hubCommand.component).toBe('clustermanager');
});
