import type { ManifestConfig } from '../../api/generated/work.ts';
import { isMap } from '../../runtime/client/json.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { type Feedback, type ObjectIdentifier, numberIn } from '../works/feedback.ts';

type WorkloadKind = 'Deployment' | 'DaemonSet';

const nameOf = ({ object }: Feedback): string => `${object.namespace}/${object.name}`;

const checks: Record<WorkloadKind, (feedback: Feedback) => string | undefined> = {
  Deployment: (feedback) => {
    const { values } = feedback;
    if (numberIn(values, 'Replicas') === 0 || (numberIn(values, 'ReadyReplicas') ?? 0) >= 1) return undefined;
    return `deployment ${nameOf(feedback)} has no ready replica`;
  },
  DaemonSet: (feedback) => {
    const ready = numberIn(feedback.values, 'NumberReady');
    const desired = numberIn(feedback.values, 'DesiredNumberScheduled');
    if (ready !== undefined && ready === desired) return undefined;
    return `daemonset ${nameOf(feedback)} has ${ready ?? 0} of ${desired ?? 'unknown'} pods ready`;
  },
};

const plurals: Record<WorkloadKind, string> = { Deployment: 'deployments', DaemonSet: 'daemonsets' };

const hasReplicas = ({ spec }: UnknownObject): boolean => !isMap(spec) || spec['replicas'] !== 0;

/** The workloads of these kinds among manifests, but for those that shall have no Pods. */
const workloadsIn = (
  manifests: readonly UnknownObject[],
  kinds: readonly WorkloadKind[],
): { kind: WorkloadKind; object: ObjectIdentifier }[] =>
  manifests.flatMap((manifest) => {
    const kind = kinds.find((each) => each === manifest.kind);
    if (!kind || !manifest.apiVersion?.startsWith('apps/') || !hasReplicas(manifest)) return [];
    const { namespace = '', name } = manifest.metadata;
    return [{ kind, object: { group: 'apps', resource: plurals[kind], namespace, name } }];
  });

/** What is to be found out of each workload (addon.md 7.4). */
export const workloadProbes = (manifests: readonly UnknownObject[], kinds: readonly WorkloadKind[]) =>
  workloadsIn(manifests, kinds).map(({ kind, object }) => ({ object, check: checks[kind] }));

/** What the work agent is to report of them. */
export const workloadFeedback = (
  manifests: readonly UnknownObject[],
  kinds: readonly WorkloadKind[],
): ManifestConfig[] =>
  workloadsIn(manifests, kinds).map(({ object }) => ({
    resourceIdentifier: object,
    feedbackRules: [{ type: 'WellKnownStatus' }],
  }));
