import { InvalidArgumentError } from 'commander';

/** Feature gates on the command line (cli.md 3): known names, stages and defaults. */
export type Gates = Record<string, { default: boolean; stage: 'alpha' | 'beta' }>;

const on = (stage: 'alpha' | 'beta') => ({ default: true, stage });
const off = (stage: 'alpha' | 'beta') => ({ default: false, stage });

export const HUB_REGISTRATION: Gates = {
  ClusterImporter: off('alpha'),
  ClusterProfile: off('alpha'),
  DefaultClusterSet: on('alpha'),
  ManagedClusterAutoApproval: off('alpha'),
  NetworkPolicies: off('alpha'),
  ResourceCleanup: on('beta'),
  V1beta1CSRAPICompatibility: off('alpha'),
};
export const HUB_WORK: Gates = {
  CleanUpCompletedManifestWork: off('alpha'),
  CloudEventsDrivers: off('alpha'),
  ManifestWorkReplicaSet: off('alpha'),
  NilExecutorValidating: off('alpha'),
};
export const HUB_ADDON: Gates = { AddonManagement: on('beta') };
export const SPOKE_REGISTRATION: Gates = {
  AddonManagement: on('beta'),
  ClusterClaim: on('beta'),
  ClusterProperty: off('alpha'),
  MultipleHubs: off('alpha'),
  NetworkPolicies: off('alpha'),
  V1beta1CSRAPICompatibility: off('alpha'),
};
export const SPOKE_WORK: Gates = {
  ExecutorValidatingCaches: off('alpha'),
  RawFeedbackJsonString: off('alpha'),
};

const truth = (name: string, value: string): boolean => {
  if (/^(true|t|1)$/i.test(value)) return true;
  if (/^(false|f|0)$/i.test(value)) return false;
  throw new InvalidArgumentError(`invalid value of ${name}: ${value}, must be true or false`);
};

/** Parses `Name=true,Other=false` for the gates of some components; unknown names are refused. */
export const parseGates =
  (...known: Gates[]) =>
  (value: string, previous: Record<string, boolean> = {}): Record<string, boolean> => {
    const all = Object.assign({}, ...known) as Gates;
    const chosen = { ...previous };
    for (const pair of value.split(',').filter(Boolean)) {
      const [name = '', setting] = pair.split('=').map((part) => part.trim());
      if (setting === undefined) throw new InvalidArgumentError(`missing bool value for ${name}`);
      const enable = truth(name, setting);
      if (name === 'AllAlpha' || name === 'AllBeta') {
        const stage = name === 'AllAlpha' ? 'alpha' : 'beta';
        for (const [gate, spec] of Object.entries(all)) if (spec.stage === stage) chosen[gate] ??= enable;
      } else if (Object.hasOwn(all, name)) {
        chosen[name] = enable;
      } else {
        throw new InvalidArgumentError(
          `unrecognized feature gate: ${name}; known gates: ${Object.keys(all).sort().join(', ')}`,
        );
      }
    }
    return chosen;
  };

/** The `featureGates` list of one component: what is on, and what is off against its default; sorted by name. */
export const featureGates = (
  gates: Gates,
  chosen: Record<string, boolean>,
): { feature: string; mode: 'Enable' | 'Disable' }[] =>
  Object.keys(gates)
    .sort()
    .flatMap((feature): { feature: string; mode: 'Enable' | 'Disable' }[] => {
      const preset = gates[feature]!.default;
      const enabled = chosen[feature] ?? preset;
      if (enabled) return [{ feature, mode: 'Enable' }];
      return preset ? [{ feature, mode: 'Disable' }] : [];
    });

export const gatesHelp = (...known: Gates[]): string =>
  Object.entries(Object.assign({}, ...known) as Gates)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, { default: preset, stage }]) =>
        `${name}=true|false (${stage.toUpperCase()} - default=${preset})`,
    )
    .join('\n');
