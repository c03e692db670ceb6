import { manifestCondition, manifestWorkCondition as condition } from '../../operators/api/conditions.ts';
import type { ManifestWork } from '../../operators/api/index.ts';
import { type ClusterFacts, clusterSteps } from './cluster-steps.ts';
import { manifestRemedy } from './manifest-remedy.ts';
import { conditionOf, type Step, stuckAt } from './step.ts';

export interface WorkFacts {
  work: ManifestWork;
  /** What the hub knows of the cluster that the work is for. */
  cluster: ClusterFacts;
}

type ManifestStatus = NonNullable<
  NonNullable<NonNullable<ManifestWork['status']>['resourceStatus']>['manifests']
>[number];

/**
 * The way of a work to its cluster, and of each manifest there (work.md 3 and 4).
 * @param program what remedies begin with, such as `clusteradm`
 */
export const workSteps = ({ work, cluster }: WorkFacts, program: string): Step[] => {
  const { metadata, status, spec } = work;
  const manifests = (status?.resourceStatus?.manifests ?? []).toSorted(
    (a, b) => (a.resourceMeta?.ordinal ?? 0) - (b.resourceMeta?.ordinal ?? 0),
  );
  const agent = agentStep(cluster, program);
  return [
    ...deletion(work, agent.state !== 'done', program),
    {
      step: 'Created',
      state: 'done',
      since: metadata.creationTimestamp,
      detail: `${spec?.workload?.manifests?.length ?? 0} manifests, generation ${metadata.generation ?? 0}`,
    },
    agent,
    whole(work, 'Applied', condition.applied.type, 'the agent has not applied it yet'),
    ...manifests.flatMap((manifest) => ofManifest(manifest, manifestCondition.applied.type)),
    whole(work, 'Available', condition.available.type, 'the agent has not looked at its objects yet'),
    ...manifests.flatMap((manifest) => ofManifest(manifest, manifestCondition.available.type)),
    ...manifests.flatMap(feedback),
    ...degraded(work),
  ];
};

const deletion = ({ metadata, status }: ManifestWork, isSilent: boolean, program: string): Step[] => {
  if (!metadata.deletionTimestamp) return [];
  const said = conditionOf(status?.conditions, condition.deleting.type);
  const finalizers = (metadata.finalizers ?? []).join(', ');
  const force = `${program} delete work ${metadata.name} --cluster ${metadata.namespace} --force`;
  return [
    {
      step: 'Deletion',
      state: 'waiting',
      since: metadata.deletionTimestamp,
      detail: said?.message || `the agent has to remove its objects (finalizers ${finalizers})`,
      remedy: isSilent
        ? `bring the cluster back; if it is gone for ever: ${force}, which leaves its objects there`
        : undefined,
    },
  ];
};

/** Nothing of a work happens before its cluster is there. */
const agentStep = (facts: ClusterFacts, program: string): Step => {
  const stuck = stuckAt(clusterSteps(facts, program));
  if (!stuck) return { step: 'Cluster', state: 'done', detail: `${facts.name} is available` };
  return {
    ...stuck,
    step: 'Cluster',
    detail: `${facts.name} ${stuck.state === 'failed' ? 'fails' : 'waits'} at "${stuck.step}": ${stuck.detail}`,
  };
};

const whole = ({ metadata, status }: ManifestWork, step: string, type: string, missing: string): Step => {
  const said = conditionOf(status?.conditions, type);
  if (!said) return { step, state: 'waiting', detail: missing };
  const { lastTransitionTime: since, message: detail } = said;
  const seen = (said as { observedGeneration?: number }).observedGeneration ?? 0;
  const generation = metadata.generation ?? 0;
  if (seen < generation) {
    return {
      step,
      state: 'waiting',
      since,
      detail: `the agent has said so of generation ${seen}, not of ${generation} yet: ${detail}`,
    };
  }
  return { step, state: said.status === 'True' ? 'done' : 'failed', since, detail };
};

const nameOf = ({ resourceMeta }: ManifestStatus): string => {
  const { kind, resource, namespace, name } = resourceMeta ?? {};
  return `${kind || resource} ${namespace ? `${namespace}/` : ''}${name}`;
};

const ofManifest = (manifest: ManifestStatus, type: string): Step[] => {
  const said = conditionOf(manifest.conditions, type);
  if (said?.status === 'True') return [];
  const remedy = said && manifestRemedy(said.message);
  return [
    {
      step: `  ${nameOf(manifest)}`,
      state: said ? 'failed' : 'waiting',
      since: said?.lastTransitionTime,
      detail: said
        ? `${type} is ${said.status}: ${said.reason}: ${said.message}`
        : `${type} is not known yet`,
      ...(remedy && { remedy }),
    },
  ];
};

const feedback = (manifest: ManifestStatus): Step[] => {
  const said = conditionOf(manifest.conditions, manifestCondition.statusFeedbackSynced.type);
  const values = manifest.statusFeedback?.values ?? [];
  if (said?.status === 'False') {
    return [
      {
        step: `Feedback of ${nameOf(manifest)}`,
        state: 'failed',
        since: said.lastTransitionTime,
        detail: said.message,
        remedy: 'correct its feedback rules in spec.manifestConfigs',
      },
    ];
  }
  if (values.length === 0) return [];
  const texts = values.map(({ name, fieldValue }) => {
    const { type, ...value } = fieldValue ?? {};
    return `${name}=${String(Object.values(value)[0] ?? type)}`;
  });
  return [{ step: `Feedback of ${nameOf(manifest)}`, state: 'note', detail: texts.join(', ') }];
};

const degraded = ({ status }: ManifestWork): Step[] => {
  const said = conditionOf(status?.conditions, condition.degraded.type);
  if (said?.status !== 'True') return [];
  return [{ step: 'Degraded', state: 'failed', since: said.lastTransitionTime, detail: said.message }];
};
