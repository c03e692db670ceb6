import type { AppliedManifestWork } from '../../api/generated/work.ts';
import { annotation } from '../../api/names.ts';

/** What is to become of objects that the hub does not know any more since its data were set back. */
export type Held = 'held' | 'confirmed' | undefined;

export const heldOf = ({ metadata }: AppliedManifestWork): Held => {
  const value = metadata.annotations?.[annotation.eviction];
  return value === 'held' || value === 'confirmed' ? value : undefined;
};

/** What a person does who wants the objects of an AppliedManifestWork to go all the same. */
export const confirmation = (name: string): string =>
  `kubectl annotate appliedmanifestwork ${name} ${annotation.eviction}=confirmed --overwrite`;
