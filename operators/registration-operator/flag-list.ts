const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** One field of a list flag; what would be taken apart otherwise stands in quotes. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? quoted(text) : text);

/** Values in one argument of a list flag, as pflag takes them apart; undefined without any. */
export const joinList = (values: readonly string[] | undefined): string | undefined =>
  values && values.length > 0 ? values.map(field).join(',') : undefined;

/**
 * Pairs in one argument of a map flag; undefined without any. pflag takes a text with a single `=` for one pair, commas
 * and all, and strips its quotes: a pair that ends in one is said twice.
 */
export const joinPairs = (entries: readonly (readonly [string, string])[]): string | undefined => {
  const pairs = entries.map(([key, value]) => `${key}=${value}`);
  const [only] = pairs;
  const isTakenWhole = pairs.length === 1 && only?.indexOf('=') === only?.lastIndexOf('=');
  if (!isTakenWhole) return joinList(pairs);
  return only?.endsWith('"') ? joinList([only, only]) : only;
};
