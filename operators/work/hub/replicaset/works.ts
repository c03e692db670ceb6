import { createHash } from 'node:crypto';
import type { ManifestWork, ManifestWorkReplicaSet } from '../../../api/generated/work.ts';
import { label } from '../../../api/names.ts';
import { workSpecHash } from '../../../fleet/work-spec-hash.ts';
import { labelValue } from '../../../runtime/client/legal-name.ts';
import type { ObjectMeta } from '../../../runtime/client/object.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Most characters that the API server keeps of a generated name's base; ours look like generated ones. */
const maxNameBase = 58;

/**
 * The value of the label by which a work names its ManifestWorkReplicaSet (work.md 2.5). Names may contain dots, so it is
 * never taken apart (work.md 13, 12).
 */
export const replicaSetLabel = ({ name, namespace }: Pick<ObjectMeta, 'name' | 'namespace'>): string =>
  labelValue(`${namespace}.${name}`);

/** The work's name in every cluster: always the same, so that no stale cache can make a second one (work.md 130). */
export const workNameOf = ({ metadata: { name, namespace } }: ManifestWorkReplicaSet): string =>
  `${name.slice(0, maxNameBase)}${sha256(`${namespace}/${name}`).slice(0, 5)}`;

/** A work as the controller keeps it: the hash of its spec instead of the spec, which may be large. */
export interface TrimmedWork extends ManifestWork {
  hash?: string;
}

export const trimmed = (work: TrimmedWork): TrimmedWork => ({
  metadata: work.metadata,
  hash: work.hash ?? workSpecHash(work.spec),
  status: { conditions: work.status?.conditions },
});

/** Labels of a work: those of its set, and who made it for which placement. */
export const workLabels = (
  { metadata }: ManifestWorkReplicaSet,
  placement: string,
): Record<string, string> => ({
  ...metadata.labels,
  [label.manifestWorkReplicaSet]: replicaSetLabel(metadata),
  [label.placementName]: labelValue(placement),
});
