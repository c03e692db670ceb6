import type { ManifestWork } from '../../api/generated/work.ts';
import { isAgentOf } from '../../api/identities.ts';
import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';

/**
 * Whether an agent changes what is to run in its cluster. It may write works for the sake of their finalizers; one that
 * could change more would have it look as if the hub had asked (faults-attacks-asks.md A7).
 */
export const isOverreach = (
  { userInfo, namespace = '' }: Pick<AdmissionRequest, 'userInfo' | 'namespace'>,
  before: ManifestWork,
  work: ManifestWork,
): boolean => isAgentOf(namespace, userInfo.groups) && !semanticEqual(before.spec, work.spec);
