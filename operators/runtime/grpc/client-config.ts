import { readFile } from 'node:fs/promises';
import { isMap } from '../client/json.ts';
import { readYaml } from '../client/yaml/read.ts';
import { configuredDuration } from '../process/flags/duration.ts';
import { type ClientSecrets, type GrpcClientOptions } from './client.ts';

/** Text that a configuration gives itself, or the file where it stands. */
export type Source = { data: string } | { file: string };

/** How a client reaches a gRPC server (registration.md 5.2); durations in milliseconds. */
export interface GrpcClientConfig {
  url: string;
  ca?: Source;
  cert?: Source;
  key?: Source;
  token?: Source;
  /** Undefined sends no pings. */
  keepAlive?: { intervalMs: number; timeoutMs: number };
  /** After so long without a word from the server a subscription is made anew; undefined waits for ever. */
  healthinessMs?: number;
  /** What the file says of both, as it says it: for configurations that are made from this one. */
  asWritten: { keepAliveConfig?: unknown; serverHealthinessTimeout?: unknown };
}

type Values = Record<string, unknown>;

/** The least that upstream's client keeps between two pings. */
const leastPingMs = 10_000;

const textIn = (values: Values, field: string): string | undefined => {
  const value = values[field];
  if (value == null || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`${field} must be a string`);
  return value;
};

/** Data is base64, and wins over a file. */
const sourceIn = (values: Values, dataField: string, fileField: string): Source | undefined => {
  const data = textIn(values, dataField);
  if (data !== undefined) return { data: Buffer.from(data, 'base64').toString('utf8') };
  const file = textIn(values, fileField);
  return file === undefined ? undefined : { file };
};

const tokenIn = (values: Values): Source | undefined => {
  const data = textIn(values, 'token');
  const file = textIn(values, 'tokenFile');
  return data !== undefined ? { data } : file !== undefined ? { file } : undefined;
};

/** The configuration that a file's values make. Throws an Error that names the field. */
export const grpcClientConfigOf = (values: Values): GrpcClientConfig => {
  const url = textIn(values, 'url');
  if (url === undefined) throw new Error('url is required');
  const ca = sourceIn(values, 'caData', 'caFile');
  const cert = sourceIn(values, 'clientCertData', 'clientCertFile');
  const key = sourceIn(values, 'clientKeyData', 'clientKeyFile');
  const token = tokenIn(values);
  if ((cert === undefined) !== (key === undefined))
    throw new Error('a client certificate and its key must come together');
  if (cert && !ca) throw new Error('a client certificate requires authority certificates');
  if (token && !ca) throw new Error('setting token requires authority certificates');
  const keepAlive = (values['keepAliveConfig'] ?? {}) as Values;
  if (typeof keepAlive !== 'object' || Array.isArray(keepAlive))
    throw new Error('keepAliveConfig must be a map');
  const intervalMs = configuredDuration(keepAlive['time'], 'time') ?? 30_000;
  const timeoutMs = configuredDuration(keepAlive['timeout'], 'timeout') ?? 10_000;
  return {
    url,
    ca,
    cert,
    key,
    token,
    keepAlive:
      keepAlive['enable'] === true ? { intervalMs: Math.max(intervalMs, leastPingMs), timeoutMs } : undefined,
    healthinessMs: configuredDuration(values['serverHealthinessTimeout'], 'serverHealthinessTimeout'),
    asWritten: {
      keepAliveConfig: values['keepAliveConfig'] ?? undefined,
      serverHealthinessTimeout: values['serverHealthinessTimeout'] ?? undefined,
    },
  };
};

/** Reads a configuration. Rejects with an Error that names the file, and the field where one is wrong. */
export const readGrpcClientConfig = async (path: string): Promise<GrpcClientConfig> => {
  try {
    const values: unknown = readYaml(await readFile(path, 'utf8'));
    if (!isMap(values)) throw new Error('the content must be a map');
    return grpcClientConfigOf(values);
  } catch (error) {
    throw new Error(`gRPC configuration ${path}: ${(error as Error).message}`, { cause: error });
  }
};

/** The text that a source has now; undefined for none. */
export const textOfSource = async (source: Source | undefined): Promise<string | undefined> => {
  if (source === undefined) return undefined;
  return 'data' in source ? source.data : await readFile(source.file, 'utf8');
};

/** The files in which a configuration's certificate, key and token stand, which may be exchanged. */
export const filesOf = ({ ca, cert, key, token }: GrpcClientConfig): string[] =>
  [ca, cert, key, token].flatMap((source) => (source && 'file' in source ? [source.file] : []));

/** What a client is made of; files are read with each connection, that of a token with each call. */
export const grpcClientOptionsOf = (config: GrpcClientConfig): GrpcClientOptions => {
  const { url, ca, cert, key, token, keepAlive } = config;
  const secrets = async (): Promise<ClientSecrets> => ({
    ca: await textOfSource(ca),
    cert: await textOfSource(cert),
    key: await textOfSource(key),
  });
  return {
    target: url,
    secrets: ca ? secrets : undefined,
    token: async () => (await textOfSource(token))?.trim(),
    keepAlive,
  };
};
