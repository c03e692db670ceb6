import { managedClusterAddOnCondition, manifestWorkCondition } from '../../api/conditions.ts';
import type { HealthCheck } from '../../api/generated/addon.ts';
import type { ManifestConfig, ManifestWork } from '../../api/generated/work.ts';
import { type NextCondition, findCondition } from '../../runtime/controller/conditions.ts';
import { type Feedback, type ObjectIdentifier, feedbackOf, isMeant } from '../works/feedback.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { workloadFeedback, workloadProbes } from './workloads.ts';

/** An object that is looked at, and what is wrong with it; the check gives undefined when nothing is. */
export interface Probe {
  object: ObjectIdentifier;
  check: (feedback: Feedback) => string | undefined;
}

/** How the health of an add-on is found out (addon.md 7.4). */
export type Prober =
  | { type: 'Lease' | 'None' | 'DeploymentAvailability' | 'WorkloadAvailability' }
  | { type: 'Work'; probes: readonly Probe[] };

/** What the add-on's status says of how its health is found out; undefined leaves it. */
export const healthModeOf = (prober: Prober | undefined): HealthCheck['mode'] =>
  prober === undefined ? undefined : prober.type === 'Lease' ? 'Lease' : 'Customized';

const { type, reason } = managedClusterAddOnCondition.available;
const { available } = manifestWorkCondition;

const told = (status: NextCondition['status'], why: string, message: string): NextCondition => ({
  type,
  status,
  reason: why,
  message,
});

type WorkloadKinds = Parameters<typeof workloadProbes>[1];

const workloadsOf = ({ type: of }: Prober): WorkloadKinds | undefined =>
  of === 'DeploymentAvailability'
    ? ['Deployment']
    : of === 'WorkloadAvailability'
      ? ['Deployment', 'DaemonSet']
      : undefined;

/** What the work agent is to report so that the health of an add-on with these manifests can be found out. */
export const healthFeedback = (prober: Prober, manifests: readonly UnknownObject[]): ManifestConfig[] => {
  const kinds = workloadsOf(prober);
  return kinds ? workloadFeedback(manifests, kinds) : [];
};

const probesOf = (prober: Prober, manifests: readonly UnknownObject[]): readonly Probe[] | undefined => {
  if (prober.type === 'Work') return prober.probes;
  const kinds = workloadsOf(prober);
  return kinds && workloadProbes(manifests, kinds);
};

/**
 * Condition Available of an add-on from what its works report (addon.md 7.4); undefined when somebody else says it. Objects
 * of which nothing is reported yet are left out, as long as something is.
 */
export const availabilityOf = (
  addon: string,
  prober: Prober,
  works: readonly ManifestWork[],
  manifests: readonly UnknownObject[],
): NextCondition | undefined => {
  const probes = probesOf(prober, manifests);
  if (!probes) return undefined;
  if (works.length === 0) return told('Unknown', reason.WorkNotFound, 'Addon manifestWork is not found');
  for (const { status } of works) {
    const condition = findCondition(status?.conditions, available.type);
    if (!condition) return told('Unknown', reason.WorkNotApplied, 'Addon manifestWork is not applied yet');
    if (condition.status === 'False') return told('False', reason.WorkNotApplied, condition.message);
  }
  if (probes.length === 0 && prober.type === 'Work')
    return told('True', reason.WorkApplied, 'Addon manifestWork is applied');
  const reported = feedbackOf(works).filter(({ values }) => values.size > 0);
  const results = probes.flatMap(({ object, check }) =>
    reported.filter((feedback) => isMeant(object, feedback.object)).map(check),
  );
  if (probes.length > 0 && results.length === 0)
    return told('Unknown', reason.NoProbeResult, 'Probe results are not returned');
  const wrong = results.find((result) => result !== undefined);
  return wrong === undefined
    ? told('True', reason.ProbeAvailable, `${addon} add-on is available.`)
    : told('False', reason.ProbeUnavailable, `Probe addon unavailable with err ${wrong}`);
};
