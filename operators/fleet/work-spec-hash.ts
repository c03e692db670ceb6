import { createHash } from 'node:crypto';
import type { ManifestWorkSpec } from '../api/generated/work.ts';
import { isMap } from '../runtime/client/json.ts';

/** Without what means the same as its absence: empty maps and lists, null, and creation times of nested templates. */
const significant = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length ? value.map(significant) : undefined;
  if (!isMap(value)) return value ?? undefined;
  const entries = Object.entries(value)
    .filter(([key, member]) => !(key === 'creationTimestamp' && member === null))
    .map(([key, member]) => [key, significant(member)] as const)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length ? Object.fromEntries(entries) : undefined;
};

/** What the API server fills in for members that are left out, by their name. */
const defaults: Record<string, string> = {
  feedbackScrapeType: 'Poll',
  condition: 'OnSpokePresent',
  fieldManager: 'work-agent',
  type: 'Update',
};

/** Options of a work without what they would be by default. */
const withoutDefaults = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => defaults[key] !== member)
      .map(([key, member]) => [key, withoutDefaults(member)]),
  );
};

/**
 * Equal for specs of works that mean the same, be they as somebody wants them or as the API server keeps them: what is kept
 * of a work in place of its spec, which may be large.
 */
export const workSpecHash = (spec: ManifestWorkSpec | undefined): string => {
  const { manifestConfigs, ...rest } = spec ?? {};
  const wanted = significant({ ...rest, manifestConfigs: withoutDefaults(manifestConfigs) });
  return createHash('sha256')
    .update(JSON.stringify(wanted) ?? '')
    .digest('hex')
    .slice(0, 32);
};
