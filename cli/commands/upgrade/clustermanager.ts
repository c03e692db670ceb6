import type { Command } from 'commander';
import { type ClusterManager, clusterManagers } from '../../../operators/api/index.ts';
import { type Deployment, deployments } from '../../../operators/runtime/client/kubernetes.ts';
import { requireHub, takesAdmissionPolicies } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { imageValues } from '../../flags/install-flags.ts';
import { describeClusterManager } from '../../init/wait.ts';
import { CLUSTER_MANAGER, OPERATOR_NAMESPACE } from '../../names.ts';
import { clusterManagerObject, type ClusterManagerValues } from '../../objects/cluster-manager.ts';
import { operatorObjects } from '../../objects/operator.ts';
import { mergeValuesFile } from '../../objects/values.ts';
import { conditionValue } from '../../output/conditions.ts';
import { applyUpgrade } from '../../upgrade/apply.ts';
import { addUpgradeFlags, type UpgradeFlags } from '../../upgrade/flags.ts';
import { keptValues } from '../../upgrade/operator-values.ts';

interface UpgradeClusterManagerFlags extends UpgradeFlags {
  clusterManagerValuesFile: string;
}

export const define = (command: Command): void => {
  addUpgradeFlags(command, 'wait until the hub runs the new version');
  string(command, '--cluster-manager-values-file', 'chart values (YAML) laid over what is installed');
};

/** `clusteradm upgrade clustermanager` (cli.md 9.1). */
export const run = async (context: CommandContext, flags: UpgradeClusterManagerFlags): Promise<void> => {
  const client = context.client();
  const present = await client.find(clusterManagers, CLUSTER_MANAGER);
  if (!present) throw new Error('clustermanager is not installed');
  await requireHub(client);
  const operator = await client.find(deployments, CLUSTER_MANAGER, OPERATOR_NAMESPACE);
  const values = mergeValuesFile(
    valuesOf(present, operator, flags),
    flags.clusterManagerValuesFile,
    'cluster-manager',
  );
  const admissionPolicies = await takesAdmissionPolicies(client);
  context.output.print('clustermanager installed. starting upgrade\n');
  await applyUpgrade(context, client, {
    operator: operatorObjects('cluster-manager', { ...values, admissionPolicies }),
    resource: clusterManagers,
    present,
    spec: clusterManagerObject(values)['spec'] as object,
    wait: flags.wait,
    look: (found) => ({ reached: isUpgraded(found), state: describeClusterManager(found) }),
  });
  context.output.print('upgraded completed successfully\n');
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
