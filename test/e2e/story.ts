import { afterAll, test } from '@jest/globals';
import { removeSharedFleet } from './shared-fleet.ts';

let broken: string | undefined;

/** Where a story breaks its clusters stay halfway: files that come later would fail for nothing but that. */
afterAll(async () => {
  if (broken && !process.env['E2E_KEEP']) await removeSharedFleet();
});

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
