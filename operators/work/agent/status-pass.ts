import type {
  ManifestWork,
  ManifestWorkStatus,
  ResourceMeta,
  ResourceStatusManifest,
} from '../../api/generated/work.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import type { AgentContext } from './context.ts';
import { type ManifestOptions, optionsFor } from './manifest/options.ts';
import { aggregated } from './status/aggregate.ts';
import { type Observation, observed } from './status/observe.ts';
import { needCel } from './status/rules.ts';
import { objectKey } from './strategy/strategy.ts';
import type { Tracked } from './watch/resource-watches.ts';

/** The resource of a status entry; undefined when the entry does not say enough (work.md 4.1). */
const resourceOf = (meta: ResourceMeta): Resource<UnknownObject> | undefined =>
  meta.resource && meta.version && meta.name
    ? {
        group: meta.group ?? '',
        version: meta.version,
        plural: meta.resource,
        kind: meta.kind ?? '',
        namespaced: Boolean(meta.namespace),
      }
    : undefined;

export const trackedOf = (meta: ResourceMeta): Tracked | undefined => {
  const resource = resourceOf(meta);
  return resource && meta.name
    ? { resource, name: meta.name, namespace: meta.namespace || undefined }
    : undefined;
};

export const keyOfMeta = (meta: ResourceMeta): string | undefined => {
  const tracked = trackedOf(meta);
  return tracked && objectKey(tracked.resource, tracked);
};

/** What is already known of an entry's object, or whether it must be looked at. */
export type Known = (entry: ResourceStatusManifest) => Observation | 'look';

/** Looks at an object on the managed cluster, and tells the watcher what was seen. */
const look = async (context: AgentContext, meta: ResourceMeta, signal: AbortSignal): Promise<Observation> => {
  const tracked = trackedOf(meta);
  if (!tracked) return { state: 'incomplete' };
  const { resource, name, namespace } = tracked;
  try {
    const object = await context.spoke.find(resource, name, namespace, { signal });
    context.watcher.observed(objectKey(resource, tracked), object);
    return object ? { state: 'found', object } : { state: 'missing' };
  } catch (error) {
    signal.throwIfAborted();
    return { state: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
};

/** The status of a work with availability, feedback and rules brought up to date (work.md 4). */
export const refreshed = async (
  context: AgentContext,
  work: ManifestWork,
  status: ManifestWorkStatus,
  known: Known,
  signal: AbortSignal,
): Promise<ManifestWorkStatus> => {
  const generation = work.metadata.generation ?? 0;
  const at = { generation, limits: context.settings.feedback, now: context.now() };
  const manifests = await Promise.all(
    (status.resourceStatus?.manifests ?? []).map(async (entry): Promise<ResourceStatusManifest> => {
      const options: ManifestOptions = optionsFor(work.spec?.manifestConfigs, entry.resourceMeta);
      const before = known(entry);
      const observation = before === 'look' ? await look(context, entry.resourceMeta, signal) : before;
      const cel = needCel(options.conditionRules) ? await import('./status/cel-rules.ts') : undefined;
      return observed(entry, observation, options, { ...at, cel });
    }),
  );
  return aggregated(
    { ...status, resourceStatus: { ...status.resourceStatus, manifests } },
    generation,
    at.now,
  );
};
