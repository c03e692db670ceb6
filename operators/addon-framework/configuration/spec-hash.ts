import { createHash } from 'node:crypto';
import { canonicalJson } from '../../runtime/client/canonical-json.ts';
import type { KubeObject } from '../../runtime/client/object.ts';

const notConfiguration = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** Objects of caches are never changed, and many add-ons share one. */
const known = new WeakMap<KubeObject, string>();

/**
 * The hash by which add-ons and their managers know the content of a configuration: hex SHA-256 of the JSON of all that is
 * no metadata and no status (addon.md 7.5). Byte for byte that of other implementations, since another hash would pass for
 * a change and roll every add-on out anew. The object must be as the API server stores it.
 */
export const specHashOf = (config: KubeObject): string => {
  const before = known.get(config);
  if (before !== undefined) return before;
  const content = Object.fromEntries(Object.entries(config).filter(([key]) => !notConfiguration.has(key)));
  const hash = createHash('sha256').update(canonicalJson(content)).digest('hex');
  known.set(config, hash);
  return hash;
};
