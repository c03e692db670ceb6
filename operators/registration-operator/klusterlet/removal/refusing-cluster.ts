import type { Klusterlet } from '../../../api/generated/operator.ts';
import { annotation } from '../../../api/names.ts';
import { ApiError, ConnectionError } from '../../../runtime/client/errors.ts';
import { KubeconfigError } from '../../../runtime/client/kubeconfig/kubeconfig.ts';
import { timestamp } from '../../../runtime/controller/conditions.ts';

/** How long a managed cluster may refuse the credential of a leaving Klusterlet before it is given up; milliseconds. */
export const refusalMs = 5 * 60_000;

/** Certificates of a server that do not verify, and those of a client that a server does not take. */
const certificateProblem =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT_|ERR_SSL_.*ALERT)/;

/**
 * Whether a cluster is there and will not be dealt with by the credential at hand: revoked, expired or without rights, or
 * a kubeconfig that is none or whose authority is another's. Nothing but another Secret, or somebody on that cluster,
 * ends it.
 */
export const isRefusal = (error: unknown): boolean =>
  error instanceof KubeconfigError ||
  (error instanceof ApiError && (error.code === 401 || error.code === 403)) ||
  (error instanceof ConnectionError && certificateProblem.test(error.code));

/** What to do about it. */
export type RefusalDecision =
  /** Remember since when, and try again. */
  | { action: 'mark'; since: string }
  /** Try again after this many milliseconds; given up at `until` (epoch ms). */
  | { action: 'wait'; forMs: number; until: number }
  /** Clean up without the cluster. */
  | { action: 'give up' };

/** Decides by since when the Klusterlet has been refused, as its annotation says. */
export const decideOnRefusal = ({ metadata }: Klusterlet, now: Date): RefusalDecision => {
  const since = Date.parse(metadata.annotations?.[annotation.refusedSince] ?? '');
  if (Number.isNaN(since)) return { action: 'mark', since: timestamp(now) };
  const until = since + refusalMs;
  const left = until - now.getTime();
  return left < 0 ? { action: 'give up' } : { action: 'wait', forMs: Math.min(left + 1000, 30_000), until };
};
