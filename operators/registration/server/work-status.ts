import { manifestWorkCondition } from '../../api/conditions.ts';
import { type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { JsonMap } from '../../runtime/client/json.ts';
import { type CloudEvent, textAttribute } from '../../runtime/cloudevents/event.ts';
import type { EventType } from '../../runtime/cloudevents/event-type.ts';
import { isTrue } from '../../runtime/controller/conditions.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { addFinalizer, removeFinalizer } from '../../runtime/controller/finalizers.ts';
import { badRequest } from './refusal.ts';

const fieldManager = 'grpc-server';

type Status = NonNullable<ManifestWork['status']>;

/** What is to be done with the status that an agent reports of a work (work.md 9). */
export type WorkStep = 'ignore' | 'release' | 'report';

/**
 * @param version the generation of the work that the agent reports of
 */
export const workStep = (
  work: ManifestWork | undefined,
  status: Pick<Status, 'conditions'>,
  version: number,
): WorkStep => {
  if (!work) return 'ignore';
  if (isTrue(status.conditions, manifestWorkCondition.deleted.type)) return 'release';
  return (work.metadata.generation ?? 0) > version ? 'ignore' : 'report';
};

/**
 * Writes what an agent reports of a work, which is found by its uid. As long as an agent reports, the work keeps the
 * finalizer that lets the agent remove what it applied.
 */
export const writeWorkStatus = async (
  hub: Client,
  { event, type, payload }: { event: CloudEvent; type: EventType; payload: JsonMap },
  find: (uid: string) => Promise<ManifestWork | undefined>,
  signal: AbortSignal,
): Promise<void> => {
  if (type.subresource !== 'status' || type.action !== 'update_request')
    throw badRequest(`unsupported action ${type.action} of ${type.subresource} for works`);
  const uid = textAttribute(event, 'resourceid');
  const version = event.attributes.get('resourceversion');
  if (!uid || typeof version !== 'number')
    throw badRequest('the status of a work needs the attributes resourceid and resourceversion');
  const status: Status = {
    conditions: (payload['conditions'] ?? []) as Status['conditions'],
    resourceStatus: { manifests: (payload['resourceStatus'] ?? []) as never[] },
  };
  if (!Array.isArray(status.conditions) || !Array.isArray(status.resourceStatus?.manifests))
    throw badRequest('conditions and resourceStatus must be lists');
  const work = await find(uid);
  const step = workStep(work, status, version);
  if (!work || step === 'ignore') return;
  const options = { fieldManager, signal };
  if (step === 'release') {
    await removeFinalizer(hub, manifestWorks, work, finalizer.manifestWork, options);
    return;
  }
  const held = await addFinalizer(hub, manifestWorks, work, finalizer.manifestWork, options);
  if (semanticEqual(held.status, status)) return;
  const { uid: same, resourceVersion } = held.metadata;
  await hub.patch(
    manifestWorks,
    held.metadata,
    { type: 'merge', body: { metadata: { uid: same, resourceVersion }, status } },
    { ...options, subresource: 'status' },
  );
};
