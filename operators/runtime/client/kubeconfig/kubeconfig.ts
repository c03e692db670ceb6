import { isMap, type JsonMap } from '../json.ts';
import { readYaml } from '../yaml/read.ts';

/** A kubeconfig, or the Pod's service account, cannot be used; the message names the source, the field and the remedy. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

/** One entry of a kubeconfig together with the file that it came from. */
export interface Entry {
  fields: JsonMap;
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

const parseText = (text: string, source: string): JsonMap => {
  let value: unknown;
  try {
    value = readYaml(text);
  } catch (error) {
    throw new KubeconfigError(`${source} is neither YAML nor JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!isMap(value)) {
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

const entriesOf = (root: JsonMap, list: string, field: string, source: string, folder?: string) => {
  const entries = new Map<string, Entry>();
  const items = root[list] ?? [];
  if (!Array.isArray(items)) throw new KubeconfigError(`${source}: ${list} must be a list`);
  for (const [index, item] of items.entries()) {
    if (!isMap(item) || typeof item.name !== 'string') {
      throw new KubeconfigError(`${source}: ${list}[${index}] has no name`);
    }
    const fields = item[field] ?? {};
    if (!isMap(fields)) {
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
export const readKubeconfig = (text: string, source = 'the kubeconfig', folder?: string): Kubeconfig => {
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
export const mergeKubeconfigs = (configs: Kubeconfig[]): Kubeconfig => {
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
