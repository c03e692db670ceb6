import { expect, test } from '@jest/globals';
import type { Mode } from '../mode.ts';
import { secretsOf } from './removal-steps.ts';

test.each<[Mode, string[]]>([
  ['Default', []],
  ['Singleton', []],
  ['Hosted', ['registration', 'work', 'agent']],
  ['SingletonHosted', ['registration', 'work', 'agent']],
])('%s: the secrets that go with a Klusterlet, those of every agent (D25)', (mode, agents) => {
  expect(secretsOf(mode)).toEqual([
    'hub-kubeconfig-secret',
    ...agents.map((agent) => `external-managed-kubeconfig-${agent}`),
  ]);
});
