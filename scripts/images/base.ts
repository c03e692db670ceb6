import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayerFile } from './layer.ts';

/** A package of the distribution that files of the base are from. */
export interface DebianPackage {
  name: string;
  version: string;
  architecture: string;
}

const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** The libraries that an executable of this machine links, as it has them: the dynamic loader is one. */
const libraryPathsOf = (executable: string): string[] =>
  execFileSync('ldd', [executable], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);

/** The libraries that an executable of this machine links, at the paths that they have here. */
export const librariesOf = (executable: string): LayerFile[] =>
  libraryPathsOf(executable).map((path) => ({ path, from: path, isExecutable: true }));

/**
 * What an image needs besides Node.js: the C and C++ libraries that its executable links, the certificates of well-known
 * authorities, and a name for its user. `use` gets the files while they are there.
 */
export const withBase = <T>(libraries: readonly LayerFile[], use: (files: LayerFile[]) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'image-base-'));
  try {
    const passwd = join(folder, 'passwd');
    writeFileSync(passwd, 'root:x:0:0::/:/none\nocm:x:10001:10001::/:/none\n');
    return use([
      ...libraries,
      ...(existsSync(certificates) ? [{ path: certificates, from: certificates }] : []),
      { path: '/etc/passwd', from: passwd },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Before and after `/lib` became a link to `/usr/lib`: a package may list either. */
const ownerOf = (file: string): string | undefined => {
  for (const name of [file, `/usr${file}`]) {
    try {
      const [owner] = execFileSync('dpkg', ['--search', name], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).split(': ');
      if (owner) return owner;
    } catch (error) {
      // Status 1: no package has it.
      if ((error as { status?: number }).status !== 1) throw error;
    }
  }
  return undefined;
};

/**
 * The packages that the base is from. Certificates are gathered at install time and belong to no package by name.
 * @throws Error when no package has a library, or the machine has no dpkg
 */
export const basePackages = (executable: string): DebianPackage[] => {
  const owners = libraryPathsOf(executable).map((file) => {
    const owner = ownerOf(file);
    if (!owner) throw new Error(`${file}: no Debian package has it; make releases on a Debian machine`);
    return owner;
  });
  if (existsSync(certificates)) owners.push('ca-certificates');
  return [...new Set(owners)].toSorted().map((owner) => {
    const format = '${Package} ${Version} ${Architecture}';
    const [name = '', version = '', architecture = ''] = execFileSync(
      'dpkg-query',
      ['--show', `--showformat=${format}`, owner],
      { encoding: 'utf8' },
    ).split(' ');
    return { name, version, architecture };
  });
};
