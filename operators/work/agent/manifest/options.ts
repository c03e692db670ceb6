import type { ManifestConfig, ResourceMeta } from '../../../api/generated/work.ts';

/** What the configs of a work say about one manifest, as far as they say anything. */
export type ManifestOptions = Pick<ManifestConfig, 'conditionRules' | 'feedbackRules' | 'updateStrategy'>;

/**
 * Whether a pattern, in which `*` stands for any characters or none, matches the whole text (work.md 3.4). Runs in
 * the product of both lengths at worst, whatever a tenant of the hub writes.
 */
export const matchesWildcard = (pattern: string, text: string): boolean => {
  let p = 0;
  let t = 0;
  let star = -1;
  let retry = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++retry;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
};

const matches = ({ resourceIdentifier: wanted }: ManifestConfig, meta: ResourceMeta): boolean =>
  (wanted.group ?? '') === (meta.group ?? '') &&
  wanted.resource === meta.resource &&
  matchesWildcard(wanted.namespace ?? '', meta.namespace ?? '') &&
  matchesWildcard(wanted.name, meta.name ?? '');

/**
 * The options of one manifest: field by field, the first matching config that has the field (work.md 3.4). The scrape type
 * decides nothing: feedback follows a change at once for both (work.md 13, 3).
 */
export const optionsFor = (
  configs: readonly ManifestConfig[] | undefined,
  meta: ResourceMeta,
): ManifestOptions => {
  const options: ManifestOptions = {};
  for (const config of configs ?? []) {
    if (!matches(config, meta)) continue;
    if (!options.conditionRules && config.conditionRules?.length)
      options.conditionRules = config.conditionRules;
    if (!options.feedbackRules && config.feedbackRules?.length) options.feedbackRules = config.feedbackRules;
    options.updateStrategy ??= config.updateStrategy;
  }
  return options;
};
