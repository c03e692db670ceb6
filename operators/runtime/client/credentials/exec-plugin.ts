/**
 * Exec plugins and auth providers (OIDC and the clouds' own). The only file that loads client-node, itself loaded
 * only for a connection that names such a user (docs/decisions/001-api-client.md).
 */
import { KubeConfig } from '@kubernetes/client-node';
import type { Connection } from '../connection.ts';

interface PluginIdentity {
  authorization?: string;
  cert?: string;
  key?: string;
}

interface ExecFields {
  apiVersion?: string;
  env?: { name: string; value: string }[] | null;
  provideClusterInfo?: boolean;
}

const configs = new WeakMap<Connection, KubeConfig>();

const text = (value: unknown): string | undefined =>
  value === undefined || value === null
    ? undefined
    : Buffer.isBuffer(value)
      ? value.toString()
      : String(value as string);

/** What client-go tells a plugin, and client-node does not: the version spoken and, if asked for, the cluster. */
const withExecInfo = (exec: ExecFields, connection: Connection): ExecFields => {
  const cluster = {
    server: connection.server,
    'tls-server-name': connection.tlsServerName,
    'insecure-skip-tls-verify': connection.insecureSkipTlsVerify,
    'certificate-authority-data': connection.caData && Buffer.from(connection.caData).toString('base64'),
    'proxy-url': connection.proxyUrl,
  };
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: process.stdin.isTTY === true, ...(exec.provideClusterInfo ? { cluster } : {}) },
  };
  return {
    ...exec,
    env: [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
  };
};

const configOf = (connection: Connection): KubeConfig => {
  const user = connection.exec as { exec?: ExecFields; 'auth-provider'?: object };
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'cluster', server: connection.server, skipTLSVerify: false }],
    users: [
      {
        name: 'user',
        ...(user.exec && { exec: withExecInfo(user.exec, connection) }),
        ...(user['auth-provider'] && { authProvider: user['auth-provider'] }),
      },
    ],
    contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
    currentContext: 'context',
  });
  return config;
};

/**
 * The identity that the connection's plugin gives. The plugin's own expiry is honoured.
 * @param isNew forget what the plugin said before, since it was refused
 */
export const askPlugin = async (
  connection: Connection,
  { isNew }: { isNew: boolean },
): Promise<PluginIdentity> => {
  const config = (!isNew && configs.get(connection)) || configOf(connection);
  configs.set(connection, config);
  const options: { headers?: Record<string, string>; cert?: unknown; key?: unknown } = {};
  try {
    await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  } catch (error) {
    configs.delete(connection);
    throw new Error(`the kubeconfig's credential plugin failed: ${(error as Error).message.trim()}`, {
      cause: error,
    });
  }
  return { authorization: options.headers?.Authorization, cert: text(options.cert), key: text(options.key) };
};
