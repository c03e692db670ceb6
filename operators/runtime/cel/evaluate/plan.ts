import { CelProgramError } from '../errors.ts';
import type { Call, Expression, ListExpression, MapExpression } from '../syntax/expression.ts';
import type { Checked } from '../types/checker.ts';
import { EntriesMap } from '../values/map.ts';
import { Failure, Optional, type Result, type Value, failed } from '../values/value.ts';
import { type Attribute, keyText, qualified, resolve } from './attribute.ts';
import type { Budget } from './budget.ts';
import { planCall } from './call.ts';
import { planFold } from './fold.ts';
import type { Frame, Step } from './step.ts';

/** Turns a checked expression into steps that evaluate it and count its cost. Throws CelProgramError. */
export const plan = (expression: Expression, checked: Checked): Step => new Planner(checked).plan(expression);

/** What a path costs as a whole; a conditional costs what its condition and its branch do. */
const evaluated =
  (attribute: Attribute): Step =>
  (frame, budget) => {
    const result = resolve(attribute, frame, budget);
    if (attribute.kind === 'path') budget.pay(1);
    return result;
  };

/** has() of an optional path gives an optional, of which only the presence counts. */
const presence =
  (step: Step): Step =>
  (frame, budget) => {
    const result = step(frame, budget);
    return result instanceof Optional ? result.value !== undefined : result;
  };

const variable =
  (name: string): Step =>
  (frame) => {
    const value = frame.lookUp(name);
    return value === undefined ? new Failure(`no such attribute(s): ${name}`) : value;
  };

class Planner {
  readonly #checked: Checked;
  // What a macro uses twice is planned once: a chain of such macros would double with each.
  readonly #steps = new Map<Expression, Step>();
  readonly #attributes = new Map<Expression, Attribute | undefined>();

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  plan(expression: Expression): Step {
    let step = this.#steps.get(expression);
    if (!step) {
      step = this.#plan(expression);
      this.#steps.set(expression, step);
    }
    return step;
  }

