import type { Command } from 'commander';
import {
  type AddOnTemplate,
  addOnTemplatesV1alpha1,
  type ClusterManagementAddOnV1alpha1,
  clusterManagementAddOnsV1alpha1 as managementAddOns,
} from '../../../operators/api/index.ts';
import { annotation } from '../../../operators/api/names.ts';
import type { KubeObject } from '../../../operators/runtime/client/object.ts';
import type { Resource } from '../../../operators/runtime/client/resource.ts';
import { writeOptions } from '../../cluster/apply.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { readManifests } from '../../files/manifests.ts';
import { onlyName } from '../../flags/arguments.ts';
import { bool, slice, string } from '../../flags/flags.ts';
import { requireLabel, requireObjectName } from '../../flags/legal-names.ts';
import { pairs } from '../../flags/pairs.ts';

interface CreateAddonFlags {
  filename: string[];
  recursive: boolean;
  version: string;
  overwrite: boolean;
  hubRegistration: boolean;
  clusterRoleBind: string;
  labels: string[];
  placementRef: string;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the add-on');
  slice(command, '-f, --filename', 'manifests of the agent: files, folders, URLs or - (required)');
  bool(command, '-R, --recursive', 'look into subfolders', true);
  string(command, '--version', 'version of the template, which is named <name>-<version>', '0.0.1');
  bool(command, '--overwrite', 'replace what exists');
  bool(command, '--hub-registration', 'give the agent a kubeconfig of the hub');
  string(command, '--cluster-role-bind', 'with --hub-registration: its ClusterRole in the cluster namespace');
  slice(command, '--labels', 'labels of both objects, key=value');
  string(command, '--placement-ref', 'namespace/name: install it where this placement selects');
};

/** `clusteradm addon create` (cli.md 14.1). */
export const run = async (
  context: CommandContext,
  flags: CreateAddonFlags,
  args: string[],
): Promise<void> => {
  const name = onlyName(args, 'addon name must be specified', 'only one adon name can be specified');
  requireObjectName('the add-on', name);
  if (!flags.version) throw new Error('addon version must be specified');
  if (flags.filename.length === 0) throw new Error('manifest files must be specified');
  const labels = pairs(flags.labels, 'label');
  const placement = placementOf(flags.placementRef);
  const template = `${name}-${flags.version}`;
  requireObjectName('the template of the add-on', template);
  await requireHub(context.client());
  const manifests = (await readManifests(flags.filename, flags.recursive)).map(({ object }) => object);
  if (manifests.length === 0) {
    throw new Error(`manifest files must be specified: ${flags.filename.join(', ')} hold no object`);
  }
  const addon: ClusterManagementAddOnV1alpha1 = {
    metadata: { name, labels, annotations: { [annotation.addonLifecycle]: 'addon-manager' } },
    spec: {
      supportedConfigs: [
        {
          group: addOnTemplatesV1alpha1.group,
          resource: addOnTemplatesV1alpha1.plural,
          defaultConfig: { name: template },
        },
      ],
      installStrategy: placement ? { type: 'Placements', placements: [placement] } : { type: 'Manual' },
    },
  };
  await write(context, managementAddOns, addon, `ClusterManagementAddon ${name}`, flags.overwrite);
  const agentSpec = { workload: { manifests } } as AddOnTemplate['spec']['agentSpec'];
  const registration = flags.hubRegistration ? [kubeClient(flags.clusterRoleBind)] : undefined;
  const object = { metadata: { name: template, labels }, spec: { addonName: name, agentSpec, registration } };
  await write(context, addOnTemplatesV1alpha1, object, `AddonTemplate ${template}`, flags.overwrite);
};

type Registration = NonNullable<AddOnTemplate['spec']['registration']>[number];

const kubeClient = (clusterRoleName: string): Registration => ({
  type: 'KubeClient',
  kubeClient: {
    ...(clusterRoleName && {
      hubPermissions: [{ type: 'CurrentCluster', currentCluster: { clusterRoleName } }],
    }),
  },
});

/** The placement of `--placement-ref`; throws when it is written in another way. */
const placementOf = (ref: string): { namespace: string; name: string } | undefined => {
  if (!ref) return undefined;
  const parts = ref.split('/').map((part) => part.trim());
  if (parts.length !== 2) throw new Error("placement-ref must be in the format 'namespace/name'");
  const [namespace = '', name = ''] = parts;
  if (!namespace || !name) throw new Error('placement-ref namespace and name cannot be empty');
  requireLabel('the namespace of --placement-ref', namespace);
  requireObjectName('the placement', name);
  return { namespace, name };
};

/** Creates an object, or replaces all of it but its status. */
const write = async <T extends KubeObject>(
  context: CommandContext,
  resource: Resource<T>,
  object: T,
  what: string,
  overwrite: boolean,
): Promise<void> => {
  const { output } = context;
  const client = context.client();
  const options = writeOptions(context);
  const present = await client.find(resource, object.metadata.name);
  if (!present) {
    await client.create(resource, object, options);
    output.print(`${what} is created\n`);
    return;
  }
  if (!overwrite) {
    output.print(`${what} is not updated when overwrite is disabled\n`);
    return;
  }
  const { uid, resourceVersion } = present.metadata;
  await client.replace(
    resource,
    { ...object, metadata: { ...object.metadata, uid, resourceVersion } },
    options,
  );
  output.print(`${what} is updated\n`);
};
