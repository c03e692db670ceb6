import { manifestWorkCondition } from '../../../api/conditions.ts';
import type { ResourceMeta } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { ManifestOptions } from '../manifest/options.ts';

const note =
  'the Job has run again: its ttlSecondsAfterFinished removed it, and the work made it anew; to run it once, give it ' +
  'conditionRules of type WellKnownConditions with condition Complete in manifestConfigs';

/** What is known of an object that a pass has applied. */
export interface Applied {
  meta: ResourceMeta;
  options: ManifestOptions;
  found?: UnknownObject;
}

/**
 * The words about a Job that its own time to live removes and its work makes anew, for ever (work.md 4.3): from the second
 * time on, and as long as nothing tells the work when the Job is complete.
 * @param recordedUid of the object that was there before the pass
 * @param earlier message of its Applied condition
 */
export const repeatNote = (
  { meta, options, found }: Applied,
  recordedUid: string | undefined,
  earlier: string | undefined,
): string | undefined => {
  if (meta.group !== 'batch' || meta.kind !== 'Job' || !found) return undefined;
  const { ttlSecondsAfterFinished } = (found.spec ?? {}) as { ttlSecondsAfterFinished?: unknown };
  if (ttlSecondsAfterFinished === undefined || ttlSecondsAfterFinished === null) return undefined;
  const { type } = manifestWorkCondition.complete;
  if (options.conditionRules?.some(({ condition }) => condition === type)) return undefined;
  const isAnew = recordedUid !== undefined && recordedUid !== found.metadata.uid;
  return isAnew || earlier?.includes(note) ? note : undefined;
};
