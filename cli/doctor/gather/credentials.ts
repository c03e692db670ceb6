import { X509Certificate } from 'node:crypto';
import { secret as secretNames } from '../../../operators/api/names.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { Connection } from '../../../operators/runtime/client/connection.ts';
import { ApiError, ConnectionError, messageOf } from '../../../operators/runtime/client/errors.ts';
import { parseKubeconfig } from '../../../operators/runtime/client/kubeconfig/connection-of.ts';
import { type Secret, secrets } from '../../../operators/runtime/client/kubernetes.ts';
import type { CommandContext } from '../../context.ts';
import type { CredentialFacts, ProbeFacts } from '../facts.ts';

/** Milliseconds after which a server counts as silent. */
const PROBE_MS = 20_000;

const PURPOSES: Record<string, CredentialFacts['purpose']> = {
  [secretNames.bootstrapHubKubeconfig]: 'bootstrap',
  [secretNames.hubKubeconfig]: 'hub',
  [secretNames.externalManagedKubeconfig]: 'managed',
};

/**
 * The kubeconfigs of a Klusterlet's agents: where each leads, until when it is valid, and what comes of using it from here.
 * @param cluster the name of the cluster on its hub, which is asked for with them
 */
export const credentialFacts = async (
  context: CommandContext,
  client: Client,
  namespace: string,
  cluster: string,
  hosted: boolean,
): Promise<CredentialFacts[]> => {
  const names = Object.keys(PURPOSES).filter((name) => hosted || PURPOSES[name] !== 'managed');
  return Promise.all(
    names.map(async (name) => {
      const found = await client.find(secrets, name, namespace);
      const own = { namespace, secret: name, purpose: PURPOSES[name]!, present: found !== undefined };
      if (!found) return own;
      let connection: Connection;
      try {
        connection = connectionIn(found);
      } catch (error) {
        // What is said of a text that is no YAML may quote it.
        return { ...own, problem: messageOf(error).replace(/( is neither YAML nor JSON):.*/s, '$1') };
      }
      const path =
        own.purpose === 'managed'
          ? '/version'
          : `/apis/cluster.open-cluster-management.io/v1/managedclusters/${encodeURIComponent(cluster)}`;
      return { ...own, ...described(connection), probe: await probe(context, connection, path) };
    }),
  );
};

/** What a Secret's kubeconfig says, and the files that it names within the Secret; nothing of this machine. */
const connectionIn = ({ metadata, data = {} }: Secret): Connection => {
  const source = `Secret ${metadata.namespace}/${metadata.name}`;
  const text = (key: string) => (data[key] ? Buffer.from(data[key], 'base64').toString() : undefined);
  const kubeconfig = text('kubeconfig');
  if (!kubeconfig) throw new Error(`${source} has no kubeconfig`);
  const { caFile, certFile, keyFile, tokenFile, exec, ...connection } = parseKubeconfig(kubeconfig, {
    source,
  });
  if (exec) throw new Error(`${source}: its user runs a program, which no agent does`);
  const inSecret = (file: string | undefined): string | undefined => {
    if (file === undefined) return undefined;
    const content = text(file.split('/').at(-1)!);
    if (content === undefined) throw new Error(`${source} names the file ${file}, which is not in it`);
    return content;
  };
  return {
    ...connection,
    caData: connection.caData ?? inSecret(caFile),
    certData: connection.certData ?? inSecret(certFile),
    keyData: connection.keyData ?? inSecret(keyFile),
    token: connection.token ?? inSecret(tokenFile),
  };
};

const withoutUser = (address: string): string => {
  if (!URL.canParse(address)) return 'an address that cannot be read';
  const url = new URL(address);
  return `${url.protocol}//${url.host}`;
};

const described = ({
  server,
  proxyUrl,
  tlsServerName,
  token,
  certData,
}: Connection): Omit<CredentialFacts, 'namespace' | 'secret' | 'purpose' | 'present'> => {
  const expires = token && expiryOf(token);
  const certificate = certData && certificateOf(certData);
  return {
    server: withoutUser(server),
    ...(proxyUrl && { proxy: withoutUser(proxyUrl) }),
    ...(tlsServerName && { tlsServerName }),
    ...(expires && { tokenExpires: expires }),
    ...(certificate && {
      certificateFrom: new Date(certificate.validFrom).toISOString(),
      certificateUntil: new Date(certificate.validTo).toISOString(),
    }),
  };
};

/** Of a JSON web token, which bootstrap tokens of Kubernetes are not. */
const expiryOf = (token: string): string | undefined => {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: unknown;
    };
    return typeof claims.exp === 'number' ? new Date(claims.exp * 1000).toISOString() : undefined;
  } catch {
    return undefined;
  }
};

const certificateOf = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
};

const probe = async (context: CommandContext, connection: Connection, path: string): Promise<ProbeFacts> => {
  try {
    const signal = AbortSignal.timeout(PROBE_MS);
    await context.connectTo(connection).request({ method: 'GET', path, signal });
    return { ok: true };
  } catch (error) {
    // A cluster that is not there yet is an answer too.
    if (error instanceof ApiError) {
      return { ok: error.code === 404, status: error.code, message: error.message };
    }
    const code = error instanceof ConnectionError ? error.code : '';
    return { ok: false, code: code || (error as Error).name, message: messageOf(error) };
  }
};
