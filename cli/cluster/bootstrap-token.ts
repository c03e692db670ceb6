import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type Secret,
  secrets,
  serviceAccounts,
  type TokenRequest,
} from '../../operators/runtime/client/kubernetes.ts';
import { BOOTSTRAP_SERVICE_ACCOUNT, BOOTSTRAP_TOKEN_SECRET, OPERATOR_NAMESPACE } from '../names.ts';

const TOKEN_SECONDS = 3600;

/** A token with which a cluster may ask to join (cli.md 4.6); rejects when its source is missing. */
export const bootstrapToken = (client: Client, useBootstrapToken: boolean): Promise<string> =>
  useBootstrapToken ? secretToken(client) : serviceAccountToken(client);

const serviceAccountToken = async (client: Client): Promise<string> => {
  const source = { name: BOOTSTRAP_SERVICE_ACCOUNT, namespace: OPERATOR_NAMESPACE };
  try {
    const answer = await client.createSubresource<TokenRequest>(serviceAccounts, source, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    });
    return answer.status?.token ?? '';
  } catch (error) {
    throw new Error(
      `failed to get token from sa ${source.namespace}/${source.name}: ${(error as Error).message}; clusteradm init creates it`,
      { cause: error },
    );
  }
};

const decoded = (data: Record<string, string> | undefined, key: string): string =>
  Buffer.from(data?.[key] ?? '', 'base64').toString();

/** The bootstrap tokens that init made, the newest first. */
export const tokenSecrets = async (client: Client): Promise<Secret[]> => {
  const { items } = await client.list(secrets, {
    namespace: BOOTSTRAP_TOKEN_SECRET.namespace,
    labelSelector: 'app=cluster-manager',
  });
  return items
    .filter(({ metadata }) => metadata.name.startsWith('bootstrap-token-'))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
};

const secretToken = async (client: Client): Promise<string> => {
  const [newest] = await tokenSecrets(client);
  if (!newest) {
    throw new Error(
      'secrets "bootstrap-token-*" not found: clusteradm init --use-bootstrap-token creates one',
    );
  }
  return `${decoded(newest.data, 'token-id')}.${decoded(newest.data, 'token-secret')}`;
};

/**
 * The secret half of the token that an earlier init made, so that another init leaves join commands valid that are out
 * already; undefined when there is none.
 */
export const presentTokenSecret = async (client: Client): Promise<string | undefined> => {
  const { name, namespace } = BOOTSTRAP_TOKEN_SECRET;
  const secret = await client.find(secrets, name, namespace);
  return decoded(secret?.data, 'token-secret') || undefined;
};

/** What `-o json` of `init` and `get token` prints (cli.md 4.7). */
export const tokenJson = (token: string, server: string): string =>
  `${JSON.stringify({ 'hub-token': token, 'hub-apiserver': server }, null, 2)}\n`;
