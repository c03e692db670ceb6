import type { Output } from './context.ts';

/** What one check found; errors stop the command, warnings do not. */
export interface Finding {
  warnings: string[];
  errors: string[];
}

export interface Check {
  name: string;
  run: () => Promise<Finding> | Finding;
}

/** Runs the checks in order and reports each on stderr; throws with all errors at the end (cli.md 4.4). */
export const preflight = async (checks: Check[], output: Output): Promise<void> => {
  const fatal: string[] = [];
  for (const { name, run } of checks) {
    const { warnings, errors } = await run();
    for (const warning of warnings) output.note(`\t[WARNING ${name}]: ${warning}\n`);
    const verdict = errors.length > 0 ? 'Failed' : 'Passed';
    output.note(
      `Preflight check: ${name} ${verdict} with ${warnings.length} warnings and ${errors.length} errors\n`,
    );
    fatal.push(...errors.map((error) => `\t[ERROR ${name}]: ${error}`));
  }
  if (fatal.length > 0) throw new Error(`[preflight] Some fatal errors occurred:\n${fatal.join('\n')}\n`);
};
