import type { AdmissionResponse } from '../../runtime/admission/admission.ts';

type Refusal = Extract<AdmissionResponse, { allowed: false }>;

/** The object makes no sense. */
export const badRequest = (message: string): Refusal => ({
  allowed: false,
  code: 400,
  reason: 'BadRequest',
  message,
});

/** The user may not do this; the message is worded as the API server words its own. */
export const forbidden = (resource: string, name: string, message: string): Refusal => ({
  allowed: false,
  code: 403,
  reason: 'Forbidden',
  message: `${resource} "${name}" is forbidden: ${message}`,
});

/** The cluster may not join or leave this set, or nobody could say whether it may. */
export const joinForbidden = (set: string, message: string): Refusal =>
  forbidden('managedclustersets/join.cluster.open-cluster-management.io', set, message);
