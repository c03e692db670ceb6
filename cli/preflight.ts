import type { Output } from './output/output.ts';

/** What one check found; errors stop the command, warnings do not. */
export interface Finding {
  warnings: string[];
  errors: string[];
}

/** A finding with at most one warning and one error. */
export const found = ({ warning, error }: { warning?: string; error?: string }): Finding => ({
  warnings: warning === undefined ? [] : [warning],
  errors: error === undefined ? [] : [error],
});

export interface Check {
  name: string;
  /** An error that it throws is an error found. */
  run: () => Promise<Finding> | Finding;
}

/** Runs the checks in order and reports each on stderr; throws with all errors at the end (cli.md 4.4). */
export const preflight = async (checks: Check[], output: Output): Promise<void> => {
  const fatal: string[] = [];
  for (const { name, run } of checks) {
    const { warnings, errors } = await findingOf(run);
    for (const warning of warnings) output.note(`\t[WARNING ${name}]: ${warning}\n`);
    const verdict = errors.length > 0 ? 'Failed' : 'Passed';
    output.note(
      `Preflight check: ${name} ${verdict} with ${warnings.length} warnings and ${errors.length} errors\n`,
    );
    fatal.push(...errors.map((error) => `\t[ERROR ${name}]: ${error}`));
  }
  if (fatal.length > 0) throw new Error(`[preflight] Some fatal errors occurred:\n${fatal.join('\n')}`);
};

const findingOf = async (run: Check['run']): Promise<Finding> => {
  try {
    return await run();
  } catch (error) {
    return found({ error: (error as Error).message });
  }
};
