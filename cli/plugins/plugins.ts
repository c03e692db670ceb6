import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

export interface FoundPlugin {
  path: string;
  /** Why it does not run as its name says. */
  warning?: string;
}

export interface FoundPlugins {
  plugins: FoundPlugin[];
  /** Folders of the PATH that cannot be read, each with the cause. */
  unreadable: string[];
}

const isExecutable = (path: string): boolean => (statSync(path).mode & 0o111) !== 0;

const foldersOf = (path: string): string[] => [...new Set(path.split(delimiter).filter(Boolean))];

/**
 * The files on the PATH that are named `<program>-…`, in the order in which they are looked for (cli.md 17).
 * @param program such as `clusteradm`
 * @param path the value of PATH
 * @param commands names of the program's own commands, which a plugin cannot replace
 */
export const findPlugins = (program: string, path: string, commands: readonly string[]): FoundPlugins => {
  const found: FoundPlugins = { plugins: [], unreadable: [] };
  const first = new Map<string, string>();
  for (const folder of foldersOf(path)) {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      found.unreadable.push(`"${folder}": ${(error as Error).message}`);
      continue;
    }
    const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    for (const name of names.filter((each) => each.startsWith(`${program}-`)).toSorted()) {
      const file = join(folder, name);
      // A link that leads nowhere, or to a folder.
      if (!existsSync(file) || statSync(file).isDirectory()) continue;
      found.plugins.push({ path: file, warning: warningOf(program, file, first.get(name), commands) });
      if (!first.has(name)) first.set(name, file);
    }
  }
  return found;
};

const warningOf = (
  program: string,
  path: string,
  earlier: string | undefined,
  commands: readonly string[],
): string | undefined => {
  const name = basename(path);
  const command = commands.find((each) => name === `${program}-${each}`);
  if (command !== undefined) return `${name} overwrites existing command: "${program} ${command}"`;
  if (!isExecutable(path)) return `${path} identified as a ${program} plugin, but it is not executable`;
  if (earlier !== undefined) return `${path} is overshadowed by a similarly named plugin: ${earlier}`;
  return undefined;
};

export interface PluginCall {
  path: string;
  args: string[];
}

/**
 * The plugin for a command that the program does not have: the one that takes most of its words, as with kubectl. Words are
 * joined by `-`, and a `-` in a word is a `_` in the name of the file.
 * @param argv what came after the name of the program; undefined when no plugin takes it
 */
export const pluginFor = (program: string, argv: readonly string[], path: string): PluginCall | undefined => {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = argv.slice(0, end === -1 ? argv.length : end);
  // A word with a slash would lead out of the folders of the PATH.
  if (words.some((word) => /[\\/]/.test(word))) return undefined;
  for (let count = words.length; count > 0; count -= 1) {
    const name = [program, ...words.slice(0, count).map((word) => word.replaceAll('-', '_'))].join('-');
    const file = foldersOf(path)
      .map((folder) => join(folder, name))
      .find((each) => existsSync(each) && statSync(each).isFile() && isExecutable(each));
    if (file !== undefined) return { path: file, args: argv.slice(count) };
  }
  return undefined;
};
