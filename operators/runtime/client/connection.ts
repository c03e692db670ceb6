import type { Logger } from '../process/logger.ts';
import type { Client } from './client.ts';

/** Where an API server is and who one is there; files are named, not read, so that a rotation is noticed. */
export interface Connection {
  server: string;
  /** Overrides the name that the server's certificate is checked against. */
  tlsServerName?: string;
  caData?: string;
  caFile?: string;
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
  impersonate?: { user: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  /** An exec plugin or another way that needs client-node, which is loaded only then. */
  exec?: object;
  /** The namespace of the kubeconfig's context, or of the Pod's service account. */
  namespace?: string;
}

export interface ConnectOptions {
  userAgent: string;
  logger?: Logger;
  /** Most requests under way at once; watches are not counted. Default 100. */
  concurrency?: number;
  /** Milliseconds without any answer after which a request fails. Default 30 000. */
  requestTimeoutMs?: number;
}

export type ConnectFunction = (connection: Connection, options: ConnectOptions) => Client;
