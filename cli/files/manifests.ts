import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadAll } from 'js-yaml';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';

const EXTENSIONS = /\.(ya?ml|json)$/;

/** The objects of files, folders, URLs and `-` (stdin), in order; Lists are flattened. */
export const readManifests = async (sources: string[], recursive: boolean): Promise<UnknownObject[]> => {
  const objects: UnknownObject[] = [];
  for (const source of sources) {
    for (const [name, content] of await contentsOf(source, recursive)) objects.push(...parse(content, name));
  }
  return objects;
};

const contentsOf = async (source: string, recursive: boolean): Promise<[string, string][]> => {
  if (source === '-') return [['standard input', await text(process.stdin)]];
  if (/^https?:\/\//.test(source)) {
    const answer = await fetch(source);
    if (!answer.ok) throw new Error(`unable to read URL "${source}", server reported ${answer.status}`);
    return [[source, await answer.text()]];
  }
  return filesOf(source, recursive).map((file) => [file, readFileSync(file, 'utf8')]);
};

const filesOf = (path: string, recursive: boolean): string[] => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new Error(`the path "${path}" does not exist`);
  if (stat.isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return recursive ? filesOf(child, true) : [];
      return EXTENSIONS.test(entry.name) ? [child] : [];
    });
};

const parse = (content: string, source: string): UnknownObject[] => {
  let documents: unknown[];
  try {
    documents = loadAll(content) as unknown[];
  } catch (error) {
    throw new Error(`error parsing ${source}: ${(error as Error).message}`, { cause: error });
  }
  return documents.filter((document) => document != null).flatMap((document) => flatten(document, source));
};

const flatten = (document: unknown, source: string): UnknownObject[] => {
  const object = document as UnknownObject;
  if (typeof document !== 'object' || !object.apiVersion || !object.kind) {
    throw new Error(`error parsing ${source}: every object needs apiVersion and kind`);
  }
  if (object.kind.endsWith('List') && Array.isArray(object.items)) {
    return object.items.flatMap((item) => flatten(item, source));
  }
  return [object];
};
