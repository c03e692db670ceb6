import { isAbsolute, join, resolve } from 'node:path';
import type { Connection, Impersonation } from '../connection.ts';
import { isMap, type JsonMap } from '../json.ts';
import { type Entry, type Kubeconfig, KubeconfigError, readKubeconfig } from './kubeconfig.ts';

/** What to take in place of the current context, and of what it names; empty is not given. */
export interface ContextOverrides {
  context?: string;
  cluster?: string;
  user?: string;
  namespace?: string;
}

/** The object without the fields that are undefined. */
export const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

/** Reads the fields of one entry by their kubeconfig names; the errors name the entry and the field. */
const reader = ({ fields, source, folder }: Entry, what: string) => {
  const fail = (field: string, problem: string): never => {
    throw new KubeconfigError(`${source}: ${field} of ${what} ${problem}`);
  };
  const text = (field: string): string | undefined => {
    const value = fields[field];
    if (value == null || value === '') return undefined;
    return typeof value === 'string' ? value : fail(field, 'must be a string; put it in quotes');
  };
  return {
    fail,
    text,
    flag: (field: string): boolean | undefined => {
      const value = fields[field];
      if (value == null) return undefined;
      return typeof value === 'boolean' ? value : fail(field, 'must be true or false');
    },
    file: (field: string): string | undefined => {
      const path = text(field);
      return path === undefined || folder === undefined || isAbsolute(path) ? path : resolve(folder, path);
    },
    data: (field: string): string | undefined => {
      const value = text(field)?.replace(/\s+/g, '');
      if (value === undefined) return undefined;
      if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
        return fail(field, 'is not base64; encode the PEM text with base64, or name a file instead');
      }
      return Buffer.from(value, 'base64').toString('utf8');
    },
    strings: (field: string): string[] | undefined => {
      const value = fields[field];
      if (value == null) return undefined;
      const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
      return isList ? (value as string[]) : fail(field, 'must be a list of strings');
    },
    stringLists: (field: string): Record<string, string[]> | undefined => {
      const value = fields[field];
      if (value == null) return undefined;
      const lists = isMap(value) ? Object.values(value) : [undefined];
      const valid = lists.every(
        (list) => Array.isArray(list) && list.every((item) => typeof item === 'string'),
      );
      return valid ? (value as Record<string, string[]>) : fail(field, 'must map names to lists of strings');
    },
  };
};

const serverOf = (entry: Entry, what: string): string => {
  const { text, fail } = reader(entry, what);
  const server = text('server');
  if (server === undefined) return fail('server', 'is missing; set it to the URL of the API server');
  if (!/^https?:\/\//i.test(server) || !URL.canParse(server)) {
    return fail('server', `is not a URL of the form https://host:port: ${JSON.stringify(server)}`);
  }
  return server.replace(/\/+$/, '');
};

const clusterOf = (entry: Entry, name: string): Connection => {
  const what = `cluster ${JSON.stringify(name)}`;
  const { text, flag, file, data } = reader(entry, what);
  const { fields } = entry;
  return {
    server: serverOf(entry, what),
    tlsServerName: text('tls-server-name'),
    caData: data('certificate-authority-data'),
    caFile: file('certificate-authority'),
    caSource: `${fields['certificate-authority'] && !fields['certificate-authority-data'] ? 'certificate-authority' : 'certificate-authority-data'} of ${what} in ${entry.source}`,
    insecureSkipTlsVerify: flag('insecure-skip-tls-verify'),
    proxyUrl: text('proxy-url'),
  };
};

const impersonationOf = (entry: Entry, what: string): Impersonation | undefined => {
  const { text, strings, stringLists, fail } = reader(entry, what);
  const [user, uid] = [text('as'), text('as-uid')];
  const [groups, extra] = [strings('as-groups'), stringLists('as-user-extra')];
  if (user !== undefined) return defined({ user, uid, groups, extra });
  return (uid ?? groups ?? extra) ? fail('as', 'is missing; impersonated groups need a user') : undefined;
};

