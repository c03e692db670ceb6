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

/** Paths of what the manifest wishes to be gone and is there. */
export const removalPaths = (live: UnknownObject, manifest: UnknownObject): string[][] =>
  kinds.flatMap((kind) => {
    const present = fieldsOf(live.metadata[kind]);
    return Object.keys(fieldsOf(manifest.metadata[kind]))
      .filter((key) => key.endsWith(removalSuffix))
      .map((key) => key.slice(0, -removalSuffix.length))
      .filter((key) => Object.hasOwn(present, key))
      .map((key) => ['metadata', kind, key]);
  });

/** Whether a manifest wishes a label or annotation to be gone. */
export const hasRemovals = ({ metadata }: UnknownObject): boolean =>
  kinds.some((kind) => Object.keys(fieldsOf(metadata[kind])).some((key) => key.endsWith(removalSuffix)));

const fieldsOf = (value: unknown): Record<string, unknown> => (isMap(value) ? value : {});
