/** How often a step that takes long says that it is still at work, in milliseconds. */
const reminderInterval = 30_000;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs a costly step and tells the user about it on stderr: what it is and how long it usually takes, that it is
 * still going on every 30 seconds, and how long it took. The step's own error passes through.
 */
export const withProgress = async <Result>(
  what: string,
  usually: string,
  step: () => Promise<Result>,
): Promise<Result> => {
  const started = performance.now();
  say(`==> ${what} (usually ${usually})`);
  const reminder = setInterval(() => say(`    still: ${what} (${seconds(started)})`), reminderInterval);
  try {
    const result = await step();
    say(`    done: ${what} (${seconds(started)})`);
    return result;
  } catch (error) {
    say(`    failed: ${what} (${seconds(started)})`);
    throw error;
  } finally {
    clearInterval(reminder);
  }
};
