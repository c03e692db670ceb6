import type { KubeObject, ObjectMeta } from '../../../runtime/client/object.ts';
import type { Fight } from './fight.ts';

/** What is remembered of one object that was applied: enough to tell whether somebody else has changed it since. */
export interface Memory {
  /** The CR on whose behalf it was applied. */
  owner: string;
  /** Hash of what was wanted. */
  hash: string;
  /** What was wanted of its metadata. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  uid: string;
  resourceVersion: string;
  /** Undefined for kinds that do not count it. */
  generation?: number;
  /** Somebody changed or deleted it, and it was not applied since. */
  drifted: boolean;
  fight: Fight;
}

const holdsAll = (wanted: Record<string, string>, live: Record<string, string> | undefined): boolean =>
  Object.entries(wanted).every(([key, value]) => live?.[key] === value);

/**
 * Whether one resource version is older than another of the same server. They grow (KEP-5504); where they are no
 * numbers, nothing is said to be older.
 */
const isOlder = (version: string, than: string): boolean =>
  /^\d+$/.test(version) && /^\d+$/.test(than) && BigInt(version) < BigInt(than);

/** What an event says about an object that was applied. */
export type Verdict = 'ours' | 'stale' | 'harmless' | 'drift';

/**
 * Judges the state of an object that a watch reports. A state older than our own write says nothing. Where the server
 * counts generations, the same generation with our labels and annotations in place is somebody's status; elsewhere
 * any other version may be drift, and applying again finds out.
 */
export const judge = (memory: Memory, live: ObjectMeta): Verdict => {
  if (live.uid !== memory.uid) {
    return isOlder(live.resourceVersion ?? '', memory.resourceVersion) ? 'stale' : 'drift';
  }
  if (live.resourceVersion === memory.resourceVersion) return 'ours';
  if (isOlder(live.resourceVersion ?? '', memory.resourceVersion)) return 'stale';
  const sameSpec = memory.generation !== undefined && live.generation === memory.generation;
  const sameMetadata =
    holdsAll(memory.labels, live.labels) &&
    holdsAll(memory.annotations, live.annotations) &&
    !live.deletionTimestamp;
  return sameSpec && sameMetadata ? 'harmless' : 'drift';
};

/** What to remember after an apply that the server answered with `live`. */
export const remember = (
  owner: string,
  hash: string,
  wanted: KubeObject,
  live: KubeObject,
  fight: Fight,
): Memory => ({
  owner,
  hash,
  labels: wanted.metadata.labels ?? {},
  annotations: wanted.metadata.annotations ?? {},
  uid: live.metadata.uid ?? '',
  resourceVersion: live.metadata.resourceVersion ?? '',
  generation: live.metadata.generation,
  drifted: false,
  fight,
});
