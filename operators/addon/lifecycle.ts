import type { ClusterManagementAddOn } from '../api/generated/addon.ts';
import { annotation } from '../api/names.ts';

/**
 * Whether the add-on manager installs, configures and owns an add-on (addon.md 1.1). An empty value is what the add-on's own
 * manager leaves of `self` once it no longer manages the add-on itself, so it counts like none (A12).
 */
export const isManaged = ({ metadata }: ClusterManagementAddOn): boolean =>
  ['', 'addon-manager'].includes(metadata.annotations?.[annotation.addonLifecycle] ?? '');

/** The placements by which an add-on is installed; none with the strategy Manual. */
export const installPlacements = ({ spec }: ClusterManagementAddOn) =>
  spec?.installStrategy?.type === 'Placements' ? (spec.installStrategy.placements ?? []) : [];
