import { createHash } from 'node:crypto';
import type { ManifestWork, ManifestWorkStatus } from '../../api/generated/work.ts';
import { manifestWorks } from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import { manifestWorkCondition } from '../../api/conditions.ts';
import { createHubEventsClient } from '../../fleet/hub-events/client.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';
import type { Kind, Sender } from '../../fleet/hub-events/kind.ts';
import type { EventStore } from '../../fleet/hub-events/object-store.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';
import type { ObjectMeta } from '../../runtime/client/object.ts';
import { type CloudEvent, textAttribute } from '../../runtime/cloudevents/event.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import { readGrpcClientConfig } from '../../runtime/grpc/client-config.ts';
import type { Logger } from '../../runtime/process/logger.ts';

/** What events of works carry beside the works themselves, so that it can be told where they come from (work.md 9). */
const typeAnnotation = 'cloudevents.open-cluster-management.io/datatype';
const sourceLabel = 'cloudevents.open-cluster-management.io/originalsource';

/** The hub does not say how often a work was changed here: that is counted. */
const nextVersion = (before: ManifestWork | undefined): string =>
  String(Number(before?.metadata.resourceVersion ?? 0) + 1);

const metadataIn = (event: CloudEvent): Partial<ObjectMeta> => {
  const metadata = parseJson(textAttribute(event, 'metadata') ?? '{}');
  if (!isMap(metadata)) throw new Error('the attribute metadata is no object');
  return metadata as Partial<ObjectMeta>;
};

/** A work that goes: of what was known of it, only that changes. One that was never seen may have left something here. */
const deletingWork = (
  before: ManifestWork | undefined,
  fresh: ObjectMeta,
  deletion: unknown,
): ManifestWork => ({
  ...before,
  metadata: {
    ...(before?.metadata ?? fresh),
    resourceVersion: nextVersion(before),
    generation: fresh.generation ?? before?.metadata.generation,
    finalizers: [finalizer.manifestWork],
    deletionTimestamp: deletion instanceof Date ? timestamp(deletion) : String(deletion),
  },
});

/** The work that an event makes of the one that was known; undefined when it changes nothing. Throws when it is none. */
export const workFrom = (event: CloudEvent, before: ManifestWork | undefined): ManifestWork | undefined => {
  const uid = textAttribute(event, 'resourceid');
  const cluster = textAttribute(event, 'clustername');
  if (!uid || !cluster) throw new Error('an event of a work needs the attributes resourceid and clustername');
  const version = event.attributes.get('resourceversion');
  const generation = typeof version === 'number' ? version : undefined;
  const told = metadataIn(event);
  const metadata: ObjectMeta = {
    ...told,
    name: told.name ?? uid,
    namespace: cluster,
    uid,
    generation,
    resourceVersion: nextVersion(before),
    annotations: { ...told.annotations, [typeAnnotation]: dataType.bundles },
    labels: { ...told.labels, [sourceLabel]: event.source },
    finalizers: before?.metadata.finalizers ?? told.finalizers,
  };
  const deletion = event.attributes.get('deletiontimestamp');
  if (deletion !== undefined) {
    const isKnown = before?.metadata.deletionTimestamp !== undefined;
    // Without any word of the work there is nothing that could be let go of.
    if (isKnown || (!before && generation === undefined)) return undefined;
    return deletingWork(before, metadata, deletion);
  }
  if (generation !== undefined && generation !== 0 && generation < (before?.metadata.generation ?? 0))
    return undefined;
  const bundle = parseJson(event.data.toString('utf8'));
  if (!isMap(bundle) || !Array.isArray(bundle['manifests']))
    throw new Error('the data of the event is no bundle of manifests');
  return {
    metadata,
    spec: {
      workload: { manifests: bundle['manifests'] as never[] },
      deleteOption: bundle['deleteOption'],
      manifestConfigs: bundle['manifestConfigs'],
      executor: bundle['executer'],
    } as ManifestWork['spec'],
    ...(before?.status && { status: before.status }),
  };
};

const hear = (event: CloudEvent, store: EventStore): void => {
  const before = store.byUid(textAttribute(event, 'resourceid') ?? '') as ManifestWork | undefined;
  const work = workFrom(event, before);
  if (work) store.put(work);
};

/** As snowflakes are made: 41 bits of milliseconds since their epoch, ten of a node, twelve that count. */
const epoch = 1288834974657n;
let lastMs = 0n;
let count = 0n;

/** A number that rises with each report, so that those who get reports out of order can tell. */
const nextSequence = (now = BigInt(Date.now())): string => {
  const ms = now > lastMs ? now : lastMs;
  count = ms === lastMs ? count + 1n : 0n;
  lastMs = count > 4095n ? ms + 1n : ms;
  if (count > 4095n) count = 0n;
  return String(((lastMs - epoch) << 22n) | (1n << 12n) | count);
};

const report = async (
  sender: Sender,
  { metadata }: ManifestWork,
  status: ManifestWorkStatus,
  signal?: AbortSignal,
): Promise<void> => {
  const payload = { conditions: status.conditions, resourceStatus: status.resourceStatus?.manifests };
  const attributes = {
    resourceid: metadata.uid,
    resourceversion: metadata.generation ?? 0,
    sequenceid: nextSequence(),
    originalsource: metadata.labels?.[sourceLabel] ?? '',
    statushash: createHash('sha256').update(JSON.stringify(status)).digest('hex'),
    metadata: JSON.stringify(metadata),
  };
  await sender.publish('status.update_request', payload, attributes, signal);
};

const { deleted } = manifestWorkCondition;

const isReleased = ({ metadata }: ManifestWork): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;

/** Tells the hub that nothing is left of a work, which lets it go. */
const release = async (
  sender: Sender,
  store: EventStore,
  work: ManifestWork,
  signal?: AbortSignal,
): Promise<void> => {
  const condition = {
    type: deleted.type,
    status: 'True' as const,
    reason: deleted.reason.ManifestsDeleted,
    message: `The manifests are deleted from the cluster ${work.metadata.namespace}`,
    lastTransitionTime: timestamp(new Date()),
  };
  const conditions = [...(work.status?.conditions ?? []), condition];
  await report(sender, work, { ...work.status, conditions }, signal);
  store.remove(work.metadata.uid ?? '');
};

/**
 * ManifestWorks as bundles of manifests (work.md 9). Only their status goes to the hub; what the agent notes on their
 * metadata, such as its finalizer, stays here, and the hub learns of a work that is let go by a condition.
 */
export const bundleKind: Kind = {
  resource: manifestWorks,
  dataType: dataType.bundles,
  hear,
  versionOf: ({ metadata }) => metadata.generation ?? 0,
  async update({ present, next, of }, sender, store, signal) {
    const work: ManifestWork = {
      ...next,
      metadata: { ...next.metadata, resourceVersion: nextVersion(present) },
    };
    if (of === 'status') await report(sender, work, work.status ?? {}, signal);
    if (isReleased(work)) await release(sender, store, work, signal);
    // What the hub said in the meantime counts: this was computed without it.
    else if (store.byUid(work.metadata.uid ?? '') === present) store.put(work);
    return work;
  },
};

/** A client for the works of one cluster by the gRPC configuration in a file. Rejects when that cannot be used. */
export const connectToBundles = async (
  configFile: string,
  cluster: string,
  clientId: string,
  log: Logger,
): Promise<Client> =>
  createHubEventsClient({
    config: await readGrpcClientConfig(configFile),
    cluster,
    source: clientId,
    kinds: [bundleKind],
    log,
  });
