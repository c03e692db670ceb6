import { expect, test } from '@jest/globals';
import { scoresReferredTo } from './score-references.ts';

const predicate = (...celExpressions: string[]) => ({
  requiredClusterSelector: { celSelector: { celExpressions } },
});

// P7 of placement.md, section 15.
test.each<[string, Parameters<typeof scoresReferredTo>[0], string[] | 'all']>([
  ['no predicates', undefined, []],
  ['no expressions', [{}, { requiredClusterSelector: {} }], []],
  ['no scores', [predicate('managedCluster.metadata.name == "scores"')], []],
  ['one', [predicate('managedCluster.scores("demo").all(s, s.value > 1)')], ['demo']],
  [
    'several, in several predicates',
    [
      predicate('managedCluster.scores("a") == [] || managedCluster.scores("b") == []', 'true'),
      predicate('[managedCluster.scores("a")] == [] && {1: managedCluster.scores("c")} == {}'),
    ],
    ['a', 'b', 'c'],
  ],
  ['in a macro', [predicate('[1].exists(x, managedCluster.scores("demo").size() > x)')], ['demo']],
  ['a name that is computed', [predicate('managedCluster.scores("de" + "mo") == []')], 'all'],
  [
    'a name of a loop, beside one that is written out',
    [predicate('["a"].all(n, managedCluster.scores(n) == []) && managedCluster.scores("b") == []')],
    'all',
  ],
  ['an expression that cannot be read', [predicate('managedCluster.scores("a"', 'scores(')], []],
  [
    'macros that use their target twice',
    [predicate(`optional.of(managedCluster.scores("a"))${'.optMap(x, x)'.repeat(80)}.hasValue()`)],
    ['a'],
  ],
])('the scores that expressions ask for: %s', (_, predicates, names) => {
  const found = scoresReferredTo(predicates);
  expect(found === 'all' ? found : [...found].toSorted()).toEqual(names);
});
