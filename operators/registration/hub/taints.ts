import type { ManagedClusterTaint } from '../../api/generated/cluster.ts';
import { taint } from '../../api/names.ts';

const unavailable: ManagedClusterTaint = { key: taint.unavailable, effect: 'NoSelect' };
const unreachable: ManagedClusterTaint = { key: taint.unreachable, effect: 'NoSelect' };

const isSame = (left: ManagedClusterTaint, right: ManagedClusterTaint): boolean =>
  left.key === right.key && left.effect === right.effect && (left.value ?? '') === (right.value ?? '');

/** The taints that a cluster of this availability should have; the very same array when it has them. */
export const taintsFor = (
  taints: ManagedClusterTaint[],
  available: string | undefined,
): ManagedClusterTaint[] => {
  const wanted = available === 'True' ? [] : available === 'False' ? [unavailable] : [unreachable];
  const kept = taints.filter(
    (present) =>
      ![unavailable, unreachable].some((own) => isSame(own, present)) ||
      wanted.some((own) => isSame(own, present)),
  );
  const missing = wanted.filter((own) => !kept.some((present) => isSame(own, present)));
  return kept.length === taints.length && missing.length === 0 ? taints : [...kept, ...missing];
};
