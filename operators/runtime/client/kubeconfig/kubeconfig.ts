import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import type { Connection, Impersonation } from '../connection.ts';

export { type KubeconfigNames, renderKubeconfig } from './kubeconfig-writer.ts';

/** A kubeconfig, or the Pod's service account, cannot be used; the message names the source, the field and the remedy. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

type Fields = Record<string, unknown>;

/** One entry of a kubeconfig together with the file that it came from. */
interface Entry {
  fields: Fields;
  source: string;
  /** Relative paths in the entry are relative to this folder. */
  folder?: string;
}

/** One kubeconfig, or several merged: the first that names an entry wins, as kubectl does. */
export interface Kubeconfig {
  source: string;
  currentContext?: string;
  clusters: Map<string, Entry>;
  users: Map<string, Entry>;
  contexts: Map<string, Entry>;
}

export interface ContextOverrides {
  context?: string;
  cluster?: string;
  user?: string;
  namespace?: string;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

const parseText = (text: string, source: string): Fields => {
  let value: unknown;
  try {
    value = load(text, { filename: source });
  } catch (error) {
    const reason =
      error instanceof Error ? (error as { reason?: string }).reason || error.message.split('\n')[0] : '';
    throw new KubeconfigError(`${source} is neither YAML nor JSON: ${reason}`, { cause: error });
  }
  if (!isFields(value)) {
    throw new KubeconfigError(
      `${source} is not a kubeconfig: expected a mapping with clusters, users and contexts`,
    );
  }
  if (value.kind !== undefined && value.kind !== 'Config') {
    throw new KubeconfigError(
      `${source} is not a kubeconfig: its kind is ${JSON.stringify(value.kind)}, not "Config"`,
    );
  }
  return value;
};

const entriesOf = (root: Fields, list: string, field: string, source: string, folder?: string) => {
  const entries = new Map<string, Entry>();
  const items = root[list] ?? [];
  if (!Array.isArray(items)) throw new KubeconfigError(`${source}: ${list} must be a list`);
  for (const [index, item] of items.entries()) {
    if (!isFields(item) || typeof item.name !== 'string') {
      throw new KubeconfigError(`${source}: ${list}[${index}] has no name`);
    }
    const fields = item[field] ?? {};
    if (!isFields(fields)) {
      throw new KubeconfigError(`${source}: ${list}[${index}].${field} must be a mapping`);
    }
    if (entries.has(item.name)) {
      throw new KubeconfigError(`${source}: ${list} names ${JSON.stringify(item.name)} twice; remove one`);
    }
    entries.set(item.name, { fields, source, folder });
  }
  return entries;
};

/**
 * Reads the text of one kubeconfig, YAML or JSON.
 * @param source names the text in errors: a path, or `secret hub-kubeconfig-secret`
 * @param folder what relative paths are relative to; without it they stay as they are
 * @throws KubeconfigError
 */
const readKubeconfig = (text: string, source = 'the kubeconfig', folder?: string): Kubeconfig => {
  const root = parseText(text, source);
  const currentContext = root['current-context'];
  if (currentContext != null && typeof currentContext !== 'string') {
    throw new KubeconfigError(`${source}: current-context must be a string`);
  }
  return {
    source,
    currentContext: currentContext || undefined,
    clusters: entriesOf(root, 'clusters', 'cluster', source, folder),
    users: entriesOf(root, 'users', 'user', source, folder),
    contexts: entriesOf(root, 'contexts', 'context', source, folder),
  };
};

/** Merges kubeconfigs: of each name, and of the current context, the first one that is set wins. */
const mergeKubeconfigs = (configs: Kubeconfig[]): Kubeconfig => {
  const merge = (pick: (config: Kubeconfig) => Map<string, Entry>) =>
    new Map(configs.toReversed().flatMap((config) => [...pick(config)]));
  return {
    source: configs.map(({ source }) => source).join(', '),
    currentContext: configs.find(({ currentContext }) => currentContext)?.currentContext,
    clusters: merge(({ clusters }) => clusters),
    users: merge(({ users }) => users),
    contexts: merge(({ contexts }) => contexts),
  };
};

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
      const lists = isFields(value) ? Object.values(value) : [undefined];
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
  return {
    server: serverOf(entry, what),
    tlsServerName: text('tls-server-name'),
    caData: data('certificate-authority-data'),
    caFile: file('certificate-authority'),
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
const execOf = ({ fields: { exec, 'auth-provider': provider }, folder }: Entry): Fields | undefined => {
  if (provider != null) return { 'auth-provider': provider };
  if (exec == null) return undefined;
  if (!isFields(exec) || typeof exec.command !== 'string' || folder === undefined) return { exec };
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

const readText = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KubeconfigError(`cannot read ${what}: ${(error as Error).message}`, { cause: error });
  }
};

/** Reads one kubeconfig file; relative paths in it are relative to its folder. */
export const readKubeconfigFile = (path: string): Kubeconfig => {
  const absolute = resolve(path);
  return readKubeconfig(readText(absolute, 'the kubeconfig'), absolute, dirname(absolute));
};

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Record<string, string | undefined>;

/**
 * The connection of the Pod's service account.
 * @throws KubeconfigError outside a Pod
 */
export const inClusterConnection = (
  env: Environment = process.env,
  folder: string = serviceAccountFolder,
): Connection => {
  const [host, port] = [env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT];
  if (!host || !port) {
    throw new KubeconfigError(
      'not in a Pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set); name a kubeconfig',
    );
  }
  const what = "the Pod's service account (is automountServiceAccountToken off?)";
  readText(join(folder, 'token'), what);
  readText(join(folder, 'ca.crt'), what);
  let namespace: string | undefined;
  try {
    namespace = readFileSync(join(folder, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    // A projected service account token may come without its namespace; nothing here needs it.
  }
  return defined({
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    caFile: join(folder, 'ca.crt'),
    tokenFile: join(folder, 'token'),
    namespace,
  });
};

export interface LoadOptions extends ContextOverrides {
  env?: Environment;
  home?: string;
}

/**
 * Finds the connection as controllers do: the path given, the files of KUBECONFIG, the Pod's service account, and
 * last ~/.kube/config.
 * @throws KubeconfigError
 */
export const loadConnection = (path?: string, options: LoadOptions = {}): Connection => {
  const { env = process.env, home = homedir() } = options;
  if (path) return connectionOf(readKubeconfigFile(path), options);
  const files = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (files.length > 0) return connectionOf(readKubeconfigs(files), options);
  if (env.KUBERNETES_SERVICE_HOST) return inClusterConnection(env);
  return connectionOf(readKubeconfigFile(join(home, '.kube', 'config')), options);
};

const isMissingFile = (error: unknown): boolean =>
  error instanceof KubeconfigError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** Reads and merges the files of a KUBECONFIG list; one that does not exist is left out, as kubectl does. */
export const readKubeconfigs = (paths: string[]): Kubeconfig => {
  const configs: Kubeconfig[] = [];
  let missing: unknown;
  for (const path of paths) {
    try {
      configs.push(readKubeconfigFile(path));
    } catch (error) {
      if (!isMissingFile(error)) throw error;
      missing ??= error;
    }
  }
  if (configs.length === 0 && missing !== undefined) throw missing;
  return mergeKubeconfigs(configs);
};
