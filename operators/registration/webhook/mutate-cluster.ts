import type { ManagedCluster, ManagedClusterTaint } from '../../api/generated/cluster.ts';
import { clusterSet, label } from '../../api/names.ts';
import type {
  AdmissionHandler,
  AdmissionRequest,
  AdmissionResponse,
} from '../../runtime/admission/admission.ts';
import type { JsonPatchOperation } from '../../runtime/client/client.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import { badRequest } from './refusal.ts';

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
const intoDefaultSet = ({ metadata }: ManagedCluster): JsonPatchOperation[] => {
  if (metadata.labels?.[label.clusterSet]) return [];
  if (!metadata.labels)
    return [{ op: 'add', path: '/metadata/labels', value: { [label.clusterSet]: clusterSet.default } }];
  return [
    { op: 'add', path: `/metadata/labels/${escapePointer(label.clusterSet)}`, value: clusterSet.default },
  ];
};

const decide = (request: AdmissionRequest, defaultSet: boolean, now: Date): AdmissionResponse => {
  const cluster = request.object as ManagedCluster | undefined;
  if (!cluster?.metadata) return badRequest('the request has no ManagedCluster');
  const patch: JsonPatchOperation[] = [];
  const present = cluster.spec?.taints ?? [];
  if (present.length > 0) {
    const before =
      request.operation === 'CREATE'
        ? undefined
        : ((request.oldObject as ManagedCluster | undefined)?.spec?.taints ?? []);
    const { taints, refused } = stampTaints(present, before, timestamp(now));
    if (refused.length > 0)
      return badRequest(`It is not allowed to set TimeAdded of Taint "${refused.join(',')}".`);
    if (taints.some((taint, at) => taint !== present[at]))
      patch.push({ op: 'replace', path: '/spec/taints', value: taints });
  }
  if (defaultSet) patch.push(...intoDefaultSet(cluster));
  return patch.length > 0 ? { allowed: true, patch } : { allowed: true };
};

/** Fills in what users leave out of a ManagedCluster (registration.md 7.1). */
export const mutateCluster =
  (defaultSet: boolean, now: () => Date = () => new Date()): AdmissionHandler =>
  (request) =>
    Promise.resolve(
      request.operation === 'CREATE' || request.operation === 'UPDATE'
        ? decide(request, defaultSet, now())
        : { allowed: true },
    );
