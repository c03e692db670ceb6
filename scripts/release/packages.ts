import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../repository.ts';

/** A package of npm as it is installed here, and as package-lock.json pins it. */
export interface NpmPackage {
  name: string;
  version: string;
  /** An SPDX expression. */
  license?: string;
  /** `sha512-…` in base64, of what the registry hands out. */
  integrity?: string;
}

interface Lock {
  packages: Record<string, { version?: string; license?: string; integrity?: string }>;
}

/**
 * The packages of some folders below node_modules.
 * @throws Error when what is installed is not what package-lock.json says: nobody could tell what was bundled
 */
export const lockedPackages = (folders: readonly string[]): NpmPackage[] => {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as Lock;
  return folders.toSorted().map((folder) => {
    const path = join(repository, folder, 'package.json');
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
    const locked = lock.packages[folder];
    if (locked?.version !== version)
      throw new Error(
        `${folder} has version ${version}, and package-lock.json ${locked?.version ?? 'none'}: run npm ci`,
      );
    return { name, version, license: locked.license, integrity: locked.integrity };
  });
};

/** The folders of packages that a bundled executable holds code of, which scripts/build.ts has noted beside it. */
export const bundledPackages = (executable: string): NpmPackage[] =>
  lockedPackages(JSON.parse(readFileSync(`${executable}.packages.json`, 'utf8')) as string[]);
