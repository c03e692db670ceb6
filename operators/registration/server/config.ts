import { readFileSync } from 'node:fs';
import type { SecureVersion } from 'node:tls';
import { configuredDuration } from '../../runtime/process/flags/duration.ts';
import { isTlsVersion, knownCipherSuites, tlsProfile } from '../../runtime/process/serving/tls.ts';

/** How the gRPC server serves (registration.md 6); durations in milliseconds, sizes in bytes. */
export interface ServerConfig {
  port: number;
  certFile: string;
  keyFile: string;
  /** Empty: clients are asked for no certificate. */
  clientCaFile: string;
  tls: { minVersion: SecureVersion; maxVersion: SecureVersion; ciphers: string };
  maxConcurrentStreams: number;
  maxReceiveBytes: number;
  connectionTimeoutMs: number;
  /** Undefined never asks a connection to end. */
  maxConnectionAgeMs: number | undefined;
  pingIntervalMs: number;
  pingTimeoutMs: number;
  certWatchIntervalMs: number;
}

type Values = Record<string, unknown>;

const folder = '/var/run/secrets/hub/grpc';

/** Upstream's fields, with its defaults; those that Node has no use for are taken and have no effect. */
const defaults = {
  tls_cert_file: `${folder}/serving-cert/tls.crt`,
  tls_key_file: `${folder}/serving-cert/tls.key`,
  client_ca_file: `${folder}/ca/ca-bundle.crt`,
  tls_min_version: 'VersionTLS12',
  tls_max_version: 'VersionTLS13',
  cipher_suites: '',
  server_bind_port: '8090',
  max_concurrent_streams: 2 ** 32 - 1,
  max_receive_message_size: 4 * 1024 * 1024,
  connection_timeout: 120_000,
  max_connection_age: undefined,
  server_ping_interval: 30_000,
  server_ping_timeout: 10_000,
  cert_watch_interval: 60_000,
};

const leastWatchMs = 30_000;
/** The longest that a timer waits; what is longer never comes. */
const longestMs = 2 ** 31 - 1;

const oldTls: string[] = ['TLSv1', 'TLSv1.1'];

const textIn = (values: Values, field: keyof typeof defaults): string => {
  const value = values[field] ?? defaults[field];
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`${field} must be a string`);
  return String(value);
};

const integerIn = (values: Values, field: keyof typeof defaults, least: number, most: number): number => {
  const value = Number(values[field] ?? defaults[field]);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${field} must be a whole number from ${least} to ${most}`);
  return value;
};

const durationIn = (values: Values, field: keyof typeof defaults): number | undefined => {
  const ms = configuredDuration(values[field], field) ?? (defaults[field] as number | undefined);
  return ms !== undefined && ms > longestMs ? undefined : ms;
};

const versionIn = (values: Values, field: 'tls_min_version' | 'tls_max_version'): SecureVersion => {
  const name = textIn(values, field);
  if (!isTlsVersion(name)) throw new Error(`invalid ${field} ${JSON.stringify(name)}`);
  return tlsProfile(name, []).minVersion;
};

const tlsOf = (values: Values): ServerConfig['tls'] => {
  const [minVersion, maxVersion] = [
    versionIn(values, 'tls_min_version'),
    versionIn(values, 'tls_max_version'),
  ];
  if (oldTls.includes(minVersion))
    throw new Error(
      `tls_min_version ${JSON.stringify(textIn(values, 'tls_min_version'))} is lower than TLS 1.2; ` +
        'minimum supported is TLS 1.2',
    );
  // From here on 1.2 or 1.3, whose names are in their order.
  if (minVersion > maxVersion)
    throw new Error(
      `tls_min_version ${JSON.stringify(textIn(values, 'tls_min_version'))} must be <= tls_max_version ` +
        JSON.stringify(textIn(values, 'tls_max_version')),
    );
  const suites = textIn(values, 'cipher_suites')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const unknown = suites.find((name) => knownCipherSuites([name]).length === 0);
  if (unknown !== undefined) throw new Error(`unrecognized cipher suite: ${unknown}`);
  return { minVersion, maxVersion, ciphers: tlsProfile(textIn(values, 'tls_min_version'), suites).ciphers };
};

/** What the command line says of TLS wins over the file; empty says nothing. */
export interface TlsOverride {
  minVersion: string;
  cipherSuites: string;
}

/** The configuration that a file's values make. Throws an Error that names the field. */
export const serverConfigOf = (values: Values, { minVersion, cipherSuites }: TlsOverride): ServerConfig => {
  const own: Values = {
    ...values,
    ...(minVersion && { tls_min_version: minVersion }),
    ...(cipherSuites && { cipher_suites: cipherSuites }),
  };
  const certWatchIntervalMs = durationIn(own, 'cert_watch_interval') ?? longestMs;
  if (certWatchIntervalMs <= leastWatchMs)
    throw new Error(`cert_watch_interval (${certWatchIntervalMs / 1000}s) must be greater than 30 seconds`);
  return {
    port: integerIn(own, 'server_bind_port', 0, 65_535),
    certFile: textIn(own, 'tls_cert_file'),
    keyFile: textIn(own, 'tls_key_file'),
    clientCaFile: textIn(own, 'client_ca_file'),
    tls: tlsOf(own),
    maxConcurrentStreams: integerIn(own, 'max_concurrent_streams', 1, 2 ** 32 - 1),
    maxReceiveBytes: integerIn(own, 'max_receive_message_size', 1, 2 ** 31 - 1),
    connectionTimeoutMs: durationIn(own, 'connection_timeout') ?? longestMs,
    maxConnectionAgeMs: durationIn(own, 'max_connection_age'),
    pingIntervalMs: durationIn(own, 'server_ping_interval') ?? longestMs,
    pingTimeoutMs: durationIn(own, 'server_ping_timeout') ?? longestMs,
    certWatchIntervalMs,
  };
};

/**
 * Reads `--server-config`; a file that is not there means the defaults, and `onMissing` is told.
 * @throws Error that names the file and the field
 */
export const readServerConfig = async (
  path: string,
  override: TlsOverride,
  onMissing: () => void,
): Promise<ServerConfig> => {
  let text = '';
  try {
    if (path) text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    onMissing();
  }
  const { readYaml } = await import('../../runtime/client/yaml/read.ts');
  try {
    const values: unknown = text.trim() === '' ? {} : readYaml(text);
    if (typeof values !== 'object' || Array.isArray(values)) throw new Error('the content must be a map');
    return serverConfigOf((values as Values | null) ?? {}, override);
  } catch (error) {
    throw new Error(`gRPC server configuration ${path}: ${(error as Error).message}`, { cause: error });
  }
};
