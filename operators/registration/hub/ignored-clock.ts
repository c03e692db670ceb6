import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';

/** Whether the clock of a managed cluster is not to be looked at, as its annotation says (since-1.3.1.md 55, 56). */
export const hasClockIgnored = ({ metadata }: Pick<ManagedCluster, 'metadata'>): boolean =>
  metadata.annotations?.[annotation.skipClockSyncCheck] === 'true';
