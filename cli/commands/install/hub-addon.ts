import type { Command } from 'commander';
import { upstreamRegistry } from '../../../operators/api/image-registry.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { applyObjects, inApplyOrder } from '../../cluster/apply.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { writePrivateFile } from '../../files/private-file.ts';
import { bool, string } from '../../flags/flags.ts';
import { requireLabel } from '../../flags/legal-names.ts';
import { type Governance, governance } from '../../hub-addon/governance/index.ts';
import { CHART_REPOSITORY, installChart } from '../../hub-addon/helm.ts';
import { CHART_ADDONS, GOVERNANCE, hubAddonNames } from '../../hub-addon/names.ts';
import { OPERATOR_NAMESPACE } from '../../names.ts';
import { yamlDocuments } from '../../output/printers.ts';
import { versionBundle } from '../../version-bundles.ts';

interface InstallHubAddonFlags {
  names: string;
  namespace: string;
  createNamespace: boolean;
  outputFile: string;
  bundleVersion: string;
  bundleVersionOverrides: string;
  imageRegistry: string;
  chartRepository: string;
}

export const define = (command: Command): void => {
  string(command, '--names', 'names of the add-ons, divided by commas (required)');
  string(command, '--namespace', 'namespace of the policy framework', OPERATOR_NAMESPACE);
  bool(command, '--create-namespace', 'create the namespace');
  string(command, '--output-file', 'write the objects of the policy framework to this file too');
  string(command, '--bundle-version', 'version of the add-ons', 'default');
  string(command, '--bundle-version-overrides', 'JSON file with component versions laid over the bundle');
  string(command, '--image-registry', 'registry of the images of the policy framework', upstreamRegistry);
  string(command, '--chart-repository', 'repository of the charts of add-ons', CHART_REPOSITORY);
};

/** `clusteradm install hub-addon` (cli.md 13). */
export const run = async (context: CommandContext, flags: InstallHubAddonFlags): Promise<void> => {
  const client = context.client();
  await requireHub(client);
  const names = hubAddonNames(flags.names);
  const { policy_addon: tag } = versionBundle(flags.bundleVersion, flags.bundleVersionOverrides);
  requireLabel('the namespace of --namespace', flags.namespace);
  for (const name of names) {
    if (name === GOVERNANCE) await installGovernance(context, client, flags, tag);
    else await installChart(context, CHART_ADDONS[name]!, flags.chartRepository);
  }
};

const installGovernance = async (
  context: CommandContext,
  client: Client,
  { namespace, createNamespace, imageRegistry, outputFile }: InstallHubAddonFlags,
  tag: string,
): Promise<void> => {
  const own: UnknownObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  if (!createNamespace) await client.get(namespaces, namespace);
  const groups = governance(namespace, imageRegistry, tag);
  const steps: Governance = {
    ...groups,
    dependencies: createNamespace ? [own, ...groups.dependencies] : groups.dependencies,
  };
  const all = inApplyOrder(Object.values(steps).flat() as UnknownObject[]);
  if (outputFile) writePrivateFile(outputFile, yamlDocuments(all));
  if (context.globals.dryRun) {
    await applyObjects(context, client, all, '');
    return;
  }
  context.output.print(`Installing built-in ${GOVERNANCE} add-on to the Hub cluster...\n`);
  for (const [title, objects] of [
    ['CRDs', steps.crds],
    ['dependencies', steps.dependencies],
    ['deployments', steps.deployments],
  ] as const) {
    try {
      await applyObjects(context, client, objects, '');
    } catch (error) {
      throw new Error(`error deploying ${GOVERNANCE} ${title}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
};
