/** What one evaluation may use; why these and how much, is in docs/decisions/028-cel.md. */
export interface Limits {
  /** In units of cel-go's runtime cost. */
  cost: number;
  /** Characters and elements of everything that is built. */
  size: number;
  /** Elementary steps within functions, which cost does not count: characters matched, elements compared. */
  steps: number;
}

/** What a call may use: the cost that Kubernetes allows, and what a second and tens of megabytes buy. */
export const perCallLimits: Limits = { cost: 1_000_000, size: 8_000_000, steps: 20_000_000 };

/** Ends an evaluation, whatever is around. */
export class Cancelled extends Error {
  override name = 'Cancelled';
  constructor(reason: string) {
    super(`operation cancelled: ${reason}`);
  }
}

/** Counts what an evaluation uses. Every method throws Cancelled once its limit is passed. */
export class Budget {
  readonly #limits: Limits;
  cost = 0;
  #size = 0;
  #steps = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Adds cost. */
  pay(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limits.cost) throw new Cancelled('actual cost limit exceeded');
  }

  /** Announces something of a size before it is built. */
  build(size: number): void {
    this.#size += size;
    if (this.#size > this.#limits.size) throw new Cancelled('the values of the expression are too large');
  }

  /** Announces work before it is done. */
  work(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#limits.steps) throw new Cancelled('the expression takes too many steps');
  }
}
