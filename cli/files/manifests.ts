import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { isMap } from '../../operators/runtime/client/json.ts';
import { explain } from '../../operators/runtime/client/request/explain-failure.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { readDocuments, textOfFile } from '../../operators/runtime/client/yaml/documents.ts';

const EXTENSIONS = /\.(ya?ml|json)$/;

/** An object, and the file or URL that it came from; `-` is standard input. */
export interface Manifest {
  object: UnknownObject;
  source: string;
}

/** The objects of files, folders, URLs and `-` (stdin), in order; Lists are flattened. */
export const readManifests = async (sources: string[], recursive: boolean): Promise<Manifest[]> => {
  const manifests: Manifest[] = [];
  for (const each of sources)
    for (const [source, content] of await contentsOf(each, recursive))
      manifests.push(...parse(content, source).map((object) => ({ object, source })));
  return manifests;
};

const contentsOf = async (source: string, recursive: boolean): Promise<[string, string][]> => {
  if (source === '-') return [[source, textOfFile(await buffer(process.stdin))]];
  if (/^https?:\/\//.test(source)) {
    const answer = await fetch(source).catch((error: unknown) => {
      throw new Error(`unable to read URL "${source}": ${explain(error).text}`);
    });
    if (!answer.ok) throw new Error(`unable to read URL "${source}", server reported ${answer.status}`);
    return [[source, textOfFile(await answer.bytes())]];
  }
  return filesOf(source, recursive).map((file) => [file, textOfFile(readFileSync(file))]);
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
  try {
    return readDocuments(content).flatMap(flatten);
  } catch (error) {
    throw new Error(
      `error parsing ${source === '-' ? 'standard input' : source}: ${(error as Error).message}`,
      { cause: error },
    );
  }
};

/** The objects of a document: what has `items` is a list, whatever its kind, and may leave out theirs. */
const flatten = (document: unknown): UnknownObject[] => {
  if (!isMap(document)) throw new Error('every document must be an object');
  const { apiVersion, kind, items } = document;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !apiVersion || !kind)
    throw new Error('every object needs apiVersion and kind');
  if (!('items' in document)) return [document as UnknownObject];
  if (items !== null && !Array.isArray(items)) throw new Error(`items of a ${kind} must be a list`);
  return (items ?? []).flatMap((item) =>
    flatten(
      isMap(item) && !item['kind'] && !item['apiVersion']
        ? { ...item, apiVersion, kind: kind.replace(/List$/, '') }
        : item,
    ),
  );
};
