import { readFileSync } from 'node:fs';

/** The image tags that belong together, by the key of `--bundle-version` (cli.md 2). */
export interface VersionBundle {
  ocm: string;
  policy_addon: string;
}

export const DEFAULT_BUNDLE = '0.3.0';

const BUNDLES: Record<string, VersionBundle> = {
  latest: { ocm: 'latest', policy_addon: 'latest' },
  '0.1.0': { ocm: 'v0.1.0', policy_addon: 'v0.18.0' },
  '0.2.0': { ocm: 'v0.2.0', policy_addon: 'v0.18.0' },
  '0.3.0': { ocm: 'v0.3.0', policy_addon: 'v0.18.0' },
  '1.1.0': { ocm: 'v1.1.0', policy_addon: 'v0.16.0' },
  '1.1.1': { ocm: 'v1.1.1', policy_addon: 'v0.17.0' },
  '1.1.3': { ocm: 'v1.1.3', policy_addon: 'v0.17.0' },
  '1.2.0': { ocm: 'v1.2.0', policy_addon: 'v0.18.0' },
  '1.2.1': { ocm: 'v1.2.1', policy_addon: 'v0.18.0' },
  '1.3.0': { ocm: 'v1.3.0', policy_addon: 'v0.18.0' },
  '1.3.1': { ocm: 'v1.3.1', policy_addon: 'v0.18.0' },
};

/** Resolves `--bundle-version` and `--bundle-version-overrides`; throws for an unknown key or an unreadable file. */
export const versionBundle = (requested: string, overridesFile: string): VersionBundle => {
  const key = requested.replace(/^v/, '');
  const bundle = Object.hasOwn(BUNDLES, key) ? BUNDLES[key] : undefined;
  const known = key === 'default' ? BUNDLES[DEFAULT_BUNDLE] : bundle;
  if (!known) throw new Error(`couldn't find the requested version bundle: ${key}`);
  return overridesFile ? { ...known, ...readOverrides(overridesFile) } : { ...known };
};

const readOverrides = (file: string): Partial<VersionBundle> => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`failed to read version bundle file: ${(error as Error).message}`, { cause: error });
  }
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`failed to unmarshal version bundle: ${(error as Error).message}`, { cause: error });
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new Error(`failed to unmarshal version bundle: ${file} must hold a JSON object`);
  }
  const chosen: Partial<VersionBundle> = {};
  for (const name of ['ocm', 'policy_addon'] as const) {
    const tag = parsed[name];
    if (tag === undefined) continue;
    if (typeof tag !== 'string')
      throw new Error(`failed to unmarshal version bundle: ${name} must be a string`);
    chosen[name] = tag;
  }
  return chosen;
};
