import type { Client } from '../operators/runtime/client/client.ts';
import type { KubeObject, ObjectName } from '../operators/runtime/client/object.ts';
import type { Resource } from '../operators/runtime/client/resource.ts';
import type { CommandContext } from './context.ts';
import { waitFor } from './wait.ts';

export interface Target {
  resource: Resource;
  name: ObjectName;
}

/** Deletes what is there; what is gone already counts as deleted. With `--dry-run` the server only pretends. */
export const remove = async (context: CommandContext, client: Client, targets: Target[]): Promise<void> => {
  for (const { resource, name } of targets) {
    await client.delete(resource, name, { dryRun: context.globals.dryRun });
  }
};

/** Resolves once the object is gone; rejects with `message` and what holds it when the time is up. */
export const waitUntilGone = async <T extends KubeObject>(
  context: CommandContext,
  client: Client,
  resource: Resource<T>,
  { name, namespace }: ObjectName,
  message: string,
): Promise<void> => {
  const present = (objects: T[]) => objects.find(({ metadata }) => metadata.name === name);
  try {
    await waitFor(
      client,
      {
        resource,
        scope: { namespace, fieldSelector: `metadata.name=${name}` },
        waiting: `Waiting for ${resource.kind} ${name} to be removed...`,
        done: `${resource.kind} ${name} is removed.`,
        until: (objects) => !present(objects),
        describe: (objects) => `held by ${present(objects)?.metadata.finalizers?.join(', ') || 'nothing'}`,
      },
      context.globals.timeout * 1000,
      context.output,
    );
  } catch (error) {
    throw new Error(`${message}: ${(error as Error).message}`, { cause: error });
  }
};
