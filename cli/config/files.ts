import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { isMap, type JsonMap } from '../../operators/runtime/client/json.ts';
import { readKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig.ts';
import { readYaml } from '../../operators/runtime/client/yaml/read.ts';
import type { CommandContext } from '../context.ts';
import { writePrivateFile } from '../files/private-file.ts';
import { yamlDocuments } from '../output/printers.ts';
import { currentContextOf, entriesOf, type Kind } from './entries.ts';

/** One file of the kubeconfig in force; one that is not there has nothing in it. */
export interface ConfigFile {
  path: string;
  root: JsonMap;
}

/** The files of the kubeconfig in force, the first of which wins, and the one that takes what is new (cli.md 17). */
export interface ConfigFiles {
  files: ConfigFile[];
  target: string;
}

/** Where kubectl looks, and in that order: the file of the flag, those of $KUBECONFIG, or ~/.kube/config. */
const pathsOf = (kubeconfig: string, env: NodeJS.ProcessEnv, home: string): string[] => {
  if (kubeconfig) return [kubeconfig];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  return listed.length > 0 ? [...new Set(listed)] : [join(home, '.kube', 'config')];
};

/** @throws KubeconfigError when a file is none */
export const readConfigFiles = (
  { globals }: Pick<CommandContext, 'globals'>,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): ConfigFiles => {
  const paths = pathsOf(globals.kubeconfig, env, home);
  const files = paths.map((path) => ({ path, root: rootOf(path) }));
  return { files, target: paths.find((path) => existsSync(path)) ?? paths.at(-1)! };
};

const rootOf = (path: string): JsonMap => {
  if (!existsSync(path)) return {};
  const text = readFileSync(path, 'utf8');
  if (text.trim() === '') return {};
  readKubeconfig(text, path);
  const root = readYaml(text);
  return isMap(root) ? root : {};
};

/** The file that says an entry, or else the one that takes what is new. */
export const fileOf = ({ files, target }: ConfigFiles, kind: Kind, name: string): ConfigFile =>
  files.find(({ root }) => entriesOf(root, kind).has(name)) ?? targetOf({ files, target });

export const targetOf = ({ files, target }: ConfigFiles): ConfigFile =>
  files.find(({ path }) => path === target) ?? { path: target, root: {} };

/** The file whose current context is in force, or else the one that takes what is new. */
export const fileOfCurrent = (config: ConfigFiles): ConfigFile =>
  config.files.find(({ root }) => currentContextOf(root) !== '') ?? targetOf(config);

/**
 * Changes a kubeconfig, which nobody else does meanwhile that keeps to kubectl's lock. A dry run writes nothing.
 * @param change the files that change, as they are to be
 */
export const changeConfig = (
  context: Pick<CommandContext, 'globals'>,
  change: (config: ConfigFiles) => ConfigFile[],
): void => {
  const { target, files } = readConfigFiles(context);
  const locks = [...new Set([target, ...files.map(({ path }) => path).filter((path) => existsSync(path))])];
  const held: string[] = [];
  try {
    for (const path of context.globals.dryRun ? [] : locks) {
      lock(path);
      held.push(path);
    }
    const changed = change(readConfigFiles(context));
    if (!context.globals.dryRun) for (const { path, root } of changed) writePrivateFile(path, textOf(root));
  } finally {
    for (const path of held) rmSync(lockOf(path), { force: true });
  }
};

const lockOf = (path: string): string => `${path}.lock`;

const lock = (path: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(lockOf(path), '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const remedy = taken ? `: another program changes it; if none does, remove ${lockOf(path)}` : '';
    throw new Error(`cannot change ${path}: ${(error as Error).message}${remedy}`, { cause: error });
  }
};

/** The fields in the order in which kubectl writes them. */
const textOf = (root: JsonMap): string => {
  const all = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': '',
    clusters: [],
    contexts: [],
    users: [],
    ...root,
  };
  return yamlDocuments([Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)))]);
};
