import { describe, expect, test } from '@jest/globals';
import { selectorOf } from './label-selector.ts';

const expression = (operator: string, values?: string[], key = 'env') => ({
  matchExpressions: [{ key, operator, ...(values && { values }) }],
});

describe('placement.md, section 6.1: what a label selector selects', () => {
  test.each([
    ['all', {}, { env: 'prod' }, true],
    ['a label', { matchLabels: { env: 'prod' } }, { env: 'prod' }, true],
    ['another value', { matchLabels: { env: 'prod' } }, { env: 'dev' }, false],
    ['an absent label', { matchLabels: { env: '' } }, {}, false],
    ['In', expression('In', ['dev', 'prod']), { env: 'prod' }, true],
    ['In, another value', expression('In', ['dev']), { env: 'prod' }, false],
    ['In, absent', expression('In', ['', 'dev']), {}, false],
    ['NotIn', expression('NotIn', ['dev']), { env: 'prod' }, true],
    ['NotIn, the value', expression('NotIn', ['prod']), { env: 'prod' }, false],
    ['NotIn, absent', expression('NotIn', ['prod', '']), {}, true],
    ['Exists', expression('Exists'), { env: '' }, true],
    ['Exists, absent', expression('Exists', []), {}, false],
    ['DoesNotExist', expression('DoesNotExist'), {}, true],
    ['DoesNotExist, present', expression('DoesNotExist'), { env: '' }, false],
    ['what every object of JavaScript has', expression('Exists', [], 'constructor'), {}, false],
    ['label and expression', { matchLabels: { a: '1' }, ...expression('Exists') }, { a: '1' }, false],
  ])('%s', (_, selector, labels, selected) => {
    expect(selectorOf(selector)(labels as Record<string, string>)).toBe(selected);
  });

  test.each([
    [expression('Foo'), '"Foo" is not a valid label selector operator'],
    [expression('In'), 'values of "env" must be specified for operator In'],
    [expression('NotIn', []), 'values of "env" must be specified for operator NotIn'],
    [expression('Exists', ['prod']), 'values of "env" must not be specified for operator Exists'],
    [expression('DoesNotExist', ['']), 'values of "env" must not be specified for operator DoesNotExist'],
    [expression('In', ['prod', 'a b']), 'value "a b" of "env" is not the value of a label'],
    [expression('Exists', [], 'a b'), 'key "a b" is not a label key'],
    [{ matchLabels: { 'a/b/c': '' } }, 'key "a/b/c" is not a label key'],
    [{ matchLabels: { env: 'a'.repeat(64) } }, 'of "env" is not the value of a label'],
  ])('an invalid one is refused before anything is matched: %j', (selector, message) => {
    expect(() => selectorOf(selector)).toThrow(message);
  });
});
