import { manifestWorkCondition } from '../../../api/conditions.ts';
import type { ManifestWork } from '../../../api/generated/work.ts';
import type { ClusterStatus } from '../../../fleet/rollout/cluster-status.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';

const { applied, available, progressing, degraded } = manifestWorkCondition;

/**
 * The state of a cluster by its work, which is up to date with the template (work.md 6.4). `reportsProgress`: whether the
 * template has a rule for Progressing; without one a work that is applied and available has succeeded, since nothing could
 * ever tell more (work.md 121).
 */
export const rolloutStatusOf = (work: ManifestWork, reportsProgress: boolean): ClusterStatus => {
  const { namespace: cluster = '', generation } = work.metadata;
  const find = (type: string): { found?: Condition; current?: Condition } => {
    const found = findCondition(work.status?.conditions, type);
    return { found, current: found?.observedGeneration === generation ? found : undefined };
  };
  const at = ({ lastTransitionTime }: Condition): number => Date.parse(lastTransitionTime);
  const toApply: ClusterStatus = { cluster, state: 'ToApply' };

  const isApplied = find(applied.type).current;
  if (isApplied?.status !== 'True') return toApply;
  const progress = find(progressing.type);
  if (!progress.found && !reportsProgress) {
    const isAvailable = find(available.type).current;
    return isAvailable?.status === 'True'
      ? { cluster, state: 'Succeeded', since: at(isAvailable) }
      : { cluster, state: 'Progressing', since: at(isApplied) };
  }
  if (!progress.current) return toApply;
  const decline = find(degraded.type);
  if (decline.found && !decline.current) return toApply;
  if (progress.current.status === 'True' && decline.current?.status === 'True')
    return { cluster, state: 'Failed', since: at(decline.current) };
  const state = progress.current.status === 'False' ? 'Succeeded' : 'Progressing';
  return { cluster, state, since: at(progress.current) };
};
