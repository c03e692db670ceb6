import type { Connection } from '../connection.ts';

export interface KubeconfigNames {
  /** Default `default-cluster`. */
  cluster?: string;
  /** Default `default-auth`. */
  user?: string;
  /** Default `default-context`. */
  context?: string;
}

type Node = string | number | boolean | null | Node[] | { [field: string]: Node | undefined } | undefined;

/** A text as JSON has it, which is YAML once what YAML takes for line ends and for controls is escaped. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Words that YAML 1.1 takes for something else than a text. */
const reserved = /^(y|n|yes|no|on|off|true|false|null)$/i;

const keyOf = (field: string): string =>
  /^[A-Za-z][\w.-]*$/.test(field) && !reserved.test(field) ? field : quoted(field);

/** Writes block YAML; a scalar is written as JSON, which is YAML too, so that no value needs a second thought. */
const yaml = (node: Node, indent = ''): string => {
  if (Array.isArray(node)) {
    return node.map((item) => `${indent}- ${yaml(item, `${indent}  `).trimStart()}`).join('');
  }
  if (typeof node !== 'object' || node === null)
    return `${typeof node === 'string' ? quoted(node) : JSON.stringify(node)}\n`;
  return Object.entries(node)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => {
      const key = `${indent}${keyOf(field)}`;
      if (typeof value !== 'object' || value === null) return `${key}: ${yaml(value)}`;
      const isEmpty = Object.values(value).every((item) => item === undefined);
      if (isEmpty) return `${key}: ${Array.isArray(value) ? '[]' : '{}'}\n`;
      return `${key}:\n${yaml(value, Array.isArray(value) ? indent : `${indent}  `)}`;
    })
    .join('');
};

const base64 = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'utf8').toString('base64');

const clusterFields = (connection: Connection): Node => ({
  'certificate-authority': connection.caData === undefined ? connection.caFile : undefined,
  'certificate-authority-data': base64(connection.caData),
  'insecure-skip-tls-verify': connection.insecureSkipTlsVerify || undefined,
  'proxy-url': connection.proxyUrl,
  server: connection.server,
  'tls-server-name': connection.tlsServerName,
});

const userFields = (connection: Connection): Node => {
  const { impersonate } = connection;
  return {
    as: impersonate?.user,
    'as-uid': impersonate?.uid,
    'as-groups': impersonate?.groups,
    'as-user-extra': impersonate?.extra,
    'client-certificate': connection.certData === undefined ? connection.certFile : undefined,
    'client-certificate-data': base64(connection.certData),
    'client-key': connection.keyData === undefined ? connection.keyFile : undefined,
    'client-key-data': base64(connection.keyData),
    password: connection.password,
    token: connection.token,
    tokenFile: connection.tokenFile,
    username: connection.username,
    ...(connection.exec as { [field: string]: Node } | undefined),
  };
};

/**
 * Writes a kubeconfig with one context, as YAML. Files are written as named, so a relative one stays relative to the
 * folder in which the kubeconfig is put.
 */
export const renderKubeconfig = (connection: Connection, names: KubeconfigNames = {}): string => {
  const { cluster = 'default-cluster', user = 'default-auth', context = 'default-context' } = names;
  return yaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: clusterFields(connection) }],
    contexts: [{ name: context, context: { cluster, namespace: connection.namespace, user } }],
    'current-context': context,
    users: [{ name: user, user: userFields(connection) }],
  });
};
