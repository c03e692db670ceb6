/**
 * `key=value` pairs, each with exactly one `=` (cli.md 14.1, 14.2).
 * @param what they are, for the error: `label` or `annotation`
 */
export const pairs = (values: readonly string[], what: string): Record<string, string> =>
  Object.fromEntries(
    values.map((pair) => {
      const [key, value, ...others] = pair.split('=');
      if (!key || value === undefined || others.length > 0) {
        throw new Error(`error parsing ${what} '${pair}'. Expected to be of the form: key=value`);
      }
      return [key, value];
    }),
  );
