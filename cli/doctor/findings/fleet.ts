import {
  managedClusterAddOnCondition as addonCondition,
  placementCondition,
} from '../../../operators/api/conditions.ts';
import { clusterSteps } from '../../status/cluster-steps.ts';
import { conditionOf, stuckAt } from '../../status/step.ts';
import { workSteps } from '../../status/work-steps.ts';
import type { HubFacts } from '../facts.ts';
import type { Code, Finding, Setting } from './finding.ts';

/** What is wrong with the clusters of a hub and with what it gives them. */
export const fleetFindings = (facts: HubFacts, setting: Setting): Finding[] => {
  const troubled = new Set<string>();
  const ofClusters = facts.clusters.flatMap((cluster) => {
    const found = clusterFinding(cluster, setting.program);
    if (found) troubled.add(cluster.name);
    return found ? [found] : [];
  });
  return [
    ...ofClusters,
    ...facts.namespaces.flatMap(namespaceFinding),
    ...facts.clusters.flatMap(taintFindings),
    ...facts.works.flatMap((work) => workFinding(facts, work, troubled, setting.program)),
    ...facts.setBindings.flatMap((binding) => bindingFinding(binding, setting.program)),
    ...facts.placements.flatMap((placement) => placementFindings(placement, setting.program)),
    ...facts.addons.flatMap((addon) => addonFindings(facts, addon, troubled, setting.program)),
  ];
};

/** A code for each step at which a cluster can be stuck. */
const STEPS: Record<string, Code> = {
  Deletion: 'cluster-deletion',
  'Accepted by the hub': 'not-accepted',
  'Certificate requested': 'no-request',
  'Certificate approved': 'request-pending',
  'Certificate issued': 'request-not-signed',
  Certificate: 'certificate-renewal',
  Joined: 'not-joined',
  Lease: 'no-lease',
  Available: 'cluster-unavailable',
  Clock: 'clock',
};

const clusterFinding = (cluster: HubFacts['clusters'][number], program: string): Finding | undefined => {
  const stuck = stuckAt(clusterSteps(cluster, program));
  if (!stuck) return undefined;
  const { step, state, detail: cause, since, remedy = `${program} get cluster ${cluster.name}` } = stuck;
  const failed = step === 'Certificate issued' && state === 'failed';
  const code = failed ? 'request-denied' : (STEPS[step] ?? 'cluster-unavailable');
  return { code, object: `ManagedCluster ${cluster.name}`, cause, since, remedy };
};

const namespaceFinding = ({ cluster, phase }: HubFacts['namespaces'][number]): Finding[] =>
  phase === 'Active'
    ? []
    : [
        {
          code: 'cluster-namespace',
          object: `Namespace ${cluster}`,
          cause: phase === 'Missing' ? 'the cluster has no namespace on the hub' : `it is ${phase}`,
          remedy:
            phase === 'Missing'
              ? 'see that the registration controller runs, which makes it once the cluster is accepted'
              : `see what holds it: kubectl get namespace ${cluster} -o jsonpath='{.status.conditions}'`,
        },
      ];

/** Taints that the hub itself sets go when the cluster is back. */
const OF_THE_HUB = /^cluster\.open-cluster-management\.io\/(?:unreachable|unavailable)$/;

const taintFindings = ({ name, cluster }: HubFacts['clusters'][number]): Finding[] =>
  (cluster?.spec?.taints ?? [])
    .filter(({ key }) => !OF_THE_HUB.test(key))
    .map(({ key, value, effect, timeAdded }) => ({
      code: 'taint',
      object: `ManagedCluster ${name}`,
      cause: `its taint ${key}${value ? `=${value}` : ''}:${effect} keeps placements without its toleration away`,
      since: timeAdded ?? undefined,
      remedy: `take the taint out of spec.taints (kubectl edit managedcluster ${name}), or give the Placement its toleration`,
    }));

const workFinding = (
  { clusters }: HubFacts,
  work: HubFacts['works'][number],
  troubled: ReadonlySet<string>,
  program: string,
): Finding[] => {
  const { name, namespace = '', deletionTimestamp } = work.metadata;
  // Works of a cluster that is not there wait with it; the cluster is the finding.
  if (troubled.has(namespace) && !deletionTimestamp) return [];
  const cluster = clusters.find((each) => each.name === namespace) ?? {
    name: namespace,
    requests: [],
    sets: [],
  };
  const steps = workSteps({ work, cluster }, program);
  // What fails in one of its manifests says more than that the work is not applied.
  const stuck = steps.find(({ step, state }) => state === 'failed' && step.startsWith(' ')) ?? stuckAt(steps);
  if (!stuck) return [];
  const { step, state, detail, since, remedy = `${program} get work ${name} --cluster ${namespace}` } = stuck;
  const code =
    step === 'Deletion' ? 'work-deletion' : state === 'failed' ? 'manifest-refused' : 'work-pending';
  const cause = step.startsWith(' ') ? `${step.trim()}: ${detail}` : detail;
  return [{ code, object: `ManifestWork ${namespace}/${name}`, cause, since, remedy }];
};

