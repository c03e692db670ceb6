import { createHash } from 'node:crypto';
import { isMap } from '../../runtime/client/json.ts';
import type { KubeObject } from '../../runtime/client/object.ts';

const notConfiguration = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** What Go's JSON writes as an escape, and JavaScript's as it is. */
const escapes: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

const byBytes = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

/** JSON with the keys of maps in the order of their bytes: JavaScript would put keys that are numbers first. */
const write = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const written = members.toSorted(byBytes).map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`);
  return `{${written.join(',')}}`;
};

/**
 * The hash by which add-ons and their managers know the content of a configuration: hex SHA-256 of the JSON of all that is
 * no metadata and no status (addon.md 7.5). Byte for byte that of other implementations, since another hash would pass for
 * a change and roll every add-on out anew. The object must be as the API server stores it.
 */
export const specHashOf = (config: KubeObject): string => {
  const content = Object.fromEntries(Object.entries(config).filter(([key]) => !notConfiguration.has(key)));
  const json = write(content).replaceAll(/[<>&\u2028\u2029]/g, (character) => escapes[character]!);
  return createHash('sha256').update(json).digest('hex');
};
