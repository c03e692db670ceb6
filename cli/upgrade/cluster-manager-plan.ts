import { type ClusterManager, clusterManagers } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { type Deployment, deployments } from '../../operators/runtime/client/kubernetes.ts';
import { takesAdmissionPolicies } from '../cluster/required-apis.ts';
import { imageValues } from '../flags/install-flags.ts';
import { clusterManagerProblem, describeClusterManager } from '../init/wait.ts';
import { CLUSTER_MANAGER, HUB_NAMESPACE, OPERATOR_NAMESPACE } from '../names.ts';
import { clusterManagerObject, type ClusterManagerValues } from '../objects/cluster-manager.ts';
import { imageOf, operatorObjects } from '../objects/operator.ts';
import { mergeValuesFile } from '../objects/values.ts';
import { conditionValue } from '../output/conditions.ts';
import type { UpgradeFlags } from './flags.ts';
import { keptValues } from './operator-values.ts';
import type { Plan } from './plan.ts';

/** What is installed as a hub, and what it is to become by the flags and a file of values (cli.md 9.1). */
export const planClusterManager = async (
  client: Client,
  present: ClusterManager,
  flags: UpgradeFlags,
  valuesFile: string,
): Promise<Plan<ClusterManager>> => {
  const deployed = await client.find(deployments, CLUSTER_MANAGER, OPERATOR_NAMESPACE);
  const values = mergeValuesFile(valuesOf(present, deployed, flags), valuesFile, 'cluster-manager');
  const admissionPolicies = await takesAdmissionPolicies(client);
  const { name } = present.metadata;
  const namespace = present.spec?.deployOption?.mode === 'Hosted' ? name : HUB_NAMESPACE;
  const component = (suffix: string) => ({ name: `${name}-${suffix}`, namespace });
  return {
    client,
    operator: operatorObjects('cluster-manager', { ...values, admissionPolicies }),
    resource: clusterManagers,
    present,
    spec: clusterManagerObject(values)['spec'] as object,
    target: imageOf(values.images, 'registration-operator'),
    components: {
      registration: component('registration-controller'),
      work: component('work-webhook'),
      placement: component('placement-controller'),
      'addon-manager': component('addon-manager-controller'),
    },
    look: (found) => ({ reached: isUpgraded(found), state: describeClusterManager(found) }),
    problem: clusterManagerProblem,
  };
};

/** What is installed, with the images of the flags. */
const valuesOf = (
  { spec = {} }: ClusterManager,
  operator: Deployment | undefined,
  flags: UpgradeFlags,
): ClusterManagerValues => {
  const base: ClusterManagerValues = {
    createNamespace: false,
    replicaCount: 3,
    images: imageValues(flags),
    enableSyncLabels: false,
    createBootstrapSA: false,
    createBootstrapToken: false,
    clusterManager: {
      create: true,
      mode: spec.deployOption?.mode ?? 'Default',
      resourceRequirement: spec.resourceRequirement,
      registrationConfiguration: spec.registrationConfiguration ?? {},
      workConfiguration: spec.workConfiguration,
      addOnManagerConfiguration: spec.addOnManagerConfiguration,
      placementConfiguration: spec.placementConfiguration,
      serverConfiguration: spec.serverConfiguration,
      nodePlacement: spec.nodePlacement,
    },
  };
  return { ...base, ...keptValues(operator, operatorObjects('cluster-manager', base), base.replicaCount) };
};

const isUpgraded = (found: ClusterManager | undefined): boolean => {
  const conditions = found?.status?.conditions;
  return (
    conditionValue(conditions, 'Applied') === 'true' && conditionValue(conditions, 'Progressing') === 'false'
  );
};