const userOf = (entry: Entry, name: string): Partial<Connection> => {
  const what = `user ${JSON.stringify(name)}`;
  const { text, file, data, fail } = reader(entry, what);
  const user: Partial<Connection> = {
    certData: data('client-certificate-data'),
    certFile: file('client-certificate'),
    keyData: data('client-key-data'),
    keyFile: file('client-key'),
    token: text('token'),
    tokenFile: file('tokenFile'),
    username: text('username'),
    password: text('password'),
    impersonate: impersonationOf(entry, what),
  };
  const [hasCert, hasKey] = [user.certData ?? user.certFile, user.keyData ?? user.keyFile];
  if (hasCert && !hasKey) return fail('client-key', 'is missing; a client certificate needs its key');
  if (hasKey && !hasCert) return fail('client-certificate', 'is missing; a client key needs its certificate');
  return { ...user, exec: execOf(entry) };
};

/** An exec command with a slash in it is a path relative to the kubeconfig. */
const execOf = ({ fields: { exec, 'auth-provider': provider }, folder }: Entry): JsonMap | undefined => {
  if (provider != null) return { 'auth-provider': provider };
  if (exec == null) return undefined;
  if (!isMap(exec) || typeof exec.command !== 'string' || folder === undefined) return { exec };
  const isPath = exec.command.includes('/') && !isAbsolute(exec.command);
  return { exec: isPath ? { ...exec, command: join(folder, exec.command) } : exec };
};

const known = (map: Map<string, Entry>): string =>
  map.size === 0
    ? 'there are none'
    : `known are ${[...map.keys()].map((name) => JSON.stringify(name)).join(', ')}`;

/**
 * The connection of a kubeconfig's current context, or of the context (cluster, user, namespace) asked for.
 * @throws KubeconfigError
 */
export const connectionOf = (config: Kubeconfig, overrides: ContextOverrides = {}): Connection => {
  // Flags of a command line are empty when they are not given.
  const name = overrides.context || config.currentContext;
  const missing = (what: string, map: Map<string, Entry>, remedy: string): never => {
    throw new KubeconfigError(`${config.source}: ${what}; ${known(map)}; ${remedy}`);
  };
  if (name === undefined && !overrides.cluster) {
    return missing('current-context is not set', config.contexts, 'set it with kubectl config use-context');
  }
  const context = name === undefined ? undefined : config.contexts.get(name);
  if (name !== undefined && context === undefined) {
    const said = overrides.context ? 'asked for' : 'current-context names';
    return missing(
      `${said} the unknown context ${JSON.stringify(name)}`,
      config.contexts,
      'name one of them',
    );
  }
  const { text } = reader(
    context ?? { fields: {}, source: config.source },
    `context ${JSON.stringify(name)}`,
  );
  const clusterName = (overrides.cluster || text('cluster')) ?? '';
  const userName = overrides.user || text('user');
  const cluster = config.clusters.get(clusterName);
  if (cluster === undefined) {
    const remedy = 'add it under clusters or correct the context';
    return missing(`unknown cluster ${JSON.stringify(clusterName)}`, config.clusters, remedy);
  }
  const user = userName === undefined ? undefined : config.users.get(userName);
  if (userName !== undefined && user === undefined) {
    const remedy = 'add it under users or correct the context';
    return missing(`unknown user ${JSON.stringify(userName)}`, config.users, remedy);
  }
  return defined({
    ...clusterOf(cluster, clusterName),
    ...(user && userName !== undefined ? userOf(user, userName) : {}),
    namespace: overrides.namespace || text('namespace'),
  });
};

/** {@link readKubeconfig} and {@link connectionOf} in one. */
export const parseKubeconfig = (
  text: string,
  options: ContextOverrides & { source?: string; folder?: string } = {},
): Connection => connectionOf(readKubeconfig(text, options.source, options.folder), options);
