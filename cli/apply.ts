import { writeFileSync } from 'node:fs';
import type { Client } from '../operators/runtime/client/client.ts';
import { customResourceDefinitions } from '../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../operators/runtime/client/object.ts';
import type { CommandContext } from './context.ts';
import { yamlDocuments } from './printers.ts';
import { waitFor } from './wait.ts';

const FIELD_MANAGER = 'clusteradm';
const ORDER = ['CustomResourceDefinition', 'Namespace'];

const rank = ({ kind }: UnknownObject): number => {
  const index = ORDER.indexOf(kind ?? '');
  return index < 0 ? ORDER.length : index;
};

/** CRDs first, then Namespaces, then the rest in the order given: an order in which `kubectl apply -f` succeeds. */
export const inApplyOrder = (objects: UnknownObject[]): UnknownObject[] =>
  objects
    .map((object, index) => ({ object, index }))
    .sort((a, b) => rank(a.object) - rank(b.object) || a.index - b.index)
    .map(({ object }) => object);

const describe = ({ kind, metadata }: UnknownObject): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;

/**
 * Applies objects in order; a CRD is waited for before what follows it. With `--dry-run` they are printed instead, and
 * with an output file written there too (cli.md 1.6). All objects are tried; the errors are thrown together.
 */
export const applyObjects = async (
  context: CommandContext,
  client: Client,
  unordered: UnknownObject[],
  outputFile = '',
): Promise<void> => {
  const objects = inApplyOrder(unordered);
  if (outputFile) writeFileSync(outputFile, yamlDocuments(objects), { mode: 0o600 });
  if (context.globals.dryRun) {
    context.output.print(`---\n${yamlDocuments(objects)}`);
    return;
  }
  const errors: Error[] = [];
  for (const object of objects) {
    try {
      await applyObject(context, client, object);
    } catch (error) {
      errors.push(
        new Error(`failed to apply ${describe(object)}: ${(error as Error).message}`, { cause: error }),
      );
      if (object.kind === 'CustomResourceDefinition') break;
    }
  }
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
};

const applyObject = async (context: CommandContext, client: Client, object: UnknownObject): Promise<void> => {
  const resource = await client.resourceFor(object.apiVersion ?? '', object.kind ?? '');
  if (!resource) {
    throw new Error(
      `no matches for kind "${object.kind}" in version "${object.apiVersion}"; ensure CRDs are installed first`,
    );
  }
  await client.apply(resource, object, { fieldManager: FIELD_MANAGER });
  if (object.kind === 'CustomResourceDefinition') await waitForCrd(context, client, object.metadata.name);
};

const waitForCrd = async (context: CommandContext, client: Client, name: string): Promise<void> => {
  await waitFor(
    client,
    {
      resource: customResourceDefinitions,
      scope: { fieldSelector: `metadata.name=${name}` },
      waiting: 'Waiting for CRD to be ready...',
      done: 'CRD successfully registered.',
      until: ([crd]) =>
        crd?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ??
        false,
      describe: ([crd]) => `${name} is ${crd ? 'not established yet' : 'missing'}`,
    },
    Math.min(context.globals.timeout * 1000, 30_000),
    context.output,
  );
  client.invalidateDiscovery();
};
