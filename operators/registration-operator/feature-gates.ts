import { clusterManagerCondition } from '../api/conditions.ts';
import { type FeatureDefaults, operatorFeatures } from '../api/features.ts';

/** An entry of a `featureGates` list in a CR's spec. */
export interface FeatureGate {
  feature: string;
  mode?: string;
}

/** What a `featureGates` list means for one component. */
export interface GateDecision {
  /** `--feature-gates=<F>=<bool>` for each gate that departs from its default, in the order of the spec. */
  flags: string[];
  /** Names that the component does not know, in the order of the spec. */
  unknown: string[];
}

const enables = (gate: FeatureGate): boolean => gate.mode === 'Enable';

/** Turns feature gates into flags; an unknown gate is left out and reported (operator.md 2.4). */
export const decideGates = (
  gates: readonly FeatureGate[] | undefined,
  defaults: FeatureDefaults,
): GateDecision => {
  const decision: GateDecision = { flags: [], unknown: [] };
  for (const gate of gates ?? []) {
    const standard = Object.hasOwn(defaults, gate.feature) ? defaults[gate.feature] : undefined;
    if (standard === undefined) decision.unknown.push(gate.feature);
    else if (enables(gate) !== standard)
      decision.flags.push(`--feature-gates=${gate.feature}=${enables(gate)}`);
  }
  return decision;
};

/** The gates of a registration list that are its operand's: the operator's own are neither flags nor unknown. */
export const operandGates = (gates: readonly FeatureGate[] | undefined): FeatureGate[] | undefined =>
  gates?.filter(({ feature }) => !Object.hasOwn(operatorFeatures, feature));

/** Whether a feature is on: the first entry that names it decides, else its default (operator.md 2.4). */
export const isFeatureOn = <Gate extends string>(
  gates: readonly FeatureGate[] | undefined,
  defaults: FeatureDefaults<Gate>,
  feature: Gate,
): boolean => {
  const gate = gates?.find((candidate) => candidate.feature === feature);
  return gate ? enables(gate) : defaults[feature];
};

/** Gates by their component as users know it: `Registration`, `Work`. */
export type GatesByComponent = Readonly<Record<string, readonly string[]>>;

const listed = (gates: GatesByComponent): string =>
  Object.entries(gates)
    .filter(([, names]) => names.length > 0)
    .map(([component, names]) => `${component}: [${names.join(' ')}]`)
    .join('; ');

/**
 * The condition ValidFeatureGates, without its times, from the unknown gates of each component (operator.md 2.2), and
 * from those that its image cannot do.
 */
export const validFeatureGates = (unknown: GatesByComponent, unavailable: GatesByComponent = {}) => {
  const { type, reason } = clusterManagerCondition.validFeatureGates; // a Klusterlet's is the same
  const problems = [
    ...(listed(unknown)
      ? [`Unknown feature gates are ignored: ${listed(unknown)}. Remove them or correct their names`]
      : []),
    ...(listed(unavailable)
      ? [
          `Feature gates that the image of their component cannot do are ignored: ${listed(unavailable)}. Disable them, or use an image that can`,
        ]
      : []),
  ];
  if (problems.length === 0)
    return {
      type,
      status: 'True',
      reason: reason.FeatureGatesAllValid,
      message: 'Feature gates are all valid',
    } as const;
  return {
    type,
    status: 'False',
    reason: reason.InvalidFeatureGatesExisting,
    message: problems.join('. '),
  } as const;
};
