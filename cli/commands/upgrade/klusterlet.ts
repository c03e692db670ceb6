import type { Command } from 'commander';
import { type Klusterlet, klusterlets } from '../../../operators/api/index.ts';
import {
  customResourceDefinitions,
  type Deployment,
  deployments,
} from '../../../operators/runtime/client/kubernetes.ts';
import { requireManagedCluster, takesAdmissionPolicies } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { imageValues } from '../../flags/install-flags.ts';
import { requireObjectName } from '../../flags/legal-names.ts';
import { agentsReady, describeKlusterlet } from '../../join/wait.ts';
import { KLUSTERLET, KLUSTERLET_CRD, OPERATOR_NAMESPACE } from '../../names.ts';
import {
  installsOperator,
  isHosted,
  klusterletObject,
  type KlusterletValues,
} from '../../objects/klusterlet.ts';
import { isCrd, operatorObjects } from '../../objects/operator.ts';
import { mergeValuesFile } from '../../objects/values.ts';
import { conditionValue } from '../../output/conditions.ts';
import { applyUpgrade } from '../../upgrade/apply.ts';
import { addUpgradeFlags, type UpgradeFlags } from '../../upgrade/flags.ts';
import { keptValues } from '../../upgrade/operator-values.ts';

interface UpgradeKlusterletFlags extends UpgradeFlags {
  klusterletName: string;
  klusterletValuesFile: string;
}

export const define = (command: Command): void => {
  addUpgradeFlags(command, 'wait until the agents run the new version');
  string(command, '--klusterlet-name', 'name of the Klusterlet', KLUSTERLET);
  string(command, '--klusterlet-values-file', 'chart values (YAML) laid over what is installed');
};

/** `clusteradm upgrade klusterlet` (cli.md 9.2); of a hosted one, whose operator serves others too, the agents only. */
export const run = async (context: CommandContext, flags: UpgradeKlusterletFlags): Promise<void> => {
  requireObjectName('the Klusterlet', flags.klusterletName);
  const client = context.client();
  const found = await client.find(klusterlets, flags.klusterletName);
  // The kinds of a managed cluster are on the one that is managed, not where the agents of a hosted Klusterlet run.
  if (!isHosted(found?.spec?.deployOption?.mode)) await requireManagedCluster(client);
  if (!(await client.find(customResourceDefinitions, KLUSTERLET_CRD))) {
    throw new Error('klusterlet is not installed');
  }
  const present = found ?? (await client.get(klusterlets, flags.klusterletName));
  const operator = await client.find(deployments, KLUSTERLET, OPERATOR_NAMESPACE);
  const base = valuesOf(present, operator, flags);
  const values = mergeValuesFile(base, flags.klusterletValuesFile, 'klusterlet');
  const admissionPolicies = await takesAdmissionPolicies(client);
  const objects = operatorObjects('klusterlet', { ...values, admissionPolicies });
  context.output.print('Klusterlet installed. starting upgrade \n');
  await applyUpgrade(context, client, {
    operator: installsOperator(values) ? objects : objects.filter(isCrd),
    resource: klusterlets,
    present,
    spec: klusterletObject(values)['spec'] as object,
    wait: flags.wait,
    look: (now) => ({ reached: isUpgraded(now), state: describeKlusterlet(now) }),
  });
  context.output.print('upgraded completed successfully\n');
};

/** What is installed, with the images of the flags. */
const valuesOf = (
  { metadata, spec = {} }: Klusterlet,
  operator: Deployment | undefined,
  flags: UpgradeFlags,
): KlusterletValues => {
  const base: KlusterletValues = {
    createNamespace: false,
    replicaCount: 1,
    images: imageValues(flags),
    enableSyncLabels: false,
    noOperator: false,
    bootstrapHubKubeConfig: '',
    grpcConfig: '',
    externalManagedKubeConfig: '',
    klusterlet: {
      create: true,
      name: metadata.name,
      clusterName: spec.clusterName ?? '',
      namespace: spec.namespace ?? '',
      mode: spec.deployOption?.mode ?? 'Default',
      externalServerURLs: spec.externalServerURLs,
      resourceRequirement: spec.resourceRequirement,
      nodePlacement: spec.nodePlacement,
      registrationConfiguration: spec.registrationConfiguration ?? {},
      workConfiguration: spec.workConfiguration ?? {},
    },
  };
  const kept = keptValues(operator, operatorObjects('klusterlet', base), base.replicaCount);
  return { ...base, ...kept, priorityClassName: spec.priorityClassName ?? kept.priorityClassName };
};

const isUpgraded = (found: Klusterlet | undefined): boolean =>
  agentsReady(found) && conditionValue(found?.status?.conditions, 'Progressing') !== 'true';
