/**
 * Brings olm/ in step with the newest bundle: the newest bundle of each package, and the catalog. Bundles that came out
 * before stay as they are. `--check` changes nothing and fails when something is out of step.
 *
 *     node scripts/olm/generate.ts [--check]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { generateBundle, releases } from './bundle.ts';
import { catalogOf } from './catalog.ts';
import { type Files, staleIn } from '../in-step.ts';
import { olmFolder, writeFiles } from './files.ts';
import { packageNames } from './package.ts';

/** The bundles that are to be written: the newest of each package, and any that was never written. */
const bundles = (): [folder: string, files: Files][] => {
  const all = releases().map(({ version }) => version);
  return packageNames.flatMap((name) =>
    all
      .filter((version) => version === all.at(-1) || !existsSync(join(olmFolder, name, version)))
      .map((version): [string, Files] => [join(name, version), generateBundle(name, version)]),
  );
};

/** Files that are out of step, seen from the repository's root. */
const stale = (folder: string, files: Files): string[] =>
  staleIn(join(olmFolder, folder), files).map((file) => join('olm', folder, file));

const main = (args: string[]): number => {
  const checks = args.includes('--check');
  const found: string[] = [];
  const bring = (folder: string, files: Files): void => {
    found.push(...stale(folder, files));
    if (!checks) writeFiles(join(olmFolder, folder), files);
  };
  for (const [folder, files] of bundles()) bring(folder, files);
  bring('catalog', catalogOf());
  if (!checks) return 0;
  for (const file of found) console.error(`${file} does not follow the newest bundle: npm run generate`);
  return found.length > 0 ? 1 : 0;
};

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
