import { klusterletCondition } from '../../../api/conditions.ts';
import { type Klusterlet, klusterlets as resource } from '../../../api/generated/operator.ts';
import { annotation, secret as secretName } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { apiVersionOf } from '../../../runtime/client/resource.ts';
import { setCondition, timestamp } from '../../../runtime/controller/conditions.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { describe } from '../../apply/index.ts';
import { fieldManager } from '../dependencies.ts';
import { isHosted } from '../mode.ts';
import { decideOnRefusal, isRefusal, refusalMs } from './refusing-cluster.ts';
import { leftOnManaged, type Removal } from './removal-steps.ts';
import { decideOnFailure, evictionMs, isUnreachable } from './unreachable-cluster.ts';

/** How soon a cluster is asked again that failed for the first time; milliseconds. */
const firstRetryMs = 10_000;

const annotate = (
  { deps, klusterlet: { metadata } }: Removal,
  annotations: Record<string, string | null>,
): Promise<Klusterlet> =>
  deps.management.client.patch(
    resource,
    { name: metadata.name },
    { type: 'merge', body: { metadata: { uid: metadata.uid, annotations } } },
    { fieldManager },
  );

/** Says in the condition Deleting what keeps the Klusterlet, and until when. */
const say = async (
  { deps, klusterlet }: Removal,
  reason: 'ManagedClusterUnreachable' | 'ManagedClusterRefused',
  message: string,
): Promise<void> => {
  const current = deps.klusterlets.get(klusterlet.metadata.name) ?? klusterlet;
  const { type } = klusterletCondition.deleting;
  const next = {
    type,
    status: 'True',
    reason,
    message,
    observedGeneration: current.metadata.generation,
  } as const;
  await patchStatus(
    deps.management.client,
    resource,
    current,
    { ...current.status, conditions: setCondition(current.status?.conditions, next) },
    { fieldManager },
  );
};

/** Tells by event and log that the managed cluster was given up, and what is left there. */
const tellGivenUp = (removal: Removal, cause: string, log: Logger): void => {
  const left = [...new Set(leftOnManaged(removal).map(describe))];
  log.warn('the managed cluster is given up; what is on it is left behind', { cause, left });
  removal.deps.events.record({
    regarding: { ...removal.klusterlet, apiVersion: apiVersionOf(resource), kind: resource.kind },
    type: 'Warning',
    reason: 'ManagedClusterGivenUp',
    action: 'Remove',
    note: `The managed cluster was given up: ${cause.slice(0, 400)}. Left there: the workload, AppliedManifestWorks with their finalizers, and ${left.join(', ')}`,
  });
};

const onRefusal = async (removal: Removal, error: unknown, log: Logger) => {
  const { klusterlet } = removal;
  const now = new Date();
  const decision = decideOnRefusal(klusterlet, now);
  const cause = messageOf(error);
  if (decision.action === 'give up') return tellGivenUp(removal, cause, log);
  // The cluster answers: it is not out of reach.
  const marked = klusterlet.metadata.annotations?.[annotation.evictionTimestamp] !== undefined;
  const changes = {
    ...(decision.action === 'mark' ? { [annotation.refusedSince]: decision.since } : {}),
    ...(marked ? { [annotation.evictionTimestamp]: null } : {}),
  };
  if (Object.keys(changes).length > 0) await annotate(removal, changes);
  const until = decision.action === 'wait' ? decision.until : now.getTime() + refusalMs;
  await say(
    removal,
    'ManagedClusterRefused',
    `The managed cluster refuses the credential in Secret ${klusterlet.metadata.name}/${secretName.externalManagedKubeconfig}: ${cause}. ` +
      `Put one that serves into it to have the cluster cleaned up; from ${timestamp(new Date(until))} on removal goes on without`,
  );
  return { requeueAfterMs: decision.action === 'wait' ? decision.forMs : firstRetryMs };
};

/**
 * What to do when the managed cluster of a leaving Klusterlet failed (operator.md 5.11): nobody there, and in hosted modes
 * a cluster that refuses the credential, are waited for, and in the end given up.
 * @returns when to come back; undefined when the cluster is given up
 * @throws the error, if it is neither
 */
export const managedClusterFailed = async (
  removal: Removal,
  error: unknown,
  log: Logger,
): Promise<{ requeueAfterMs: number } | undefined> => {
  const { klusterlet, mode } = removal;
  if (isHosted(mode) && isRefusal(error)) return (await onRefusal(removal, error, log)) ?? undefined;
  const decision = decideOnFailure(klusterlet, error, new Date());
  if (decision.action === 'give up') {
    tellGivenUp(removal, messageOf(error), log);
    return undefined;
  }
  if (decision.action === 'retry') {
    const refused = klusterlet.metadata.annotations?.[annotation.refusedSince] !== undefined;
    if (decision.forget || refused)
      await annotate(removal, { [annotation.evictionTimestamp]: null, [annotation.refusedSince]: null });
    throw error;
  }
  if (decision.action === 'mark') await annotate(removal, { [annotation.evictionTimestamp]: decision.since });
  if (isUnreachable(error))
    await say(
      removal,
      'ManagedClusterUnreachable',
      `The managed cluster cannot be reached: ${messageOf(error)}. After ${evictionMs / 60_000} minutes of that removal goes on without it`,
    );
  return { requeueAfterMs: decision.action === 'wait' ? decision.forMs : firstRetryMs };
};
