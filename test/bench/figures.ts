/** One figure per line: `name value unit`, and the goal where there is one. */
export const figure = (name: string, value: number, unit: string, goal = ''): void => {
  const rounded = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
  process.stdout.write(
    `${name.padEnd(52)} ${rounded.padStart(8)} ${unit}${goal ? `   (goal ${goal})` : ''}\n`,
  );
};

/** The value below which this share of the values lies; `share` from 0 to 1. */
export const percentile = (values: number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};

export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
