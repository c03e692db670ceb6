import { expect, test } from '@jest/globals';
import { klusterletCommand } from './command.ts';

test('operator.md 3: the flags of `klusterlet` and their defaults, one of which has no effect', () => {
  const flags = klusterletCommand.flags as typeof klusterletCommand.flags &
    Record<string, { deprecated?: string }>;
  const defaults = Object.fromEntries(
    Object.entries(klusterletCommand.flags).map(([name, flag]) => [name, [flag.type, flag.default]]),
  );
  expect(defaults).toEqual({
    'control-plane-node-label-selector': ['string', 'node-role.kubernetes.io/master='],
    'deployment-replicas': ['int', 0],
    'enable-sync-labels': ['bool', false],
    'disable-default-addon-namespace': ['bool', false],
    'skip-placeholder-hub-secret': ['bool', false],
  });
  expect(flags['skip-placeholder-hub-secret']?.deprecated).toBe('it has no effect');
  expect(klusterletCommand.component).toBe('klusterlet');
});
