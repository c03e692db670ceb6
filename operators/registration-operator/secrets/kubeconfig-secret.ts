import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../../runtime/client/client.ts';
import type { Connection } from '../../runtime/client/connection.ts';
import { isForbidden, isNotFound } from '../../runtime/client/errors.ts';
import { parseKubeconfig } from '../../runtime/client/kubeconfig/connection-of.ts';
import { KubeconfigError } from '../../runtime/client/kubeconfig/kubeconfig.ts';
import { renderKubeconfig } from '../../runtime/client/kubeconfig/kubeconfig-writer.ts';
import {
  type Secret,
  type ServiceAccount,
  secrets,
  serviceAccounts,
  type TokenRequest,
} from '../../runtime/client/kubernetes.ts';
import type { ObjectName } from '../../runtime/client/object.ts';
import { encode, textOf, writeSecret } from './secret.ts';

/** A kubeconfig secret by which Pods on one cluster act as a ServiceAccount of another (operator.md 4.7 and 5.5). */
export interface KubeconfigSecretRequest {
  /** Where the secret is kept. */
  home: Client;
  secret: Required<ObjectName>;
  labels?: Record<string, string>;
  fieldManager: string;
  /** Folder that Pods mount the secret at, for the path of the token file. */
  folder: string;
  /** The cluster of the ServiceAccount, and how its API server is reached. */
  away: Client;
  connection: Connection;
  serviceAccount: Required<ObjectName>;
}

interface Token {
  token: string;
  /** RFC 3339; undefined for a token that does not expire. */
  expiration?: string;
}

const lifetimeSeconds = 8640 * 3600;
/** The part of a token's lifetime that must be left (operator.md 4.7: 1728 of 8640 hours). */
const renewalShare = 1 / 5;

const claimsOf = (token: string): { iat?: unknown } => {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iat?: unknown;
    };
  } catch {
    // Not a JWT: the token's age is unknown, and the lifetime that was asked for is assumed.
    return {};
  }
};

/**
 * When a token is to be replaced, in milliseconds since the epoch; Infinity when it does not expire. A fifth of the
 * lifetime that the API server granted must be left, however short that is (D20).
 */
export const renewalTime = ({ token, expiration }: Token): number => {
  if (expiration === undefined) return Infinity;
  const end = Date.parse(expiration);
  if (Number.isNaN(end)) return 0;
  const { iat } = claimsOf(token);
  const lifetimeMs = typeof iat === 'number' ? end - iat * 1000 : lifetimeSeconds * 1000;
  return end - lifetimeMs * renewalShare;
};

/** What the kubeconfig says: where the server is, and in which file the token. */
const pointer = (connection: Connection, tokenFile: string | undefined): Connection => ({
  server: connection.server,
  caData: connection.caData,
  insecureSkipTlsVerify: connection.insecureSkipTlsVerify || undefined,
  tlsServerName: connection.tlsServerName,
  proxyUrl: connection.proxyUrl,
  tokenFile,
});

const saysSame = (kubeconfig: string | undefined, wanted: Connection): boolean => {
  if (kubeconfig === undefined) return false;
  try {
    const present = parseKubeconfig(kubeconfig);
    return isDeepStrictEqual(pointer(present, present.tokenFile), wanted);
  } catch (error) {
    if (error instanceof KubeconfigError) return false;
    throw error;
  }
};

/** The token of a secret that still serves: it is of this very ServiceAccount, and lasts long enough. */
export const usableToken = (
  secret: Secret | undefined,
  account: ServiceAccount,
  now: number,
): Token | undefined => {
  const token = textOf(secret, 'token');
  if (token === undefined) return undefined;
  const held = { token, expiration: textOf(secret, 'expiration') };
  const { name, namespace, uid } = account.metadata;
  const isOfAccount =
    textOf(secret, 'serviceaccount_name') === name &&
    textOf(secret, 'serviceaccount_namespace') === namespace &&
    textOf(secret, 'serviceaccount_uid') === uid;
  return isOfAccount && renewalTime(held) > now ? held : undefined;
};

/** A token secret of the old kind that the ServiceAccount lists; one that cannot be read is passed over (D27). */
const legacyToken = async (
  client: Client,
  account: ServiceAccount,
  signal?: AbortSignal,
): Promise<Token | undefined> => {
  for (const { name } of account.secrets ?? []) {
    if (name === undefined) continue;
    try {
      const secret = await client.find(secrets, name, account.metadata.namespace, { signal });
      const token = textOf(secret, 'token');
      const owner = secret?.metadata.annotations?.['kubernetes.io/service-account.uid'];
      if (secret?.type === 'kubernetes.io/service-account-token' && token && owner === account.metadata.uid)
        return { token };
    } catch (error) {
      if (!isForbidden(error)) throw error;
    }
  }
  return undefined;
};

const requestToken = async (
  client: Client,
  account: ServiceAccount,
  signal?: AbortSignal,
): Promise<Token> => {
  const { name, namespace } = account.metadata;
  const { status } = await client.createSubresource<TokenRequest>(
    serviceAccounts,
    { name, namespace },
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: lifetimeSeconds },
    },
    { signal },
  );
  if (!status?.token)
    throw new Error(`the API server issued no token for ServiceAccount ${namespace}/${name}`);
  return { token: status.token, expiration: status.expirationTimestamp as string | undefined };
};

const findAccount = async (
  client: Client,
  { name, namespace }: Required<ObjectName>,
  signal?: AbortSignal,
): Promise<ServiceAccount> => {
  try {
    return await client.get(serviceAccounts, name, namespace, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new Error(`ServiceAccount ${namespace}/${name} does not exist on ${client.server} yet`, {
      cause: error,
    });
  }
};

/** A token without an end is good for as long as its own secret stands. */
const tokenFor = async (
  client: Client,
  account: ServiceAccount,
  held: Token | undefined,
  signal?: AbortSignal,
): Promise<Token> =>
  held?.expiration !== undefined
    ? held
    : ((await legacyToken(client, account, signal)) ?? requestToken(client, account, signal));

/**
 * Makes sure that the secret holds a kubeconfig with a token that serves; writes only when it does not.
 * @returns when to come back to renew the token, in milliseconds since the epoch; Infinity when it does not expire
 * @throws Error when the ServiceAccount does not exist
 */
export const syncKubeconfigSecret = async (
  request: KubeconfigSecretRequest,
  options: { now?: number; signal?: AbortSignal } = {},
): Promise<number> => {
  const { home, secret, labels = {}, fieldManager, folder, away } = request;
  const { now = Date.now(), signal } = options;
  const account = await findAccount(away, request.serviceAccount, signal);
  const present = await home.find(secrets, secret.name, secret.namespace, { signal });
  const token = await tokenFor(away, account, usableToken(present, account, now), signal);
  const wanted = pointer(request.connection, `${folder}/token`);
  const text = textOf(present, 'kubeconfig');
  const content: Record<string, string | undefined> = {
    kubeconfig: saysSame(text, wanted)
      ? text
      : renderKubeconfig(wanted, { cluster: 'cluster', context: 'context', user: 'user' }),
    token: token.token,
    expiration: token.expiration,
    serviceaccount_namespace: account.metadata.namespace,
    serviceaccount_name: account.metadata.name,
    serviceaccount_uid: account.metadata.uid,
  };
  const data = Object.fromEntries(
    Object.entries(content).flatMap(([key, value]) => (value ? [[key, encode(value)]] : [])),
  );
  await writeSecret(home, { metadata: { ...secret, labels }, type: 'Opaque', data }, fieldManager);
  return renewalTime(token);
};
