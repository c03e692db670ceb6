/**
 * The one name that a command takes.
 * @throws Error with one of the texts, which differ from command to command
 */
export const onlyName = (args: readonly string[], missing: string, tooMany: string): string => {
  const [name, ...others] = args;
  if (!name) throw new Error(missing);
  if (others.length > 0) throw new Error(tooMany);
  return name;
};
