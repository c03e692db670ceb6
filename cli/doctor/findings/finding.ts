/** The kinds of causes, as docs/doctor.md tells them. */
export const CODES = [
  'addon-config',
  'addon-deletion',
  'addon-manifests',
  'addon-unavailable',
  'addon-unknown',
  'apply-failed',
  'binding-missing',
  'bootstrap-kubeconfig-missing',
  'bootstrap-rbac',
  'ca',
  'certificate-expired',
  'certificate-renewal',
  'clock',
  'cluster-deletion',
  'cluster-namespace',
  'cluster-unavailable',
  'clustermanager-missing',
  'configuration',
  'connection',
  'container-config',
  'crash',
  'degraded',
  'dns',
  'feature-gates',
  'hub-connection',
  'hub-error',
  'image',
  'klusterlet-deletion',
  'klusterlet-missing',
  'kubeconfig-invalid',
  'managed-kubeconfig-missing',
  'manifest-refused',
  'memory',
  'migration',
  'no-lease',
  'no-match',
  'no-pods',
  'no-request',
  'not-accepted',
  'not-joined',
  'not-prepared',
  'not-ready',
  'nothing-installed',
  'operator-missing',
  'placement',
  'placement-misconfigured',
  'pod-security',
  'pod-webhook',
  'proxy',
  'quota',
  'rbac',
  'refused',
  'request-denied',
  'request-not-signed',
  'request-pending',
  'server-certificate-expired',
  'server-name',
  'set-missing',
  'sets-empty',
  'taint',
  'token-expired',
  'too-few',
  'unauthorized',
  'unreachable',
  'unschedulable',
  'version-refused',
  'webhook-ca',
  'webhook-down',
  'work-deletion',
  'work-pending',
  'work-removal',
] as const;
export type Code = (typeof CODES)[number];

/** One cause of trouble that the doctor names. */
export interface Finding {
  code: Code;
  /** The object that shows it, such as `ManagedCluster c1`. */
  object: string;
  cause: string;
  /** Since when (RFC 3339), where that is known. */
  since?: string;
  /** A command, or what to change. */
  remedy: string;
}

/** What findings need beside the facts. */
export interface Setting {
  /** What commands in remedies begin with, such as `clusteradm`. */
  program: string;
  /** When the facts were taken: milliseconds. */
  now: number;
}
