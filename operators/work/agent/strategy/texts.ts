import type { UnknownObject } from '../../../runtime/client/object.ts';
import { isMap } from '../../../runtime/client/json.ts';

/** A label or annotation with this at the end of its key asks for its removal (work.md 3.5.1). */
const removalSuffix = '-';

type Texts = Record<string, string>;
const kinds = ['labels', 'annotations'] as const;

/** The manifest without wishes for removal. */
export const withoutRemovals = (manifest: UnknownObject): UnknownObject => {
  const metadata = { ...manifest.metadata };
  for (const kind of kinds) {
    if (!isMap(metadata[kind])) continue;
    const kept = Object.entries(metadata[kind]).filter(([key]) => !key.endsWith(removalSuffix));
    metadata[kind] = Object.fromEntries(kept) as Texts;
  }
  return { ...manifest, metadata };
};

/** The merge patch of metadata that removes what the manifest wishes to be gone; undefined when nothing of it is there. */
export const removalPatch = (live: UnknownObject, manifest: UnknownObject): object | undefined => {
  const removed = kinds.flatMap((kind) => {
    const present = fieldsOf(live.metadata[kind]);
    const keys = Object.keys(fieldsOf(manifest.metadata[kind]))
      .filter((key) => key.endsWith(removalSuffix))
      .map((key) => key.slice(0, -removalSuffix.length))
      .filter((key) => key in present);
    return keys.length ? [[kind, Object.fromEntries(keys.map((key) => [key, null]))] as const] : [];
  });
  return removed.length ? Object.fromEntries(removed) : undefined;
};

/** Whether a manifest wishes a label or annotation to be gone. */
export const hasRemovals = ({ metadata }: UnknownObject): boolean =>
  kinds.some((kind) => Object.keys(fieldsOf(metadata[kind])).some((key) => key.endsWith(removalSuffix)));

const fieldsOf = (value: unknown): Record<string, unknown> => (isMap(value) ? value : {});
