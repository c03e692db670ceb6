import type { Placement } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';

/** Whether nothing is decided or written for a placement: it is being deleted, or its user wants it so (placement.md 4). */
export const isLeftAlone = ({ metadata }: Placement): boolean =>
  metadata.deletionTimestamp !== undefined ||
  metadata.annotations?.[annotation.schedulingDisabled] === 'true';
