import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The name of the archive of one state of the sources, 50 MB each. */
export const archiveName = (tag: string, digest: string): string => `operands-${tag}-${digest}.tar`;

const isArchive = (name: string): boolean => /^operands-.+\.tar$/.test(name);

/** Archives that a few checkouts use in turn. */
const kept = 6;

/** Notes that an archive is in use, and removes those of the folder that have not been for longest. */
export const keepInUse = (archive: string): void => {
  const folder = dirname(archive);
  const now = new Date();
  utimesSync(archive, now, now);
  const archives = readdirSync(folder)
    .filter((name) => isArchive(name) && name !== basename(archive))
    .map((name) => ({ name, used: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.used - a.used);
  for (const { name } of archives.slice(kept - 1)) rmSync(join(folder, name), { force: true });
};

/** How long a layer that nothing asks for is kept; milliseconds. */
const layerLifeMs = 7 * 24 * 3_600_000;

/** Removes the files of a store of layers that have not been used for a week. */
export const keepLayersInUse = (store: string): void => {
  for (const name of readdirSync(store)) {
    const path = join(store, name);
    const layer = path.replace(/\.diff-id$/, '.tar.gz');
    const used = statSync(existsSync(layer) ? layer : path).mtimeMs;
    if (Date.now() - used > layerLifeMs) rmSync(path, { recursive: true, force: true });
  }
};
