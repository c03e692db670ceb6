import type { ServiceAccount } from '../../../api/generated/work.ts';
import { type CheckAccess, NotAllowedError, type Target } from './executor.ts';

/** Milliseconds that an answer is kept: what no work asks about any more is forgotten. */
const lifetimeMs = 10 * 60_000;

interface Answer {
  /** The refusal; undefined when the access is allowed. */
  refusal?: NotAllowedError;
  until: number;
}

/**
 * Remembers what executors may do, until any role or binding changes (work.md 3.7, gate ExecutorValidatingCaches). Which
 * executor a change concerns is not worked out: groups and aggregated roles make that guess unsafe (work.md 13, 8), and
 * asking again costs little.
 */
export class AccessCache {
  readonly #check: CheckAccess;
  readonly #now: () => number;
  readonly #answers = new Map<string, Answer>();
  #epoch = 0;
  #isReliable = false;

  constructor(check: CheckAccess, now: () => number = Date.now) {
    this.#check = check;
    this.#now = now;
  }

  /** As the check that it was made with; errors that are no refusal are not remembered. */
  readonly check: CheckAccess = async (executor, target, signal) => {
    if (!this.#isReliable) return this.#check(executor, target, signal);
    const key = keyOf(executor, target);
    const known = this.#answers.get(key);
    if (known && known.until > this.#now()) {
      if (known.refusal) throw known.refusal;
      return;
    }
    const epoch = this.#epoch;
    const remember = (refusal?: NotAllowedError): void => {
      // An answer that was under way while permissions changed may be either the old or the new one.
      if (epoch === this.#epoch) this.#answers.set(key, { refusal, until: this.#now() + lifetimeMs });
    };
    try {
      await this.#check(executor, target, signal);
      remember();
    } catch (error) {
      if (error instanceof NotAllowedError) remember(error);
      throw error;
    }
  };

  /** Permissions have changed: nothing that is remembered holds. */
  invalidate(): void {
    this.#epoch++;
    this.#answers.clear();
  }

  /** From now on every change of permissions is told by {@link invalidate}. */
  trust(): void {
    this.#isReliable = true;
  }

  get size(): number {
    return this.#answers.size;
  }
}

const keyOf = ({ namespace, name }: ServiceAccount, { resource, object, action }: Target): string =>
  JSON.stringify([
    namespace,
    name,
    resource.group,
    resource.version,
    resource.plural,
    object.metadata.namespace ?? '',
    object.metadata.name,
    action,
  ]);
