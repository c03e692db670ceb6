import type { ManifestSet, When } from './types.ts';

/** Whether a manifest or overlay applies. */
export const holds = (when: When | undefined, mode: string, features: ReadonlySet<string>): boolean => {
  if (!when) return true;
  const on = (feature: string) => features.has(feature);
  return (
    (!when.modes || when.modes.includes(mode)) &&
    (!when.features || when.features.every(on)) &&
    (!when.anyFeature || when.anyFeature.some(on)) &&
    (!when.notFeatures || !when.notFeatures.some(on))
  );
};

const terms = ['modes', 'features', 'anyFeature', 'notFeatures'];

/** What is wrong with a `when` as read from a file; undefined when nothing is. */
export const whenProblem = (
  when: unknown,
  set: Pick<ManifestSet, 'modes' | 'features'>,
): string | undefined => {
  if (when === undefined) return undefined;
  if (when === null || typeof when !== 'object' || Array.isArray(when)) return '`when` must be a map';
  for (const [term, names] of Object.entries(when)) {
    if (!terms.includes(term)) return `unknown \`when\` term ${term}`;
    if (!Array.isArray(names) || names.length === 0) return `\`when\` term ${term} must be a list of names`;
    const known = term === 'modes' ? set.modes : set.features;
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) return `\`when\` term ${term} names ${String(unknown)}, which is not declared`;
  }
  return undefined;
};
