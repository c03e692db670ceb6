import type { ManagedCluster, ManagedClusterTaint } from '../../api/generated/cluster.ts';
import { virtualResource } from '../../api/identities.ts';
import { clusterSet, label } from '../../api/names.ts';
import type {
  AdmissionHandler,
  AdmissionRequest,
  AdmissionResponse,
} from '../../runtime/admission/admission.ts';
import type { JsonPatchOperation } from '../../runtime/client/client.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import type { MayUse } from './access.ts';
import { badRequest, joinForbidden } from './refusal.ts';

const zeroTime = '0001-01-01T00:00:00Z';

const timeOf = ({ timeAdded }: ManagedClusterTaint): string | undefined =>
  timeAdded && timeAdded !== zeroTime ? timeAdded : undefined;

const isSameTime = (left: string | undefined, right: string | undefined): boolean =>
  left === right ||
  (left !== undefined &&
    right !== undefined &&
    Math.floor(Date.parse(left) / 1000) === Math.floor(Date.parse(right) / 1000));

/**
 * The predecessor of a taint: of its key and effect, since one key may stand with several effects (D20); else, where
 * neither side has another taint of that key, the one whose effect was changed.
 */
const predecessor = (
  taint: ManagedClusterTaint,
  taints: readonly ManagedClusterTaint[],
  before: readonly ManagedClusterTaint[],
): ManagedClusterTaint | undefined => {
  const ofKey = (list: readonly ManagedClusterTaint[]) => list.filter(({ key }) => key === taint.key);
  const exact = ofKey(before).find(({ effect }) => effect === taint.effect);
  if (exact) return exact;
  return ofKey(before).length === 1 && ofKey(taints).length === 1 ? ofKey(before)[0] : undefined;
};

/**
 * The taints with the time since when each holds, which users may not set (registration.md 7.1).
 * @returns the keys of taints whose time somebody tried to set
 */
export const stampTaints = (
  taints: readonly ManagedClusterTaint[],
  before: readonly ManagedClusterTaint[] | undefined,
  now: string,
): { taints: ManagedClusterTaint[]; refused: string[] } => {
  const refused: string[] = [];
  const stamped = taints.map((taint) => {
    if (before === undefined) return { ...taint, timeAdded: now };
    const old = predecessor(taint, taints, before);
    if (old && old.effect === taint.effect && (old.value ?? '') === (taint.value ?? '')) {
      if (!isSameTime(timeOf(taint), timeOf(old))) refused.push(taint.key);
      return taint;
    }
    if (timeOf(taint) !== undefined) refused.push(taint.key);
    return { ...taint, timeAdded: now };
  });
  return { taints: stamped, refused };
};

const escapePointer = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1');

/** The patch that puts a cluster without a set into the default one. */
const intoDefaultSet = ({ metadata }: ManagedCluster): JsonPatchOperation =>
  metadata.labels
    ? { op: 'add', path: `/metadata/labels/${escapePointer(label.clusterSet)}`, value: clusterSet.default }
    : { op: 'add', path: '/metadata/labels', value: { [label.clusterSet]: clusterSet.default } };

const setOf = (cluster: ManagedCluster | undefined): string | undefined =>
  cluster?.metadata.labels?.[label.clusterSet];

/**
 * Whether a cluster has to be put into the default set (registration.md 7.1). A cluster that was in it stays, whoever
 * sends an object without the label. Any other one joins only by a requester who may have it join: everybody else, the
 * hub's controllers and agents among them, has to be able to write to a cluster that is in no set. What is being deleted
 * needs no set any more.
 */
const joinsDefaultSet = async (request: AdmissionRequest, mayUse: MayUse): Promise<boolean> => {
  const { metadata } = request.object as ManagedCluster;
  if (setOf(request.object as ManagedCluster) || metadata.deletionTimestamp !== undefined) return false;
  if (setOf(request.oldObject as ManagedCluster | undefined) === clusterSet.default) return true;
  return mayUse(request, virtualResource.join, clusterSet.default);
};

/** The patch that stamps the taints of a cluster, or why it is refused. */
const stampingPatch = (
  request: AdmissionRequest,
  now: Date,
): JsonPatchOperation[] | ReturnType<typeof badRequest> => {
  const present = (request.object as ManagedCluster).spec?.taints ?? [];
  if (present.length === 0) return [];
  const before =
    request.operation === 'CREATE'
      ? undefined
      : ((request.oldObject as ManagedCluster | undefined)?.spec?.taints ?? []);
  const { taints, refused } = stampTaints(present, before, timestamp(now));
  if (refused.length > 0)
    return badRequest(`It is not allowed to set TimeAdded of Taint "${refused.join(',')}".`);
  return taints.some((taint, at) => taint !== present[at])
    ? [{ op: 'replace', path: '/spec/taints', value: taints }]
    : [];
};

/** Fills in what users leave out of a ManagedCluster (registration.md 7.1). */
export const mutateCluster =
  (defaultSet: boolean, mayUse: MayUse, now: () => Date = () => new Date()): AdmissionHandler =>
  async (request): Promise<AdmissionResponse> => {
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return { allowed: true };
    const cluster = request.object as ManagedCluster | undefined;
    if (!cluster?.metadata) return badRequest('the request has no ManagedCluster');
    const patch = stampingPatch(request, now());
    if (!Array.isArray(patch)) return patch;
    try {
      if (defaultSet && (await joinsDefaultSet(request, mayUse))) patch.push(intoDefaultSet(cluster));
    } catch (error) {
      return joinForbidden(clusterSet.default, (error as Error).message);
    }
    return patch.length > 0 ? { allowed: true, patch } : { allowed: true };
  };
