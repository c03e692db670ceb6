import type { Selection } from './selection.ts';

/** On which clusters an add-on is to be installed, and from which it is to be removed. */
export interface InstallPlan {
  install: string[];
  remove: string[];
  /** Clusters that no placement selects, on which it stays all the same. */
  kept: string[];
}

/**
 * What an install strategy asks for (addon.md 4.1). An add-on is removed only where every placement of the strategy exists,
 * is in order, agrees with its decisions and selects something: else whoever edits, breaks or deletes a placement would
 * remove the add-on from a whole fleet (A1).
 */
export const planInstall = (selections: readonly Selection[], existing: readonly string[]): InstallPlan => {
  const required = new Set(selections.flatMap(({ clusters }) => clusters));
  const present = new Set(existing);
  const unselected = existing.filter((cluster) => !required.has(cluster));
  const isCertain = selections.length > 0 && selections.every(({ problem }) => problem === undefined);
  return {
    install: [...required].filter((cluster) => !present.has(cluster)),
    remove: isCertain ? unselected : [],
    kept: isCertain ? [] : unselected,
  };
};
