import { expect, test } from '@jest/globals';
import { programName } from './program-name.ts';

test.each([
  ['oc', 'oc cm'],
  ['kubectl', 'kubectl cm'],
  ['/usr/local/bin/kubectl', 'kubectl cm'],
  ['cm', 'cm'],
  ['./bin/clusteradm', 'clusteradm'],
  [String.raw`C:\bin\clusteradm`, 'clusteradm'],
  [String.raw`C:\bin\clusteradm.exe`, 'clusteradm'],
  ['kubectl.EXE', 'kubectl cm'],
  ['/src/cli/main.ts', 'clusteradm'],
  ['', 'clusteradm'],
])('cli.md 6: called as %s, it is %s', (argv0, name) => {
  expect(programName(argv0)).toBe(name);
});
