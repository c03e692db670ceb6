import { test } from '@jest/globals';

let broken: string | undefined;

/** A test of a file that tells a story: those after one that failed do not try. */
export const step = (name: string, take: () => Promise<void>): void =>
  test(name, async () => {
    if (broken) throw new Error(`"${broken}" failed before`);
    broken = name;
    await take();
    broken = undefined;
  });

/** Does a step for all at once; every failure is reported, with whose it is. */
export const each = async <T extends { name: string }>(
  items: readonly T[],
  take: (item: T) => Promise<void>,
): Promise<void> => {
  const outcomes = await Promise.allSettled(items.map(take));
  const failures = outcomes.flatMap((outcome, at) =>
    outcome.status === 'fulfilled' ? [] : [`${items[at]!.name}: ${(outcome.reason as Error).message}`],
  );
  if (failures.length > 0) throw new Error(failures.join('\n'));
};
