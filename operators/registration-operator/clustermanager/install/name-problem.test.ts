import { expect, test } from '@jest/globals';
import { nameProblem } from './name-problem.ts';

test.each<[string, RegExp | undefined]>([
  ['cluster-manager', undefined],
  ['c'.repeat(38), undefined],
  ['c'.repeat(39), /must be no more than 38 characters; create one of another name/],
  ['c'.repeat(253), /must be no more than 38 characters/],
  ['a.b', /must consist of lower case alphanumeric characters/],
])('a ClusterManager named %s', (name, expected) => {
  const problem = nameProblem({ metadata: { name } });
  if (expected) expect(problem).toMatch(expected);
  else expect(problem).toBeUndefined();
});
