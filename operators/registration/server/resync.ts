import { type JsonMap, isMap, isNumeric } from '../../runtime/client/json.ts';
import type { CloudEvent } from '../../runtime/cloudevents/event.ts';
import { goneEvent } from './object-event.ts';
import type { Known } from './sources.ts';

/** What an agent says that it knows: the version of each object, by uid. */
export type KnownVersions = ReadonlyMap<string, number>;

/** Reads the payload of a resync request; undefined where it is none. */
export const parseKnownVersions = (payload: JsonMap): KnownVersions | undefined => {
  const list = payload['resourceVersions'] ?? [];
  if (!Array.isArray(list)) return undefined;
  const versions = new Map<string, number>();
  for (const item of list as unknown[]) {
    if (!isMap(item) || typeof item['resourceID'] !== 'string') return undefined;
    const version = item['resourceVersion'] ?? 0;
    if (!isNumeric(version)) return undefined;
    versions.set(item['resourceID'], Number(version));
  }
  return versions;
};

/**
 * The answers to a resync request, by uid: what is newer on the hub than what the agent knows, or being deleted, and that
 * the rest of what it knows is gone.
 */
export const answersTo = (
  of: string,
  cluster: string,
  versions: KnownVersions,
  present: readonly Known[],
): [uid: string, event: CloudEvent][] => {
  const uids = new Set(present.map(({ uid }) => uid));
  const gone = [...versions.keys()].filter((uid) => !uids.has(uid));
  return [
    ...present
      .filter(
        ({ uid, version, isDeleting }) => isDeleting || version === 0 || version > (versions.get(uid) ?? 0),
      )
      .map((known): [string, CloudEvent] => [known.uid, known.event('resync_response')]),
    ...gone.map((uid): [string, CloudEvent] => [uid, goneEvent(of, cluster, uid)]),
  ];
};
