import type { Command } from 'commander';
import {
  clusterManagementAddOnsV1alpha1 as managementAddOns,
  managedClusterAddOnsV1alpha1 as addOns,
} from '../../../operators/api/index.ts';
import { type AddonConfig, applyConfigFile } from '../../addon/config-file.ts';
import { addonNames, existingClusters, type NamedFlags, namedFlags } from '../../addon/named.ts';
import { writeOptions } from '../../cluster/apply.ts';
import type { CommandContext } from '../../context.ts';
import { requiredClusters } from '../../flags/cluster-flags.ts';
import { slice, string } from '../../flags/flags.ts';
import { requireLabel } from '../../flags/legal-names.ts';
import { pairs } from '../../flags/pairs.ts';

interface EnableFlags extends NamedFlags {
  namespace: string;
  annotate: string[];
  labels: string[];
  configFile: string;
}

export const define = (command: Command): void => {
  namedFlags(command);
  string(
    command,
    '-n, --namespace',
    'namespace of the agents on the clusters',
    'open-cluster-management-agent-addon',
  );
  slice(command, '--annotate', 'annotations of the add-ons, key=value');
  slice(command, '--labels', 'labels of the add-ons, key=value');
  string(command, '--config-file', 'configurations (YAML), which are applied, and which the add-ons use');
  string(command, '--output-file', 'accepted for compatibility, without effect');
};

/** What the flags say of each add-on. */
interface Wanted {
  annotations: Record<string, string>;
  labels: Record<string, string>;
  installNamespace: string;
  configs: AddonConfig[] | undefined;
}

/** `clusteradm addon enable` (cli.md 14.2). */
export const run = async (context: CommandContext, flags: EnableFlags): Promise<void> => {
  const names = addonNames(flags);
  requiredClusters(flags, context.isGiven);
  requireLabel('the namespace of --namespace', flags.namespace);
  const annotations = pairs(flags.annotate, 'annotation');
  const labels = pairs(flags.labels, 'label');
  const clusters = await existingClusters(context, flags);
  const client = context.client();
  for (const name of names) {
    if (!(await client.find(managementAddOns, name))) {
      throw new Error(`enabling the unknown addon ${name} is not supported`);
    }
  }
  const configs = await applyConfigFile(context, client, flags.configFile);
  const wanted = { annotations, labels, installNamespace: flags.namespace, configs };
  for (const name of names) {
    for (const cluster of clusters) {
      await enable(context, name, cluster, wanted);
      context.output.print(
        `Deploying ${name} add-on to namespaces ${flags.namespace} of managed cluster: ${cluster}.\n`,
      );
    }
  }
};

/** Annotations, labels and configurations that others gave it stay. */
const enable = async (
  context: CommandContext,
  name: string,
  cluster: string,
  { annotations, labels, installNamespace, configs }: Wanted,
): Promise<void> => {
  const client = context.client();
  const key = { name, namespace: cluster };
  const options = writeOptions(context);
  const spec = { installNamespace, ...(configs && { configs }) };
  if (await client.find(addOns, name, cluster)) {
    const body = { metadata: { annotations, labels }, spec };
    await client.patch(addOns, key, { type: 'merge', body }, options);
    return;
  }
  await client.create(addOns, { metadata: { ...key, annotations, labels }, spec }, options);
};
