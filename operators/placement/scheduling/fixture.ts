/** Objects as an API server would hand them out, for tests of scheduling. */
import type {
  AddOnPlacementScore,
  ManagedCluster,
  Placement,
  PlacementDecision,
  PlacementSpec,
} from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import type { Situation } from './decide.ts';
import { countDecisions } from './prioritizers/balance.ts';

/** Which inputs are drawn; others are tried with FAULTS_SEED. */
export const seed = Number(process.env['FAULTS_SEED'] ?? 1);

export const now = Date.parse('2026-01-01T00:00:00Z');

export interface ClusterTraits {
  labels?: Record<string, string>;
  claims?: Record<string, string>;
  cpu?: number | string;
  memory?: number | string;
}

const resources = ({ cpu, memory }: ClusterTraits): Record<string, number | string> => ({
  ...(cpu !== undefined && { cpu }),
  ...(memory !== undefined && { memory }),
});

/** A cluster whose capacity is what it has allocatable. */
export const cluster = (name: string, traits: ClusterTraits = {}): ManagedCluster => ({
  metadata: { name, labels: traits.labels },
  status: {
    allocatable: resources(traits),
    capacity: resources(traits),
    clusterClaims: Object.entries(traits.claims ?? {}).map(([claim, value]) => ({ name: claim, value })),
  },
});

/** `cluster1`, `cluster2` and so on. */
export const clusters = (number: number): ManagedCluster[] =>
  Array.from({ length: number }, (_, at) => cluster(`cluster${at + 1}`));

export const namesOf = (list: readonly ManagedCluster[]): string[] =>
  list.map(({ metadata }) => metadata.name);

export const placement = (spec: PlacementSpec = {}, name = 'place'): Placement => ({
  metadata: { name, namespace: 'tenant', uid: 'uid-1', generation: 7 },
  spec,
});

/** A PlacementDecision of another placement, or of none. */
export const foreign = (names: readonly string[], labels?: Record<string, string>): PlacementDecision => ({
  metadata: { name: `foreign-${names.join('-')}`, namespace: 'elsewhere', labels },
  status: { decisions: names.map((clusterName) => ({ clusterName, reason: '' })) },
});

/** The first PlacementDecision of the placement of this file. */
export const own = (...names: string[]): PlacementDecision => ({
  metadata: {
    name: 'place-decision-1',
    namespace: 'tenant',
    labels: {
      [label.placement]: 'place',
      [label.decisionGroupName]: '',
      [label.decisionGroupIndex]: '0',
    },
  },
  status: { decisions: names.map((clusterName) => ({ clusterName, reason: '' })) },
});

export const score = (values: Record<string, number>, validUntil?: string): AddOnPlacementScore => ({
  metadata: { name: 'demo' },
  status: { scores: Object.entries(values).map(([name, value]) => ({ name, value })), validUntil },
});

/** A situation in which candidates are all that the bound set has. */
export const situation = (
  spec: PlacementSpec,
  candidates: readonly ManagedCluster[],
  { present = [], others = [], ...rest }: Partial<Situation> & { others?: readonly PlacementDecision[] } = {},
): Situation => ({
  placement: placement(spec),
  supply: { hasBindings: true, eligibleSets: ['set1'], availableClusters: candidates.length },
  filtered: { clusters: candidates },
  present,
  allDecisions: countDecisions([...present, ...others]),
  scoresOf: () => undefined,
  mayStay: (name) => candidates.find(({ metadata }) => metadata.name === name),
  now,
  ...rest,
});
