import type { Condition } from '../../api/meta.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import { type NextCondition, findCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { applyStatus } from '../../runtime/controller/status.ts';

interface WithConditions extends KubeObject {
  status?: { conditions?: Condition[] };
}

/** The condition to write for what was observed: it says when the status last changed. */
const conditionOf = (conditions: Condition[] | undefined, next: NextCondition): Condition =>
  findCondition(setCondition(conditions, next), next.type)!;

/**
 * Declares one condition of the observed object by server-side apply, and nothing else of its status. Returns the very
 * object that was given when it says so already, and then sends nothing.
 */
export const applyCondition = async <T extends WithConditions>(
  client: Client,
  resource: Resource<T>,
  observed: T,
  next: NextCondition,
  options: { fieldManager: string; signal?: AbortSignal },
): Promise<T> => {
  const status: NonNullable<T['status']> = { conditions: [conditionOf(observed.status?.conditions, next)] };
  return applyStatus(client, resource, observed, status, options);
};
