import type { Client } from '../operators/runtime/client/client.ts';
import { secrets, serviceAccounts, type TokenRequest } from '../operators/runtime/client/kubernetes.ts';
import { BOOTSTRAP_SERVICE_ACCOUNT } from './objects/cluster-manager.ts';
import { OPERATOR_NAMESPACE } from './objects/operator.ts';

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
      `failed to get token from sa ${source.namespace}/${source.name}: ${(error as Error).message}`,
      { cause: error },
    );
  }
};

/** The token of the newest bootstrap Secret, as `<id>.<secret>`; undefined when there is none. */
export const presentBootstrapToken = async (client: Client): Promise<string | undefined> => {
  const { items } = await client.list(secrets, {
    namespace: 'kube-system',
    labelSelector: 'app=cluster-manager',
  });
  const [newest] = items
    .filter(({ metadata }) => metadata.name.startsWith('bootstrap-token-'))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
  if (!newest) return undefined;
  const read = (key: string) => Buffer.from(newest.data?.[key] ?? '', 'base64').toString();
  return `${read('token-id')}.${read('token-secret')}`;
};

const secretToken = async (client: Client): Promise<string> => {
  const token = await presentBootstrapToken(client);
  if (token) return token;
  throw new Error('secrets "bootstrap-token-*" not found: run init --use-bootstrap-token on the hub first');
};
