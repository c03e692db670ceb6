import { isMap, parseJson } from '../../runtime/client/json.ts';
import { type DesiredReference } from './references.ts';

const keyOf = ({ group, resource, namespace, name }: DesiredReference): string =>
  `${group ? `${resource}.${group}` : resource}/${namespace}/${name}`;

const hashesOf = (references: readonly DesiredReference[]): Map<string, string> =>
  new Map(references.map((each) => [keyOf(each), each.specHash]));

/**
 * The annotation of a work that says which configurations its manifests were rendered from; undefined when there are none
 * (addon.md 4.4).
 */
export const workHashes = (references: readonly DesiredReference[]): string | undefined =>
  references.length === 0
    ? undefined
    : JSON.stringify(Object.fromEntries([...hashesOf(references)].toSorted(([a], [b]) => (a < b ? -1 : 1))));

/** Whether a work with this annotation was rendered from exactly these configurations; an unknown hash is never the same. */
export const isRenderedFrom = (
  written: string | undefined,
  references: readonly DesiredReference[],
): boolean => {
  if (written === undefined) return references.length === 0;
  let found: unknown;
  try {
    found = parseJson(written);
  } catch {
    return false;
  }
  if (!isMap(found)) return false;
  const wanted = hashesOf(references);
  const keys = Object.keys(found);
  return (
    keys.length === wanted.size && keys.every((key) => found[key] !== '' && found[key] === wanted.get(key))
  );
};
