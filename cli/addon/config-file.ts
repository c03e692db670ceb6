import { readFileSync } from 'node:fs';
import type { ManagedClusterAddOnV1alpha1 } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { isMap } from '../../operators/runtime/client/json.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { readDocuments, textOfFile } from '../../operators/runtime/client/yaml/documents.ts';
import { applyObjects } from '../cluster/apply.ts';
import type { CommandContext } from '../context.ts';

export type AddonConfig = NonNullable<ManagedClusterAddOnV1alpha1['spec']['configs']>[number];

/**
 * Applies the documents of `--config-file`, and resolves to how an add-on refers to them, in their order (cli.md 14.2);
 * undefined without a file. Documents of no kind, or of one that the hub does not serve, are left out, which is said.
 */
export const applyConfigFile = async (
  context: CommandContext,
  client: Client,
  file: string,
): Promise<AddonConfig[] | undefined> => {
  if (!file) return undefined;
  const objects: UnknownObject[] = [];
  const configs: AddonConfig[] = [];
  for (const document of documentsOf(file)) {
    const { apiVersion, kind, metadata } = document;
    const resource = apiVersion && kind ? await client.resourceFor(apiVersion, kind) : undefined;
    if (!resource || !metadata?.name) {
      context.output.note(`WARNING: a document of ${file} is left out: ${lackOf(document)}\n`);
      continue;
    }
    const { name, namespace } = metadata;
    objects.push(document);
    configs.push({
      group: resource.group,
      resource: resource.plural,
      ...(namespace && { namespace }),
      name,
    });
  }
  try {
    await applyObjects(context, client, objects, '');
  } catch (error) {
    throw new Error(`failed to apply config resources: ${(error as Error).message}`, { cause: error });
  }
  return configs;
};

const lackOf = ({ apiVersion, kind, metadata }: UnknownObject): string => {
  if (!apiVersion || !kind) return 'it has no apiVersion or no kind';
  return metadata?.name ? `the hub does not serve ${kind} of ${apiVersion}` : `${kind} has no name`;
};

const documentsOf = (file: string): UnknownObject[] => {
  let text: string;
  try {
    text = textOfFile(readFileSync(file));
  } catch (error) {
    throw new Error(`failed to read config file ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return readDocuments(text).map((document) => {
      if (!isMap(document)) throw new Error('every document must be an object');
      return document as unknown as UnknownObject;
    });
  } catch (error) {
    throw new Error(`failed to parse config file ${file}: ${(error as Error).message}`, { cause: error });
  }
};
