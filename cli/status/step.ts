import { duration } from '../output/age.ts';

/** How far a step is: `waiting` goes on by itself or with somebody's help, `failed` does not, a `note` is no step. */
export type StepState = 'done' | 'waiting' | 'failed' | 'note';

/** One step on the way of a cluster or a work, in the order in which they are taken. */
export interface Step {
  step: string;
  state: StepState;
  /** Since when (RFC 3339), by the clock of whoever wrote it. */
  since?: string;
  detail: string;
  /** What somebody can do about it. */
  remedy?: string;
}

export interface View {
  kind: string;
  name: string;
  steps: Step[];
}

/** The step that everything after it waits for; undefined when there is none. */
export const stuckAt = (steps: readonly Step[]): Step | undefined =>
  steps.find(({ state }) => state === 'failed' || state === 'waiting');

/**
 * A view for people.
 * @param now milliseconds, by this machine's clock
 */
export const viewText = ({ kind, name, steps }: View, now: number): string => {
  const width = Math.max(...steps.map(({ step }) => step.length));
  const stuck = stuckAt(steps);
  const head = stuck ? `${stuck.state === 'failed' ? 'fails' : 'waits'} at: ${stuck.step}` : 'all is done';
  const lines = [`${kind} ${name}: ${head}`];
  for (const { step, state, since, detail, remedy } of steps) {
    const when = since ? ` (for ${duration(now - Date.parse(since))}, since ${since})` : '';
    lines.push(`  ${state.padEnd(7)}  ${step.padEnd(width)}  ${detail}${when}`);
    if (remedy) lines.push(`${' '.repeat(width + 13)}do: ${remedy}`);
  }
  return `${lines.join('\n')}\n`;
};

interface ConditionLike {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastTransitionTime: string;
}

export const conditionOf = (
  conditions: readonly ConditionLike[] | undefined,
  type: string,
): ConditionLike | undefined => conditions?.find((condition) => condition.type === type);
