import type {
  ClusterManagementAddOn,
  ClusterManagementAddOnStatus,
  ConfigReference,
  DefaultConfigReference,
  InstallProgression,
  InstallStrategyPlacement,
} from '../../api/generated/addon.ts';
import {
  type DesiredReference,
  desiredConfigOf,
  overridden,
  referenceKey,
  referencesOf,
  storedReference,
  storedReferences,
  withHashes,
} from '../../addon-framework/configuration/references.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { installPlacements, isManaged } from '../lifecycle.ts';

/** All hashes that a status knows: a configuration has one, wherever it is referred to. */
const knownHashes = ({
  defaultConfigReferences,
  installProgressions = [],
}: ClusterManagementAddOnStatus): DesiredReference[] =>
  [
    ...storedReferences(defaultConfigReferences),
    ...installProgressions.flatMap(({ configReferences }) => storedReferences(configReferences)),
  ].filter(({ specHash }) => specHash !== '');

const entryOf = (reference: DesiredReference): DefaultConfigReference => ({
  group: reference.group,
  resource: reference.resource,
  desiredConfig: desiredConfigOf(reference),
});

const isFor =
  ({ name, namespace }: InstallStrategyPlacement) =>
  (progression: InstallProgression): boolean =>
    progression.name === name && progression.namespace === namespace;

const identities = (references: readonly DesiredReference[]): string =>
  JSON.stringify(references.map(referenceKey).toSorted());

/** The progression of a placement; its history lasts as long as it refers to the same configurations. */
const progressionOf = (
  placement: InstallStrategyPlacement,
  wanted: readonly DesiredReference[],
  stored: readonly InstallProgression[],
): InstallProgression => {
  const { name, namespace } = placement;
  const before = stored
    .filter(isFor(placement))
    .find(({ configReferences }) => identities(storedReferences(configReferences)) === identities(wanted));
  const history = new Map<string, ConfigReference>();
  for (const entry of before?.configReferences ?? []) {
    const reference = storedReference(entry);
    if (reference) history.set(referenceKey(reference), entry);
  }
  const configReferences = wanted.map((reference): ConfigReference => {
    const { lastAppliedConfig, lastKnownGoodConfig } = history.get(referenceKey(reference)) ?? {};
    return {
      ...entryOf(reference),
      ...(lastAppliedConfig && { lastAppliedConfig }),
      ...(lastKnownGoodConfig && { lastKnownGoodConfig }),
    };
  });
  return {
    name,
    namespace,
    configReferences,
    ...(before?.conditions && { conditions: before.conditions }),
  };
};

/**
 * What the status of a ClusterManagementAddOn says of its configurations (addon.md 4.5): the defaults, and for each
 * placement those that hold on its clusters. Hashes and history that are known are kept.
 */
export const installStatus = (addon: ClusterManagementAddOn): ClusterManagementAddOnStatus => {
  const status = addon.status ?? {};
  const known = knownHashes(status);
  const defaults = withHashes(referencesOf(addon.spec?.defaultConfigs), known);
  const defaultConfigReferences = defaults.map(entryOf);
  const placements = installPlacements(addon);
  if (addon.spec?.installStrategy?.type === 'Placements' && !isManaged(addon))
    return { ...status, defaultConfigReferences };
  const installProgressions = placements.map((placement) => {
    const wanted = withHashes(overridden(defaults, referencesOf(placement.configs)), known);
    return progressionOf(placement, wanted, status.installProgressions ?? []);
  });
  return { ...status, defaultConfigReferences, installProgressions };
};

/** Whether the status of a ClusterManagementAddOn says which configurations there are by its present spec. */
export const isInstallStatusCurrent = (addon: ClusterManagementAddOn): boolean =>
  semanticEqual(installStatus(addon), addon.status ?? {});
