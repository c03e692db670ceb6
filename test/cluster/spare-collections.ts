/**
 * Lets the Go programs of clusters grow to five times what they use before they collect garbage, not two: a sixth of what
 * tests take from the processor was that. Benchmarks and demos keep Go's own setting.
 */
export const spareCollections = (): void => {
  process.env['GOGC'] ??= '400';
};
