import type {
  ClusterManagementAddOn,
  InstallProgression,
  ManagedClusterAddOn,
} from '../../api/generated/addon.ts';
import {
  type DesiredReference,
  overridden,
  referencesOf,
  resourceKey,
  storedReferences,
  withHashes,
} from '../../addon-framework/configuration/references.ts';
import type { Selection } from '../install/selection.ts';

/** An add-on on one cluster with the configurations that it is to have. */
export interface Configured {
  addon: ManagedClusterAddOn;
  cluster: string;
  desired: DesiredReference[];
}

/** Add-ons that one placement configures, or those that no placement does. */
export interface ConfigNode {
  /** Undefined for those that no placement selects. */
  selection?: Selection;
  /** Where in the status the placement stands. */
  progression?: number;
  addons: Configured[];
}

const clusterOf = ({ metadata }: ManagedClusterAddOn): string => metadata.namespace ?? '';

/** What an add-on overrides, without what it says itself that it does not support (A19). */
const overridesOf = ({ spec, status }: ManagedClusterAddOn): DesiredReference[] => {
  const supported = status?.supportedConfigs && new Set(status.supportedConfigs.map(resourceKey));
  const wanted = referencesOf(spec?.configs).filter(
    (reference) => !supported?.size || supported.has(resourceKey(reference)),
  );
  return withHashes(wanted, storedReferences(status?.configReferences));
};

const configuredBy =
  (inherited: readonly DesiredReference[]) =>
  (addon: ManagedClusterAddOn): Configured => ({
    addon,
    cluster: clusterOf(addon),
    desired: overridden(inherited, overridesOf(addon)),
  });

const isOf =
  ({ entry }: Selection) =>
  ({ name, namespace }: InstallProgression): boolean =>
    entry.name === name && entry.namespace === namespace;

/**
 * Which configurations each add-on is to have (addon.md 4.6, A): those of the last placement that selects its cluster, or
 * the defaults, and then its own. While it is not known what a placement selects, add-ons that no placement selects keep
 * what they have, lest a broken placement configures a whole fleet anew (A1, A10).
 */
export const configNodes = (
  { status, spec }: ClusterManagementAddOn,
  addons: readonly ManagedClusterAddOn[],
  selections: readonly Selection[],
): ConfigNode[] => {
  const defaults = withHashes(
    referencesOf(spec?.defaultConfigs),
    storedReferences(status?.defaultConfigReferences),
  );
  const progressions = status?.installProgressions ?? [];
  const used = new Set<number>();
  const nodes = selections.flatMap((selection) => {
    const progression = progressions.findIndex((each, at) => !used.has(at) && isOf(selection)(each));
    if (progression < 0) return []; // the status does not know it yet, and soon will
    used.add(progression);
    return [{ selection, progression, clusters: new Set(selection.clusters) }];
  });
  const nodeOf = (addon: ManagedClusterAddOn) =>
    nodes.findLast(({ clusters }) => clusters.has(clusterOf(addon)));
  const isCertain = selections.every(({ problem }) => problem === undefined);
  const isKept = ({ status: own }: ManagedClusterAddOn): boolean =>
    !isCertain && (own?.configReferences?.length ?? 0) > 0;
  const unselected = addons.filter((addon) => !nodeOf(addon) && !isKept(addon));
  return [
    { addons: unselected.map(configuredBy(defaults)) },
    ...nodes.map((node): ConfigNode => {
      const inherited = storedReferences(progressions[node.progression]!.configReferences);
      const own = addons.filter((addon) => nodeOf(addon) === node);
      return { ...node, addons: own.map(configuredBy(inherited)) };
    }),
  ];
};