const bindingFinding = (
  { namespace, set, known }: HubFacts['setBindings'][number],
  program: string,
): Finding[] =>
  known
    ? []
    : [
        {
          code: 'set-missing',
          object: `ManagedClusterSetBinding ${namespace}/${set}`,
          cause: `there is no ManagedClusterSet ${set}`,
          remedy: `${program} create clusterset ${set}`,
        },
      ];

/** By the reason of the condition PlacementSatisfied: a code and what to do. */
const PLACEMENTS: Record<string, [Code, string]> = {
  NoManagedClusterSetBindings: ['binding-missing', 'clusterset bind SET --namespace'],
  NoIntersection: ['binding-missing', 'clusterset bind SET --namespace'],
  AllManagedClusterSetsEmpty: ['sets-empty', 'clusterset set SET --clusters NAMES'],
  NoManagedClusterMatched: ['no-match', ''],
  NotAllDecisionsScheduled: ['too-few', ''],
};

const placementFindings = (placement: HubFacts['placements'][number], program: string): Finding[] => {
  const { name, namespace } = placement.metadata;
  const object = `Placement ${namespace}/${name}`;
  const conditions = placement.status?.conditions;
  const wrong = conditionOf(conditions, placementCondition.misconfigured.type);
  if (wrong?.status === 'True') {
    const { message: cause, lastTransitionTime: since } = wrong;
    return [{ code: 'placement-misconfigured', object, cause, since, remedy: 'correct its spec' }];
  }
  const said = conditionOf(conditions, placementCondition.satisfied.type);
  if (said?.status !== 'False') return [];
  const [code, command] = PLACEMENTS[said.reason] ?? (['placement', ''] as const);
  const bind = command.endsWith('--namespace') ? `${command} ${namespace}` : command;
  const remedy = command
    ? `${program} ${bind}`
    : 'widen its predicates, or label clusters so that they match';
  return [{ code, object, cause: `${said.reason}: ${said.message}`, since: said.lastTransitionTime, remedy }];
};

const addonFindings = (
  { managementAddons }: HubFacts,
  { metadata, status }: HubFacts['addons'][number],
  troubled: ReadonlySet<string>,
  program: string,
): Finding[] => {
  const { name, namespace = '', deletionTimestamp, finalizers = [] } = metadata;
  const object = `ManagedClusterAddOn ${namespace}/${name}`;
  if (deletionTimestamp) {
    const cause = `it is being deleted, and its finalizers ${finalizers.join(', ')} are not removed yet`;
    const remedy = `see that the cluster is there, where its hooks run: ${program} get cluster ${namespace}`;
    return [{ code: 'addon-deletion', object, cause, since: deletionTimestamp, remedy }];
  }
  if (!managementAddons.includes(name)) {
    return [
      {
        code: 'addon-unknown',
        object,
        cause: `there is no ClusterManagementAddOn ${name}`,
        remedy: `install the add-on on the hub, or ${program} addon disable --names ${name} --clusters ${namespace}`,
      },
    ];
  }
  const bad: { type: string; code: Code; remedy: string }[] = [
    {
      type: addonCondition.configured.type,
      code: 'addon-config',
      remedy: 'correct what its spec.configs name',
    },
    {
      type: addonCondition.manifestApplied.type,
      code: 'addon-manifests',
      remedy: `${program} get addon ${name} --cluster ${namespace}`,
    },
    {
      type: addonCondition.available.type,
      code: 'addon-unavailable',
      remedy: `look at its agent on ${namespace}: kubectl -n open-cluster-management-agent-addon get pods`,
    },
  ];
  if (troubled.has(namespace)) return [];
  for (const { type, code, remedy } of bad) {
    const said = conditionOf(status?.conditions, type);
    if (said && said.status !== 'True') {
      const cause = `${type} is ${said.status}: ${said.reason}: ${said.message}`;
      return [{ code, object, cause, since: said.lastTransitionTime, remedy }];
    }
  }
  return [];
};
