import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
} from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { CommandContext } from '../context.ts';
import { writePrivateFile } from '../files/private-file.ts';
import { isCrd } from '../objects/operator.ts';
import { conditionValue } from '../output/conditions.ts';
import { yamlDocuments } from '../output/printers.ts';
import { waitFor } from './wait.ts';

export const FIELD_MANAGER = 'clusteradm';

/** Of a write in the name of the command line, which with `--dry-run` the API server judges and does not store. */
export const writeOptions = ({ globals }: CommandContext) => ({
  fieldManager: FIELD_MANAGER,
  dryRun: globals.dryRun,
});

/** Kinds that others need, in the order in which they do; custom resources and the rest come last. */
const ORDER = [
  'CustomResourceDefinition',
  'Namespace',
  'PriorityClass',
  'ServiceAccount',
  'Secret',
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'Deployment',
];

const rank = ({ kind = '' }: UnknownObject): number =>
  ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length;

/** The same objects in an order in which each finds what it needs; otherwise the order stays (cli.md 1.6). */
export const inApplyOrder = (objects: UnknownObject[]): UnknownObject[] =>
  objects.toSorted((a, b) => rank(a) - rank(b));

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
  outputFile: string,
): Promise<void> => {
  const objects = inApplyOrder(unordered);
  if (outputFile) writePrivateFile(outputFile, yamlDocuments(objects));
  if (context.globals.dryRun) {
    context.output.print(`---\n${yamlDocuments(objects)}---\n`);
    return;
  }
  const errors: string[] = [];
  for (const object of objects) {
    try {
      await applyObject(context, client, object);
    } catch (error) {
      errors.push(`failed to apply ${describe(object)}: ${(error as Error).message}`);
      // Without its CRD the custom resource would only fail for another reason.
      if (isCrd(object)) break;
    }
  }
  if (errors.length > 0) throw new Error(errors.join('\n'));
};

const applyObject = async (context: CommandContext, client: Client, object: UnknownObject): Promise<void> => {
  const { apiVersion = '', kind = '' } = object;
  const resource = await client.resourceFor(apiVersion, kind);
  if (!resource) {
    throw new Error(
      `no matches for kind "${kind}" in version "${apiVersion}", ensure CRDs are installed first`,
    );
  }
  await client.apply(resource, object, { fieldManager: FIELD_MANAGER });
  if (isCrd(object)) await waitForCrd(context, client, object as unknown as CustomResourceDefinition);
};

/** The longest that an API server takes to serve a new kind (milliseconds), with much to spare. */
const CRD_TIMEOUT_MS = 120_000;
/** Milliseconds between two looks for a new kind. */
const DISCOVERY_MS = 100;

const waitForCrd = async (
  context: CommandContext,
  client: Client,
  crd: CustomResourceDefinition,
): Promise<void> => {
  const { name } = crd.metadata;
  const timeoutMs = Math.min(context.globals.timeout * 1000, CRD_TIMEOUT_MS);
  const deadline = performance.now() + timeoutMs;
  await waitFor(context, client, {
    resource: customResourceDefinitions,
    scope: { fieldSelector: `metadata.name=${name}` },
    waiting: 'Waiting for CRD to be ready...',
    done: 'CRD successfully registered.',
    look: ([live]) => ({
      reached: conditionValue(live?.status?.conditions, 'Established') === 'true',
      state: `wait for ${name} crd to be established`,
    }),
    timeoutMs,
  });
  // An API server lists a kind a little after it says that it serves it.
  while (!(await isListed(client, crd))) {
    if (performance.now() > deadline)
      throw new Error(`the API server does not list the kind of CRD ${name} yet; run the command again`);
    await delay(DISCOVERY_MS);
  }
};

const isListed = async (client: Client, { spec }: CustomResourceDefinition): Promise<boolean> => {
  client.invalidateDiscovery();
  const served = spec.versions.filter((version) => version.served);
  const found = await Promise.all(
    served.map((version) => client.resourceFor(`${spec.group}/${version.name}`, spec.names.kind)),
  );
  return !found.includes(undefined);
};