  #plan(expression: Expression): Step {
    const attribute = this.#attribute(expression);
    if (attribute) {
      const step = evaluated(attribute);
      return expression.kind === 'select' && expression.testOnly ? presence(step) : step;
    }
    const reference = this.#checked.references.get(expression);
    if (reference?.kind === 'constant') return () => reference.value;
    switch (expression.kind) {
      case 'literal':
        return () => expression.value;
      case 'list':
        return this.#list(expression);
      case 'map':
        return this.#map(expression);
      case 'fold':
        return planFold(expression, {
          range: this.plan(expression.range),
          initial: this.plan(expression.initial),
          condition: this.plan(expression.condition),
          step: this.plan(expression.step),
          result: this.plan(expression.result),
        });
      case 'call':
        return this.#call(expression);
      default:
        throw new TypeError(`an expression of kind ${expression.kind} cannot be planned`);
    }
  }

  /** Variables, selections, indexes and conditionals; undefined for anything else. */
  #attribute(expression: Expression): Attribute | undefined {
    if (!this.#attributes.has(expression)) this.#attributes.set(expression, this.#planAttribute(expression));
    return this.#attributes.get(expression);
  }

  #planAttribute(expression: Expression): Attribute | undefined {
    const reference = this.#checked.references.get(expression);
    if (reference?.kind === 'constant') return undefined;
    if (reference?.kind === 'variable')
      return { kind: 'path', base: variable(reference.name), qualifiers: [] };
    if (expression.kind === 'select') {
      const { field, testOnly } = expression;
      return qualified(this.#base(expression.operand), { key: () => field, isOptional: false, testOnly });
    }
    if (expression.kind !== 'call') return undefined;
    const [first, second, third] = expression.args;
    switch (expression.name) {
      case '_?_:_':
        return {
          kind: 'conditional',
          condition: this.plan(first!),
          then: this.#base(second!),
          otherwise: this.#base(third!),
        };
      case '_[_]':
      case '_[?_]':
      case '_?._':
        return qualified(this.#base(first!), {
          key: this.#key(second!),
          isOptional: expression.name !== '_[_]',
          testOnly: false,
        });
      default:
        return undefined;
    }
  }

  /** An operand as an attribute; one that is none is evaluated first. */
  #base(expression: Expression): Attribute {
    return this.#attribute(expression) ?? { kind: 'path', base: this.plan(expression), qualifiers: [] };
  }

  /** An index; the variable of one costs nothing of its own. */
  #key(expression: Expression): Step {
    const attribute = this.#attribute(expression);
    return attribute ? (frame, budget) => resolve(attribute, frame, budget) : this.plan(expression);
  }

  #list({ elements }: ListExpression): Step {
    const steps = elements.map(({ value, optional }) => ({ step: this.plan(value), optional }));
    return (frame, budget) => {
      const values: Value[] = [];
      budget.build(steps.length);
      for (const { step, optional } of steps) {
        const value = step(frame, budget);
        const found = optional ? given(value, 'list element') : value;
        if (failed(found)) return paid(found, 10, budget);
        if (found !== undefined) values.push(found);
      }
      return paid(values, 10, budget);
    };
  }

  #map({ entries }: MapExpression): Step {
    const steps = entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }));
    return (frame, budget) => {
      const values = new EntriesMap();
      budget.build(steps.length * 2);
      for (const step of steps) {
        const key = step.key(frame, budget);
        if (failed(key)) return paid(key, 30, budget);
        const value = step.value(frame, budget);
        const found = step.optional ? given(value, `entry '${keyText(key)}'`) : value;
        if (failed(found)) return paid(found, 30, budget);
        if (found !== undefined && !values.set(key, found))
          return paid(new Failure('unsupported key type'), 30, budget);
      }
      return paid(values, 30, budget);
    };
  }

  #call(expression: Call): Step {
    const reference = this.#checked.references.get(expression);
    if (reference?.kind !== 'function') throw new TypeError(`the call of ${expression.name} was not checked`);
    const { declaration, overload, target } = reference;
    const wrong = declaration.prepare?.(expression);
    if (wrong !== undefined) throw new CelProgramError(wrong);
    const operands = target ? [target, ...expression.args] : expression.args;
    const args = operands.map((each) => this.plan(each));
    if (declaration.name === '@not_strictly_false') return notFalse(args[0]!);
    const lazy = lazyCalls[declaration.name];
    if (lazy && args.length === 2) return lazy(args[0]!, args[1]!);
    // What was prepared is called like a function of many arguments.
    const isPrepared = declaration.prepare && expression.args[0]?.kind === 'literal';
    return planCall(declaration, overload, target !== undefined, args, isPrepared || args.length > 2);
  }
}

const paid = (result: Result, cost: number, budget: Budget): Result => {
  budget.pay(cost);
  return result;
};

/** What an optional element stands for: nothing when it has no value. */
const given = (value: Result, what: string): Result | undefined => {
  if (failed(value)) return value;
  if (value instanceof Optional) return value.value;
  return new Failure(`cannot initialize optional ${what} from non-optional value`);
};

/** `&&` and `||`: one side alone may decide, and then the failure of the other is left behind. */
const logical =
  (decisive: boolean) =>
  (left: Step, right: Step): Step =>
  (frame: Frame, budget: Budget) => {
    const first = left(frame, budget);
    if (first === decisive) return decisive;
    const second = right(frame, budget);
    if (second === decisive) return decisive;
    if (typeof first !== 'boolean') return failed(first) ? first : new Failure('no such overload');
    if (typeof second !== 'boolean') return failed(second) ? second : new Failure('no such overload');
    return !decisive;
  };

/** Whether something is not false; what failed is not, so that a quantifier goes on. */
const notFalse =
  (operand: Step): Step =>
  (frame, budget) =>
    paid(operand(frame, budget) !== false, 1, budget);

/** `or` and `orValue` evaluate their argument only when it is needed. */
const optionalOr =
  (unwrap: boolean) =>
  (left: Step, right: Step): Step =>
  (frame: Frame, budget: Budget) => {
    const first = left(frame, budget);
    if (!(first instanceof Optional)) return first;
    if (first.value === undefined) return right(frame, budget);
    return unwrap ? first.value : first;
  };

const lazyCalls: Record<string, (left: Step, right: Step) => Step> = {
  '_&&_': logical(false),
  '_||_': logical(true),
  or: optionalOr(false),
  orValue: optionalOr(true),
};
