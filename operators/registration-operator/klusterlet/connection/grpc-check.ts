import { basename } from 'node:path';
import { dataType } from '../../../fleet/hub-events/data-types.ts';
import { listenOnce } from '../../../fleet/hub-events/listen-once.ts';
import { ApiError } from '../../../runtime/client/errors.ts';
import { isMap } from '../../../runtime/client/json.ts';
import { KubeconfigError } from '../../../runtime/client/kubeconfig/kubeconfig.ts';
import type { Secret } from '../../../runtime/client/kubernetes.ts';
import { readYaml } from '../../../runtime/client/yaml/read.ts';
import {
  type GrpcClientConfig,
  type Source,
  grpcClientConfigOf,
  grpcClientOptionsOf,
} from '../../../runtime/grpc/client-config.ts';
import { createGrpcClient } from '../../../runtime/grpc/client.ts';
import { describeSecret, textOf } from '../../secrets/secret.ts';
import { type Reviewed, grpcConfigKey } from './access-reviews.ts';

/** Milliseconds until a server counts as one that does not answer. */
const answerMs = 10_000;

/** What an agent listens to before it has joined, and after. */
const listenedTo = {
  bootstrap: [dataType.clusters, dataType.requests],
  hub: [dataType.requests, dataType.clusters, dataType.leases, dataType.bundles],
} as const;

/**
 * How a secret says that its gRPC server is reached. Files that it names are keys of the same secret: files of the
 * operator's own Pod are never read.
 * @throws KubeconfigError that names the secret and the remedy
 */
export const grpcConfigOfSecret = (secret: Secret): GrpcClientConfig => {
  const name = describeSecret(secret);
  const text = textOf(secret, grpcConfigKey);
  if (text === undefined)
    throw new KubeconfigError(
      `${name} has no key "${grpcConfigKey}"; put the configuration of a gRPC client under it`,
    );
  let config: GrpcClientConfig;
  try {
    const values = readYaml(text);
    if (!isMap(values)) throw new Error('the content must be a map');
    config = grpcClientConfigOf(values);
  } catch (error) {
    throw new KubeconfigError(`${name}, key "${grpcConfigKey}": ${(error as Error).message}`);
  }
  const embedded = (source: Source | undefined): Source | undefined => {
    if (source === undefined || 'data' in source) return source;
    const data = textOf(secret, basename(source.file));
    if (data === undefined)
      throw new KubeconfigError(
        `${name}, key "${grpcConfigKey}": the file ${JSON.stringify(source.file)} is not in the secret under the key "${basename(source.file)}"`,
      );
    return { data };
  };
  const { ca, cert, key, token } = config;
  return { ...config, ca: embedded(ca), cert: embedded(cert), key: embedded(key), token: embedded(token) };
};

/**
 * Listens for a moment to all that an agent listens to, up to the first that is denied.
 * @throws KubeconfigError, ApiError or ConnectionError
 */
export const listenAs = async (
  phase: keyof typeof listenedTo,
  secret: Secret,
  cluster: string,
  signal: AbortSignal,
): Promise<Reviewed> => {
  const config = grpcConfigOfSecret(secret);
  const grpc = createGrpcClient(grpcClientOptionsOf(config));
  const options = { source: 'klusterlet-operator', cluster, timeoutMs: answerMs, signal };
  try {
    for (const each of listenedTo[phase]) {
      try {
        await listenOnce(grpc, { ...options, dataType: each });
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 403) throw error;
        return { allowed: false, server: config.url, denied: `listen to ${each} of cluster "${cluster}"` };
      }
    }
    return { allowed: true, server: config.url };
  } finally {
    grpc.close();
  }
};
