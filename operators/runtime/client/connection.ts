import type { Logger } from '../process/logger.ts';
import type { Metrics } from '../process/metrics.ts';
import type { Client } from './client.ts';

/** Whom a request acts as; the API server checks that the caller may (RBAC verb `impersonate`). */
export interface Impersonation {
  user: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/**
 * Where an API server is and who one is there; files are named, not read, so that a rotation is noticed.
 * `caData`, `certData` and `keyData` are PEM text; data wins over the file of the same purpose, as `tokenFile` wins
 * over `token`.
 */
export interface Connection {
  server: string;
  /** Overrides the name that the server's certificate is checked against. */
  tlsServerName?: string;
  caData?: string;
  caFile?: string;
  /** Where the authorities are named, and what to do when they are the wrong ones: for errors (certificate-error.ts). */
  caSource?: string;
  caRemedy?: string;
  insecureSkipTlsVerify?: boolean;
  proxyUrl?: string;
  certData?: string;
  certFile?: string;
  keyData?: string;
  keyFile?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  impersonate?: Impersonation;
  /** The kubeconfig user of an exec plugin or auth provider, for which client-node is loaded, only then. */
  exec?: object;
  /** The namespace of the kubeconfig's context, or of the Pod's service account. */
  namespace?: string;
}

export interface ConnectOptions {
  userAgent: string;
  logger?: Logger;
  /** Counts requests and patches (client-metrics.ts). */
  metrics?: Metrics;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read. Default the process's environment. */
  env?: Record<string, string | undefined>;
  /** Most requests under way at once; watches are not counted. Default 100. */
  concurrency?: number;
  /** When connections are pinged and closed, and how often files are looked at (milliseconds); for tests. */
  timing?: {
    readIdleMs?: number;
    pingTimeoutMs?: number;
    idleMs?: number;
    tokenIntervalMs?: number;
    certificateIntervalMs?: number;
  };
  /** Milliseconds without any answer after which a request fails. Default 30 000. */
  requestTimeoutMs?: number;
  /** Whether writes end with the leadership of the process (see fence.ts). Default true. */
  isFenced?: boolean;
}

export type ConnectFunction = (connection: Connection, options: ConnectOptions) => Client;
