import type {
  ClusterManagementAddOn,
  DesiredConfig,
  InstallStrategyPlacement,
  ManagedClusterAddOn,
  ManagedClusterAddOnConfigReference,
} from '../../api/generated/addon.ts';
import type { Placement } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import type { Selection } from '../install/selection.ts';

/** Objects for tests of what add-ons are configured with. */

export const now = new Date('2026-01-01T01:00:00Z');

export const config = (name: string, resource = 'configs') => ({
  group: 'g',
  resource,
  namespace: 'n',
  name,
});

export const hashed = (name: string, specHash = `hash-${name}`): DesiredConfig => ({
  namespace: 'n',
  name,
  ...(specHash && { specHash }),
});

export const reference = (
  name: string,
  { resource = 'configs', hash, applied }: { resource?: string; hash?: string; applied?: string } = {},
): ManagedClusterAddOnConfigReference => ({
  group: 'g',
  resource,
  desiredConfig: hashed(name, hash),
  ...(applied !== undefined && { lastAppliedConfig: hashed(applied) }),
});

/** One that has what it refers to applied. */
export const settled = (name: string, resource = 'configs') => reference(name, { resource, applied: name });

export interface AddonFacts {
  references?: ManagedClusterAddOnConfigReference[];
  configs?: ReturnType<typeof config>[];
  /** Reason of condition Progressing, and seconds since it has been so. */
  progress?: [reason: string, secondsAgo: number];
  supported?: string[];
}

export const addonOn = (cluster: string, facts: AddonFacts = {}): ManagedClusterAddOn => {
  const { references, configs, progress, supported } = facts;
  return {
    metadata: { name: 'a', namespace: cluster },
    spec: { ...(configs && { configs }) },
    status: {
      ...(references && { configReferences: references }),
      ...(supported && { supportedConfigs: supported.map((resource) => ({ group: 'g', resource })) }),
      ...(progress && {
        conditions: [
          {
            type: 'Progressing',
            status: progress[0] === 'Progressing' ? 'True' : 'False',
            reason: progress[0],
            message: '',
            lastTransitionTime: timestamp(new Date(now.getTime() - progress[1] * 1000)),
          },
        ],
      }),
    },
  };
};

/** What a placement selects, one list of clusters for each of its decision groups. */
export const selectionWith = (
  entry: Partial<InstallStrategyPlacement>,
  groups: readonly string[][],
  rest: Partial<Selection> = {},
): Selection => ({
  entry: { name: 'p', namespace: 'n', ...entry },
  placement: { metadata: { name: 'p', namespace: 'n' }, spec: {} } as Placement,
  decisions: groups.map((clusters, index) => ({
    metadata: {
      name: `d${index}`,
      labels: { [label.decisionGroupIndex]: String(index), [label.decisionGroupName]: `group${index}` },
    },
    status: { decisions: clusters.map((clusterName) => ({ clusterName, reason: '' })) },
  })),
  clusters: groups.flat(),
  ...rest,
});

/** An add-on with one default, and what its placements set in its place. */
export const managementAddon = (
  defaults: string[],
  placements: { entry?: Partial<InstallStrategyPlacement>; references: string[] }[] = [],
): ClusterManagementAddOn => ({
  metadata: { name: 'a', uid: 'u' },
  spec: {
    defaultConfigs: defaults.map((name) => config(name)),
    installStrategy: placements.length
      ? {
          type: 'Placements',
          placements: placements.map(({ entry }) => ({ name: 'p', namespace: 'n', ...entry })),
        }
      : { type: 'Manual' },
  },
  status: {
    defaultConfigReferences: defaults.map((name) => reference(name)),
    installProgressions: placements.map(({ entry, references }) => ({
      name: entry?.name ?? 'p',
      namespace: entry?.namespace ?? 'n',
      configReferences: references.map((name) => reference(name)),
    })),
  },
});
