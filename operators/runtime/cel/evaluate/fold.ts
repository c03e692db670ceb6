import type { Fold } from '../syntax/expression.ts';
import { isList, typeName } from '../values/kind.ts';
import { CelMap, Failure, type Result, type Value, failed } from '../values/value.ts';
import type { Budget } from './budget.ts';
import type { Frame, Step } from './step.ts';

export interface FoldSteps {
  range: Step;
  initial: Step;
  condition: Step;
  step: Step;
  result: Step;
}

/** Lists that a loop is making: adding to one of them lengthens it, where others are copied. */
export class GrowingList extends Array<Value> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** The loop's variables; the accumulator gets its first value when it is first asked for. */
class FoldFrame implements Frame {
  readonly #fold: Fold;
  readonly #initial: () => Result;
  readonly #outer: Frame;
  item: Value | undefined;
  accumulated: Result | undefined;

  constructor(fold: Fold, outer: Frame, initial: () => Result) {
    this.#fold = fold;
    this.#outer = outer;
    this.#initial = initial;
  }

  lookUp(name: string): Result | undefined {
    if (name === this.#fold.accumulator) {
      if (this.accumulated === undefined) this.accumulated = growing(this.#initial());
      return this.accumulated;
    }
    if (name === this.#fold.variable && this.item !== undefined) return this.item;
    return this.#outer.lookUp(name);
  }
}

const growing = (value: Result): Result =>
  Array.isArray(value) && value.length === 0 ? new GrowingList() : value;

/** Plans a loop. */
export const planFold =
  (fold: Fold, steps: FoldSteps): Step =>
  (frame, budget) => {
    const range = steps.range(frame, budget);
    if (failed(range)) return range;
    const items = itemsOf(range, budget);
    if (failed(items)) return items;
    const inner = new FoldFrame(fold, frame, () => steps.initial(frame, budget));
    for (const item of items) {
      inner.item = item;
      const goOn = steps.condition(inner, budget);
      if (goOn === false) break;
      inner.accumulated = steps.step(inner, budget);
      budget.work(1);
    }
    inner.item = undefined;
    return steps.result(inner, budget);
  };

const itemsOf = (range: Value, budget: Budget): readonly Value[] | Failure => {
  if (isList(range)) return range;
  if (!(range instanceof CelMap)) return new Failure(`got '${typeName(range)}', expected iterable type`);
  budget.work(range.size);
  return range.keys();
};
