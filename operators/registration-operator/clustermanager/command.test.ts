import { expect, test } from '@jest/globals';
import { resourceOf } from '../apply/index.ts';
import { klusterletCommand } from '../klusterlet/command.ts';
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

test('operator.md 80: an object of a kind that operators do not apply is an error that names it', () => {
  expect(() => resourceOf({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' } })).toThrow(
    /batch\/v1 Job x/,
  );
});
