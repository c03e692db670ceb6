import type { JsonPatchOperation } from '../client/client.ts';
import type { UnknownObject } from '../client/object.ts';

/** The part of an AdmissionReview's request (v1 or v1beta1) that handlers decide on. Its content is hostile. */
export interface AdmissionRequest {
  uid: string;
  kind: { group: string; version: string; kind: string };
  resource: { group: string; version: string; resource: string };
  subResource?: string;
  name?: string;
  namespace?: string;
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  userInfo: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  object?: UnknownObject;
  oldObject?: UnknownObject;
  dryRun?: boolean;
}

export type AdmissionResponse =
  | { allowed: true; patch?: JsonPatchOperation[]; warnings?: string[] }
  /** `code` is the HTTP status, `reason` the metav1.StatusReason, as the chapter says for each refusal. */
  | { allowed: false; code: number; reason?: string; message: string };

/** A rejection of the promise is answered as a refusal with code 500, and logged. */
export type AdmissionHandler = (request: AdmissionRequest, signal: AbortSignal) => Promise<AdmissionResponse>;
