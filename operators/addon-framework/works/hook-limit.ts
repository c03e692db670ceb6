import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';
import { parseDuration } from '../../runtime/process/flags/duration.ts';

/** How long the hooks of an add-on that leaves are waited for. */
export interface HookLimit {
  /** Milliseconds since 1970; infinite when there is no limit. */
  deadlineMs: number;
  /** What users are told of it. */
  note?: string;
}

/** Where users set the limit; what they say of an add-on counts more than what they say of its whole cluster. */
export const hookLimitText = (
  addon: Pick<ManagedClusterAddOn, 'metadata'>,
  cluster: Pick<ManagedCluster, 'metadata'>,
): string | undefined => {
  const of = ({ metadata }: Pick<ManagedClusterAddOn, 'metadata'>) =>
    metadata.annotations?.[annotation.addonPreDeleteTimeout];
  return of(addon) ?? of(cluster);
};

/**
 * The time limit that users set for hooks, if they did: a duration from the deletion of the add-on (addon.md A17). What is no
 * duration sets none, and is told.
 */
export const hookLimit = (
  { metadata }: Pick<ManagedClusterAddOn, 'metadata'>,
  text: string | undefined,
): HookLimit => {
  if (text === undefined) return { deadlineMs: Infinity };
  const durationMs = parseDuration(text) ?? 0;
  const deadlineMs = Date.parse(metadata.deletionTimestamp ?? '') + durationMs;
  if (durationMs <= 0 || !(deadlineMs <= 8.64e15))
    return {
      deadlineMs: Infinity,
      note: `There is no time limit, since annotation ${annotation.addonPreDeleteTimeout} is no duration, such as 10m.`,
    };
  const deadline = new Date(deadlineMs).toISOString().replace(/\.\d+/, '');
  return { deadlineMs, note: `The add-on goes without them at ${deadline}.` };
};
