import { describe, expect, test } from '@jest/globals';
import type { ConditionRule } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import * as cel from './cel-rules.ts';
import { evaluateRules, needCel } from './rules.ts';

const deployment = (ready: number): UnknownObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  status: { replicas: 3, readyReplicas: ready, conditions: [{ type: 'Ready', status: 'True' }] },
});

const rule = (celExpressions: string[], rest: Partial<ConditionRule> = {}): ConditionRule => ({
  type: 'CEL',
  condition: 'Mine',
  celExpressions,
  ...rest,
});

const evaluate = (object: UnknownObject, ...rules: ConditionRule[]) => evaluateRules(object, rules, 4, cel);

describe('work.md 4.3: rules of type CEL', () => {
  test('work.md 83: toggle, with a message that an expression makes', () => {
    const all = rule(['object.status.readyReplicas == object.status.replicas'], {
      messageExpression: '(result ? "all" : string(object.status.readyReplicas)) + " ready"',
    });
    expect(evaluate(deployment(2), all)).toEqual([
      {
        type: 'Mine',
        status: 'False',
        reason: 'ConditionRuleEvaluated',
        message: '2 ready',
        observedGeneration: 4,
      },
    ]);
    expect(evaluate(deployment(3), all)).toMatchObject([{ status: 'True', message: 'all ready' }]);
  });

  test.each<[string, string[], string]>([
    ['no expressions', [], 'True'],
    ['all true', ['true', 'object.status.replicas == 3'], 'True'],
    ['one false, and those after it not looked at', ['true', 'false', 'object.missing'], 'False'],
  ])('%s', (_, expressions, status) => {
    expect(evaluate(deployment(1), rule(expressions))).toMatchObject([
      {
        status,
        reason: 'ConditionRuleEvaluated',
        message: `Manifest is ${status === 'True' ? '' : 'not '}Mine`,
      },
    ]);
  });

  test.each([
    ['message', rule(['true'], { message: 'said' }), 'said'],
    [
      'message, when the expression gives nothing',
      rule(['true'], { message: 'said', messageExpression: '""' }),
      'said',
    ],
    ['expression before message', rule(['true'], { message: 'said', messageExpression: '"made"' }), 'made'],
    [
      'an expression that is no text',
      rule(['true'], { messageExpression: '1' }),
      'expected message expression to have a string result, got int',
    ],
    ['an expression that fails', rule(['true'], { messageExpression: 'object.gone' }), 'no such key: gone'],
    [
      'work.md 85: an expression that does not compile',
      rule(['true'], { messageExpression: 'gone' }),
      "ERROR: <input>:1:1: undeclared reference to 'gone' (in container '')",
    ],
  ])('the message: %s', (_, given, message) => {
    expect(evaluate(deployment(1), given)).toMatchObject([
      { status: 'True', reason: 'ConditionRuleEvaluated', message },
    ]);
  });

  test.each([
    [
      'does not compile',
      'gone',
      /^ERROR: <input>:1:1: undeclared reference to 'gone' \(in container ''\)\n \| gone/,
    ],
    ['is not boolean', 'object.status.replicas', /^expected bool result, got int$/],
    ['has no value', 'object.status.gone == 1', /^no such key: gone$/],
    ['passes the limit of a call', 'cost', /^operation cancelled: actual cost limit exceeded$/],
  ])('work.md 84: an expression that %s', (_, expression, message) => {
    const costly = `${[1, 2, 3, 4, 5, 6].map((depth) => `[1,2,3,4,5,6,7,8,9,0].all(x${depth}, `).join('')}true))))))`;
    const given = rule([expression === 'cost' ? costly : expression]);
    expect(evaluate(deployment(1), given)).toMatchObject([
      { status: 'False', reason: 'ConditionRuleExpressionError', message: expect.stringMatching(message) },
    ]);
  });

  test('4.3: a pattern that is none is a matter of the program', () => {
    expect(evaluate(deployment(1), rule(['object.kind.find("(") == ""']))).toMatchObject([
      { status: 'Unknown', reason: 'ConditionRuleInternalError' },
    ]);
  });

  test('work.md 86: all rules of a manifest share a budget, of which failures take their part', () => {
    const rules = new cel.CelRules(deployment(1), 60);
    const costs30 = rule(['[1, 2].all(x, x > 0)']);
    expect(rules.evaluate(costs30)).toMatchObject({ status: 'True' });
    expect(rules.evaluate(rule(['[object.gone].size() > 0']))).toMatchObject({
      message: 'no such key: gone',
    });
    expect(rules.evaluate(costs30)).toMatchObject({ status: 'True' });
    expect(rules.evaluate(costs30)).toEqual({
      status: 'False',
      reason: 'ConditionRuleExpressionError',
      message: 'CEL evaluation budget exceeded',
    });
  });

  test('13.10: message expressions have limits too', () => {
    const loop = '[0,1,2,3,4,5,6,7,8,9]';
    const endless = `${[1, 2, 3, 4, 5, 6].map((depth) => `${loop}.map(x${depth}, `).join('')}1)))))).size() > 0 ? "a" : "b"`;
    const [found] = evaluate(deployment(1), rule(['true'], { messageExpression: endless }));
    expect(found).toMatchObject({ status: 'True', message: expect.stringContaining('cost limit exceeded') });
  });

  test.each([
    ['object.status', true],
    ['{}', false],
    ['"text"', false],
    ['{"conditions": []}', false],
    ['{"conditions": "text"}', false],
    ['{"conditions": [1]}', true],
    ['null', false],
    ['object.missing', undefined],
  ])('work.md 87: hasConditions(%s) is %s', (argument, value) => {
    const [found] = evaluate(deployment(1), rule([`hasConditions(${argument})`]));
    if (value === undefined) expect(found).toMatchObject({ reason: 'ConditionRuleExpressionError' });
    else expect(found).toMatchObject({ status: value ? 'True' : 'False', reason: 'ConditionRuleEvaluated' });
  });

  test('functions of placements are not there', () => {
    expect(evaluate(deployment(1), rule(['"1".parseJSON() == 1']))).toMatchObject([
      { message: expect.stringContaining("undeclared reference to 'parseJSON'") },
    ]);
  });

  test('a message that is longer than a condition can have is cut', () => {
    const messageExpression =
      '"a".replace("a", "0123456789").replace("0", "0123456789").replace("1", object.long)';
    const object = { ...deployment(1), long: 'x'.repeat(50_000) };
    const [found] = evaluate(object, rule(['true'], { messageExpression }));
    expect(found!.message).toHaveLength(4096);
  });

  test('a built-in rule with a message of its own', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status: { phase: 'Running' } };
    const complete: ConditionRule = {
      type: 'WellKnownConditions',
      condition: 'Complete',
      messageExpression: '"now " + object.status.phase',
    };
    expect(evaluate(pod, complete)).toMatchObject([{ status: 'False', message: 'now Running' }]);
    expect(needCel([complete])).toBe(true);
  });

  test('what evaluates CEL is asked for only where an expression is', () => {
    expect(needCel(undefined)).toBe(false);
    expect(needCel([{ type: 'WellKnownConditions', condition: 'Complete', message: 'm' }])).toBe(false);
    expect(needCel([rule([])])).toBe(true);
    expect(() => evaluateRules(deployment(1), [rule([])], 1)).toThrow(TypeError);
  });
});
