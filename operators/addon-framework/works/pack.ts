import { manifestSize } from '../../fleet/manifest-size.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { identityOf } from './manifests.ts';

/** A work with its manifests. */
export interface Package {
  name: string;
  manifests: UnknownObject[];
}

/** Most bytes of manifests that the hub takes in one work, unless it is told otherwise. */
const hubLimit = 500 * 1024;
/** Bytes up to which a work is filled: its manifests may grow in place. */
export const workLimit = hubLimit * 0.8;

export class ManifestTooLarge extends Error {
  override readonly name = 'ManifestTooLarge';
}

interface Sized {
  manifest: UnknownObject;
  size: number;
}

interface Bin {
  name: string;
  held: Sized[];
}

const sizeOf = ({ held }: Bin): number => held.reduce((sum, { size }) => sum + size, 0);

/** Takes out of a work, from its end, what it has outgrown. */
const overflowing = (bin: Bin): Sized[] => {
  const out: Sized[] = [];
  while (bin.held.length > 1 && sizeOf(bin) > hubLimit) out.push(bin.held.pop()!);
  return out;
};

/**
 * Shares the manifests of an add-on out among its works (addon.md 7.2). What is in a work stays there, unless the work grows
 * beyond what the hub takes; what is new goes where there is most room, or into further works, whose names are the first
 * that are free (A24). Works that hold nothing any more are left out.
 * @throws ManifestTooLarge when no work can hold a manifest
 */
export const packManifests = (
  existing: readonly Package[],
  wanted: readonly UnknownObject[],
  nameOf: (index: number) => string,
): Package[] => {
  const left = new Map<string, Sized>();
  for (const manifest of wanted) {
    const size = manifestSize(manifest);
    if (size > hubLimit)
      throw new ManifestTooLarge(
        `${manifest.kind} ${manifest.metadata.name} has ${size} bytes; a ManifestWork holds ${hubLimit}`,
      );
    left.set(identityOf(manifest), { manifest, size });
  }
  const take = (manifest: UnknownObject): Sized[] => {
    const key = identityOf(manifest);
    const found = left.get(key);
    left.delete(key);
    return found ? [found] : [];
  };
  const bins = existing.map(({ name, manifests }): Bin => ({ name, held: manifests.flatMap(take) }));
  const moved = bins.flatMap(overflowing);
  const rest = [...left.values(), ...moved].toSorted((a, b) => b.size - a.size);
  const roomIn = (bin: Bin): number => workLimit - sizeOf(bin);
  const names = new Set(existing.map(({ name }) => name));
  const fresh: Bin[] = [];
  const freeName = (): string => {
    let index = 0;
    while (names.has(nameOf(index))) index++;
    names.add(nameOf(index));
    return nameOf(index);
  };
  for (const each of rest) {
    const [roomiest] = bins.toSorted((a, b) => roomIn(b) - roomIn(a));
    if (roomiest && each.size < roomIn(roomiest)) {
      roomiest.held.push(each);
      continue;
    }
    const open = fresh.at(-1);
    if (open && sizeOf(open) + each.size < workLimit) open.held.push(each);
    else fresh.push({ name: freeName(), held: [each] });
  }
  return [...bins, ...fresh]
    .filter(({ held }) => held.length > 0)
    .map(({ name, held }) => ({ name, manifests: held.map(({ manifest }) => manifest) }));
};
