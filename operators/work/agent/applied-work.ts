import {
  type AppliedManifestWork,
  type AppliedResource,
  type ManifestWork,
  appliedManifestWorks,
} from '../../api/generated/work.ts';
import { annotation, finalizer } from '../../api/names.ts';
import { isAlreadyExists, isNotFound } from '../../runtime/client/errors.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { type AgentContext, appliedWorkName } from './context.ts';
import { intentAnnotations } from './inventory/inventory.ts';
import { fieldManager } from './strategy/strategy.ts';

const wanted = (
  context: AgentContext,
  work: ManifestWork,
  intents: readonly AppliedResource[],
): AppliedManifestWork => {
  const { hubHash, agentId } = context.settings;
  const { name, labels, resourceVersion } = work.metadata;
  return {
    metadata: {
      name: appliedWorkName(context.settings, name),
      finalizers: [finalizer.appliedManifestWork],
      ...(labels ? { labels } : {}),
      annotations: {
        ...intentAnnotations(intents),
        ...(resourceVersion ? { [annotation.hubVersion]: resourceVersion } : {}),
      },
    },
    spec: { hubHash, manifestWorkName: name, agentID: agentId },
  };
};

/**
 * The AppliedManifestWork of a work: created when it is not there; given this agent's id and the work's present labels
 * when it is (work.md 3.3, 13.1). Undefined while one is being deleted: its successor comes after it. One that is created
 * has the intents of the first pass with it.
 */
export const ensureAppliedWork = async (
  context: AgentContext,
  work: ManifestWork,
  intents: readonly AppliedResource[],
  signal: AbortSignal,
): Promise<AppliedManifestWork | undefined> => {
  const desired = wanted(context, work, intents);
  const existing =
    context.appliedWorks.get(desired.metadata.name) ?? (await create(context, desired, signal));
  if (existing.metadata.deletionTimestamp) return undefined;
  const sameLabels = semanticEqual(existing.metadata.labels, desired.metadata.labels);
  const hasFinalizer = existing.metadata.finalizers?.includes(finalizer.appliedManifestWork);
  if (semanticEqual(existing.spec, desired.spec) && sameLabels && hasFinalizer) return existing;
  return adopt(context, existing, desired, signal);
};

const create = async (
  context: AgentContext,
  desired: AppliedManifestWork,
  signal: AbortSignal,
): Promise<AppliedManifestWork> => {
  const { spoke, appliedWorks } = context;
  try {
    return appliedWorks.wrote(await spoke.create(appliedManifestWorks, desired, { fieldManager, signal }));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return spoke.get(appliedManifestWorks, desired.metadata.name, undefined, { signal });
  }
};

const adopt = async (
  { spoke, appliedWorks }: AgentContext,
  existing: AppliedManifestWork,
  desired: AppliedManifestWork,
  signal: AbortSignal,
): Promise<AppliedManifestWork> => {
  const { name, uid, resourceVersion, labels = {}, finalizers = [] } = existing.metadata;
  const removed = Object.keys(labels).filter((key) => !(key in (desired.metadata.labels ?? {})));
  const body = {
    metadata: {
      uid,
      resourceVersion,
      labels: { ...desired.metadata.labels, ...Object.fromEntries(removed.map((key) => [key, null])) },
      finalizers: [...new Set([...finalizers, finalizer.appliedManifestWork])],
    },
    spec: desired.spec,
  };
  try {
    const patch = { type: 'merge' as const, body };
    return appliedWorks.wrote(
      await spoke.patch(appliedManifestWorks, { name }, patch, { fieldManager, signal }),
    );
  } catch (error) {
    if (isNotFound(error)) appliedWorks.removed(existing.metadata);
    throw error;
  }
};
